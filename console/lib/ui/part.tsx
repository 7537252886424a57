// Parts of a page whose code comes after the page itself. React's own `lazy` shows such a part 300 ms late when anything had
// to wait, so that placeholders do not flicker, and makes it wait even when its code has come long before. A part shows the
// moment its code is there.
import { useEffect, useSyncExternalStore, type ComponentType, type ReactNode } from "react";

type Code<Props> = { kind: "away" } | { kind: "here"; Shown: ComponentType<Props> } | { kind: "failed"; error: unknown };

export interface Part<Props> {
  (props: Props): ReactNode;
  /** Fetches the code before anybody asks for it. */
  prepare: () => Promise<void>;
}

/** A component whose code `load` fetches, the first time it is shown or when it is prepared; `waiting` stands in its place. */
export function part<Props extends object>(load: () => Promise<ComponentType<Props>>, waiting?: ComponentType<Props>): Part<Props> {
  let code: Code<Props> = { kind: "away" };
  let coming: Promise<void> | null = null;
  const listeners = new Set<() => void>();
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const become = (next: Code<Props>) => {
    code = next;
    for (const listener of listeners) listener();
  };
  // A failure stands: the page is loaded anew when its parts are gone, see main.tsx.
  const prepare = () =>
    (coming ??= load().then(
      (Shown) => become({ kind: "here", Shown }),
      (error: unknown) => become({ kind: "failed", error }),
    ));
  function Shell(props: Props): ReactNode {
    const now = useSyncExternalStore(subscribe, () => code);
    useEffect(() => void prepare(), []);
    if (now.kind === "failed") throw now.error;
    const Shown = now.kind === "here" ? now.Shown : waiting;
    return Shown === undefined ? null : <Shown {...props} />;
  }
  return Object.assign(Shell, { prepare });
}

const MOST_PATIENCE_MS = 2000;

/** Fetches parts one after the other, each when the page has nothing better to do; gives what stops it. */
export function prepareWhenIdle(parts: readonly Pick<Part<never>, "prepare">[]): () => void {
  let stopped = false;
  const next = (at: number) => {
    const one = parts[at];
    if (one === undefined) return;
    whenIdle(() => {
      if (!stopped) void one.prepare().then(() => next(at + 1));
    });
  };
  next(0);
  return () => {
    stopped = true;
  };
}

/** Not every browser tells when it is idle. */
function whenIdle(run: () => void): void {
  if (typeof requestIdleCallback === "undefined") setTimeout(run, 50);
  else requestIdleCallback(run, { timeout: MOST_PATIENCE_MS });
}
