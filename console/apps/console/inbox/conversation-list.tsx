import { useRouter } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useTexts } from "../../../lib/i18n/language";
import { useNow, useWorkspace } from "../../../lib/realtime/hooks";
import type { List } from "../../../lib/realtime/store";
import { Button } from "../../../lib/ui/button";
import { ConversationRow } from "./conversation-row";
import { usePlace } from "./place";
import { useCalmIds } from "./use-calm-ids";
import { useSteadyRows } from "./use-steady-rows";

/** A row is as high as its text is large: who enlarges only the text gets higher rows. */
const ROW_PX = 4.75 * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
const AHEAD = 10;
const PLACEHOLDER = "00000000";
const MINUTE_MS = 30_000;

/** Draws only the rows in sight, however long the list, and fetches the next page before its end is reached. */
export function ConversationList({ list, cursor }: { list: List; cursor: string | null }) {
  const t = useTexts();
  const workspace = useWorkspace();
  const { conversationId, open } = usePlace();
  const address = useRowAddress();
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow(MINUTE_MS);
  const ids = useCalmIds(scroller, list);
  const rows = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 6,
    initialRect: { width: 320, height: 800 },
  });
  const items = rows.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (list.cursor !== null && list.more === "idle" && lastIndex >= ids.length - AHEAD) void workspace.loadMore(list.view);
  }, [workspace, list, ids, lastIndex]);

  const moved = useRef(cursor);
  useEffect(() => {
    if (moved.current === cursor || cursor === null) return;
    const index = ids.indexOf(cursor);
    if (index === -1) return;
    moved.current = cursor;
    rows.scrollToIndex(index);
    const focus = () => {
      const idle = scroller.current?.contains(document.activeElement) || document.activeElement === document.body;
      if (idle) document.getElementById(`row-${cursor}`)?.focus({ preventScroll: true });
    };
    // The next key must find the row focused; one that was out of sight is drawn a moment later.
    focus();
    requestAnimationFrame(focus);
  }, [cursor, ids, rows]);

  const steady = useSteadyRows(scroller, ids, ROW_PX);
  return (
    <div className="relative h-full">
    {steady.above > 0 && (
      <button
        type="button"
        onClick={() => scroller.current?.scrollTo({ top: 0, behavior: "smooth" })}
        className="appear absolute top-2 left-1/2 z-10 flex -translate-x-1/2 items-center gap-1.5 rounded-full border border-line bg-raised px-3 py-1.5 text-xs font-medium shadow-float hover:bg-hover"
      >
        <ArrowUp className="size-3.5" aria-hidden />
        {t.list.above(steady.above)}
      </button>
    )}
    <div ref={scroller} onScroll={steady.onScroll} data-list className="h-full overflow-y-auto [overflow-anchor:none]">
      <div role="list" aria-label={t.list.label} className="relative" style={{ height: rows.getTotalSize() }}>
        {items.map((item) => (
          <div
            key={ids[item.index] ?? item.index}
            role="listitem"
            aria-setsize={list.cursor === null ? ids.length : -1}
            aria-posinset={item.index + 1}
            className="absolute inset-x-0 top-0"
            style={{ height: ROW_PX, transform: `translateY(${item.start}px)` }}
          >
            <ConversationRow id={ids[item.index] ?? ""} now={now} here={ids[item.index] === conversationId} address={address} open={open} />
          </div>
        ))}
      </div>
      {list.more === "error" && (
        <div className="flex items-center justify-center gap-3 p-4 text-[0.8125rem] text-ink-soft">
          {t.list.loadMoreFailed}
          <Button onClick={() => void workspace.loadMore(list.view)}>{t.common.retry}</Button>
        </div>
      )}
    </div>
    </div>
  );
}

/** The address of any row of this list. It is made once: making one for each row would cost more than the row itself. */
function useRowAddress(): (id: string) => string {
  const router = useRouter();
  const { view, search } = usePlace();
  return useMemo(() => {
    const { publicHref } = router.buildLocation({ to: "/inbox/$view/$conversationId", params: { view: view.name, conversationId: PLACEHOLDER }, search });
    return (id) => publicHref.replace(PLACEHOLDER, id);
  }, [router, view, search]);
}
