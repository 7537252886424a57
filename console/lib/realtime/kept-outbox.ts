// Messages on their way out, kept in the browser until the server has them: a reload or a crash loses none. Sent again
// under the same client id, so a second tab that finds them sends nothing twice.
import { isRecord } from "../api/http";
import type { Outgoing } from "./store";

export interface Kept {
  save: (outgoing: Outgoing) => void;
  drop: (clientId: string) => void;
  all: () => readonly Outgoing[];
}

/** Keeps nothing, for what does not outlive the page. */
export const FORGETFUL: Kept = { save: () => undefined, drop: () => undefined, all: () => [] };

export function keptFor(userId: string): Kept {
  const prefix = `patchbay.outbox.${userId}.`;
  return {
    save: (outgoing) => {
      // The picture of a file lives as long as the page.
      const file = outgoing.file === null ? null : { ...outgoing.file, preview: null };
      localStorage.setItem(prefix + outgoing.client_message_id, JSON.stringify({ ...outgoing, file }));
    },
    drop: (clientId) => localStorage.removeItem(prefix + clientId),
    all: () =>
      Object.keys(localStorage)
        .filter((key) => key.startsWith(prefix))
        .flatMap((key) => read(localStorage.getItem(key)) ?? [])
        .sort((a, b) => a.at.localeCompare(b.at)),
  };
}

function read(text: string | null): Outgoing | null {
  try {
    const value: unknown = JSON.parse(text ?? "");
    if (!isRecord(value) || typeof value["client_message_id"] !== "string" || typeof value["conversation_id"] !== "string") return null;
    return value as unknown as Outgoing;
  } catch {
    return null;
  }
}
