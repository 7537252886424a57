// The tab's title and icon say how many conversations have something unread.
import { useEffect } from "react";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { ROWS } from "../../../lib/realtime/store";
import { viewKey } from "../../../lib/realtime/views";
import { MINE, UNASSIGNED } from "./standing-views";

/** How soon the title follows, and how often at most. Rows change many times a second; nobody reads a title that fast. */
const SETTLE_MS = 100;
const PAUSE_MS = 1000;

/** How many unread conversations are mine or nobody's, in the title and on the icon of the tab. */
export function useTitle(): void {
  const { store } = useWorkspace();
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | null = null;
    let last = Number.NEGATIVE_INFINITY;
    const update = () => {
      waiting = null;
      last = performance.now();
      const unread = [MINE, UNASSIGNED]
        .flatMap((view) => store.list(viewKey(view))?.ids ?? [])
        .filter((id) => (store.conversation(id)?.unread_count ?? 0) > 0).length;
      const title = unread === 0 ? "Patchbay" : `(${unread}) Patchbay`;
      if (document.title !== title) document.title = title;
      const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
      const href = `/app/${unread === 0 ? "favicon.svg" : "favicon-unread.svg"}`;
      if (icon !== null && icon.getAttribute("href") !== href) icon.href = href;
    };
    update();
    // Counting thousands of rows waits for a moment without work.
    const soon = () => (typeof requestIdleCallback === "undefined" ? update() : void requestIdleCallback(update, { timeout: PAUSE_MS / 2 }));
    const stop = store.subscribe(ROWS, () => (waiting ??= setTimeout(soon, Math.max(SETTLE_MS, last + PAUSE_MS - performance.now()))));
    return () => {
      stop();
      if (waiting !== null) clearTimeout(waiting);
    };
  }, [store]);
}
