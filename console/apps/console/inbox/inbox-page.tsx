import { MessagesSquare } from "lucide-react";
import { useEffect, useState } from "react";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { cx } from "../../../lib/ui/cx";
import { part } from "../../../lib/ui/part";
import { Boundary, EmptyState } from "../../../lib/ui/states";
import { ThreadSkeleton } from "../thread/thread-skeleton";
import { ListPane } from "./list-pane";
import { usePlace } from "./place";
import { useInboxKeys } from "./use-inbox-keys";
import { useTitle } from "./use-title";
import { viewKey } from "../../../lib/realtime/views";
import { useMe } from "../session/me";
import { clearSelection } from "./selection";
import { unmark } from "./unread-marks";
import { MINE, UNASSIGNED } from "./standing-views";

// The list is there first; what a thread needs comes right after it, before anybody has opened one.
const ThreadPane = part(async () => (await import("../thread/thread-pane")).ThreadPane, Opening);
const THREAD_AFTER_MS = 200;

/** List, thread and details side by side; one at a time on a phone. */
export function InboxPage() {
  const workspace = useWorkspace();
  const { view, conversationId } = usePlace();
  const { user } = useMe();
  const [cursor, setCursor] = useState<string | null>(conversationId);
  useEffect(() => {
    const timer = setTimeout(() => void ThreadPane.prepare(), THREAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    void workspace.loadList(view);
  }, [workspace, view]);
  // What is looked at comes first; the others give the tabs their counts.
  useEffect(() => {
    for (const standing of [MINE, UNASSIGNED]) void workspace.loadList(standing);
  }, [workspace]);
  useEffect(() => {
    if (conversationId === null) return;
    setCursor(conversationId);
    unmark(user.id, conversationId);
  }, [conversationId, user.id]);
  // A selection belongs to the list it was made in.
  const key = viewKey(view);
  useEffect(() => clearSelection, [key]);
  useInboxKeys(cursor, setCursor);
  useTitle();
  return (
    <>
      <div
        className={cx(
          "min-h-0 w-full flex-col border-line bg-canvas pb-14 md:flex md:w-80 md:shrink-0 md:border-r md:pb-0 lg:w-88",
          conversationId === null ? "flex" : "hidden",
        )}
      >
        <Boundary>
          <ListPane cursor={cursor} />
        </Boundary>
      </div>
      <main id="main" tabIndex={-1} className={cx("min-h-0 min-w-0 flex-1 outline-none md:flex", conversationId === null ? "hidden" : "flex")}>
        <Boundary key={conversationId}>
          {conversationId === null ? (
            <NothingOpen />
          ) : (
            <ThreadPane conversationId={conversationId} />
          )}
        </Boundary>
      </main>
    </>
  );
}

function NothingOpen() {
  const t = useTexts();
  const [title, text] = t.thread.pick;
  return (
    <div className="min-w-0 flex-1 bg-surface">
      <EmptyState icon={MessagesSquare} title={title} text={text} />
    </div>
  );
}

function Opening() {
  return (
    <div className="min-w-0 flex-1 bg-surface">
      <ThreadSkeleton />
    </div>
  );
}
