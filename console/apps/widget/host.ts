// The page around the frame: what it says is taken only from our parent, and only from the origin that the loader named.
// Which pages may be that parent is the server's policy (`frame-ancestors`).
export interface Person {
  id?: string | number;
  name?: string;
  email?: string;
  hash?: string;
  token?: string;
}

export interface Word {
  lang?: string;
  open?: boolean;
  person?: Person | null;
}

const query = new URLSearchParams(location.search);
const page = query.get("o") ?? location.origin;
export const inbox = query.get("inbox") ?? "";

export function tell(message: { hub: "ready" | "close" } | { hub: "unread"; n: number }): void {
  if (window.parent === window) return;
  try {
    window.parent.postMessage(message, page);
  } catch {
    // The page is not the one the loader named: it hears nothing.
  }
}

export function listen(hear: (word: Word) => void): void {
  addEventListener("message", (event: MessageEvent<unknown>) => {
    const word = event.data as (Word & { hub?: unknown }) | null;
    if (event.source === window.parent && event.origin === page && word !== null && typeof word === "object" && word.hub === 1) hear(word);
  });
}
