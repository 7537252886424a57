import { ArrowDown } from "lucide-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { useKeys } from "../shell/keyboard";
import { usePlace } from "../inbox/place";
import { useNow, useStopped, useWorkspace } from "../../../lib/realtime/hooks";
import type { Thread } from "../../../lib/realtime/store";
import { itemsOf } from "./items";
import { ThreadItem } from "./thread-item";

const NEAR_END_PX = 80;
const NEAR_START_PX = 400;
const HOUR_MS = 3_600_000;

/** The thread: opens at the first unread message or the end, stays at the end only when it was there. */
export function MessageList({ conversation, thread }: { conversation: Conversation; thread: Thread }) {
  const t = useTexts();
  const workspace = useWorkspace();
  const { userId } = workspace.store;
  const stopped = useStopped(conversation.id);
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow(HOUR_MS);
  const { noteId } = usePlace();
  const unreadAfter = useUnreadLine(conversation, thread);
  const items = useMemo(() => itemsOf(thread, userId, unreadAfter), [thread, userId, unreadAfter]);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 64,
    getItemKey: (index) => items[index]?.key ?? index,
    overscan: 8,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: NEAR_END_PX,
    paddingStart: 24,
    paddingEnd: 8,
  });

  const opened = useRef(false);
  useEffect(() => {
    if (opened.current || items.length === 0) return;
    opened.current = true;
    const line = items.findIndex((item) => item.kind === "unread");
    const note = noteId === null ? -1 : items.findIndex((item) => item.key === noteId);
    if (note >= 0) rows.scrollToIndex(note, { align: "center" });
    else if (line > 0 && items.length - line > 8) rows.scrollToIndex(line, { align: "start" });
    else rows.scrollToEnd();
  }, [items, rows, noteId]);
  useEffect(() => {
    const note = noteId === null ? -1 : items.findIndex((item) => item.key === noteId);
    if (opened.current && note >= 0) rows.scrollToIndex(note, { align: "center" });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a link is followed once, whatever arrives afterwards
  }, [noteId]);
  useKeys({
    Home: () => rows.scrollToIndex(0, { align: "start" }),
    End: () => rows.scrollToEnd(),
  });

  const [missed, setMissed] = useState<number | null>(null);
  const newest = thread.messages.at(-1)?.seq ?? 0;
  const seen = useRef(newest);
  const ownCount = thread.outgoing.length;
  useEffect(() => {
    if (ownCount > 0) rows.scrollToEnd();
  }, [ownCount, rows]);
  const onScroll = () => {
    const element = scroller.current;
    if (element === null || !opened.current) return;
    const fromEnd = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (fromEnd < NEAR_END_PX) {
      seen.current = newest;
      setMissed(null);
    } else if (fromEnd > element.clientHeight / 2) {
      setMissed(countAfter(thread, seen.current));
    }
    if (element.scrollTop < NEAR_START_PX) void workspace.loadOlder(conversation.id);
  };
  const noticeNews = useRef(onScroll);
  useEffect(() => {
    noticeNews.current = onScroll;
  });
  useEffect(() => noticeNews.current(), [newest]);

  if (items.length === 0) {
    return <p className="flex h-full items-center justify-center text-[0.8125rem] text-ink-faint">{t.thread.empty}</p>;
  }
  return (
    <>
      <div ref={scroller} onScroll={onScroll} className="h-full overflow-y-auto px-4 [overflow-anchor:none] sm:px-6" tabIndex={0}>
        <div className="flex min-h-full flex-col justify-end">
        <div role="log" aria-label={t.thread.label} aria-live="polite" className="relative mx-auto w-full max-w-3xl shrink-0" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => {
            const item = items[row.index];
            if (item === undefined) return null;
            return (
              <div key={row.key} data-index={row.index} ref={rows.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${row.start}px)` }}>
                <ThreadItem item={item} conversation={conversation} now={now} freshAfter={stopped?.after_seq ?? null} marked={item.key === noteId} />
              </div>
            );
          })}
        </div>
        </div>
      </div>
      {missed !== null && (
        <button
          type="button"
          onClick={() => rows.scrollToEnd({ behavior: "smooth" })}
          className="appear absolute bottom-3 left-1/2 flex -translate-x-1/2 items-center gap-1.5 rounded-full border border-line bg-raised px-3 py-1.5 text-xs font-medium shadow-float hover:bg-hover"
        >
          <ArrowDown className="size-3.5" aria-hidden />
          {t.thread.jump(missed)}
        </button>
      )}
    </>
  );
}

function countAfter(thread: Thread, seq: number): number {
  return thread.messages.filter((message) => message.seq > seq).length;
}

/** Where "new" begins when the thread is opened; it stays there while it is read. */
function useUnreadLine(conversation: Conversation, thread: Thread): number | null {
  const [line, setLine] = useState<number | null>(() => {
    const count = conversation.unread_count;
    const inbound = thread.messages.filter((message) => message.direction === "inbound");
    const first = inbound.at(-count);
    return count === 0 || first === undefined || inbound.length === count ? null : first.seq - 1;
  });
  // Answering says that all of it was read.
  const answered = thread.outgoing.length > 0;
  useEffect(() => {
    if (answered) setLine(null);
  }, [answered]);
  return line;
}
