// For pages that fetch instead of keeping live rows: tells them that something they show has changed.
import { useEffect } from "react";
import type { Frame } from "./frames";

const watchers = new Set<(event: string) => void>();
const SETTLE_MS = 250;

/** A frame has arrived, or (`gap`) some that will not come were missed. */
export function announce(frame: Pick<Frame, "event">): void {
  for (const watcher of watchers) watcher(frame.event);
}

/** Runs `reload` soon after an event whose name starts with one of `prefixes`, once for many, and every `everyMs`. */
export function useFollow(prefixes: readonly string[], reload: () => void, everyMs: number): void {
  const wanted = prefixes.join(" ");
  useEffect(() => {
    let soon: ReturnType<typeof setTimeout> | null = null;
    const watcher = (event: string) => {
      if (event !== "gap" && !wanted.split(" ").some((prefix) => event.startsWith(prefix))) return;
      soon ??= setTimeout(() => {
        soon = null;
        reload();
      }, SETTLE_MS);
    };
    watchers.add(watcher);
    const timer = setInterval(reload, everyMs);
    return () => {
      watchers.delete(watcher);
      clearInterval(timer);
      if (soon !== null) clearTimeout(soon);
    };
  }, [wanted, reload, everyMs]);
}
