// For pages that fetch instead of keeping live rows: tells them that something they show has changed.
import { useEffect } from "react";
import { useWorkspace } from "./hooks";

const SETTLE_MS = 250;

/**
 * Runs `reload` soon after an event whose name starts with one of `prefixes`, once for many; when the connection is back;
 * and every `everyMs`.
 */
export function useFollow(prefixes: readonly string[], reload: () => void, everyMs: number): void {
  const workspace = useWorkspace();
  const wanted = prefixes.join(" ");
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | null = null;
    const soon = () => {
      waiting ??= setTimeout(() => {
        waiting = null;
        reload();
      }, SETTLE_MS);
    };
    const stopFrames = workspace.onFrame((frame) => {
      if (wanted !== "" && wanted.split(" ").some((prefix) => frame.event.startsWith(prefix))) soon();
    });
    const stopPhases = workspace.onPhase(() => {
      if (workspace.phase() === "live") soon();
    });
    const timer = setInterval(reload, everyMs);
    return () => {
      stopFrames();
      stopPhases();
      clearInterval(timer);
      if (waiting !== null) clearTimeout(waiting);
    };
  }, [workspace, wanted, reload, everyMs]);
}
