import { SearchX } from "lucide-react";
import { useEffect } from "react";
import { ApiError } from "../../../lib/api/http";
import { useTexts } from "../../../lib/i18n/language";
import { useConversation, useThread, useWorkspace } from "../../../lib/realtime/hooks";
import { newestSeq } from "../../../lib/realtime/outbox";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { Composer } from "../composer/composer";
import { ContextPanel } from "../context/context-panel";
import { ArchiveNotice } from "./archive-notice";
import { MessageList } from "./message-list";
import { useDrop } from "./use-drop";
import { ThreadHeader } from "./thread-header";
import { ThreadSkeleton } from "./thread-skeleton";
import { TypingLine } from "./typing-line";

export function ThreadPane({ conversationId }: { conversationId: string }) {
  return <OpenThread key={conversationId} id={conversationId} />;
}

function OpenThread({ id }: { id: string }) {
  const t = useTexts();
  const workspace = useWorkspace();
  const thread = useThread(id);
  const conversation = useConversation(id);
  useEffect(() => workspace.openThread(id), [workspace, id]);
  useEffect(() => workspace.signals.view(id), [workspace, id]);
  useReadMark(id);
  const { over, drop } = useDrop(conversation);

  if (thread.load === "error" && conversation === null) {
    const missing = thread.error instanceof ApiError && (thread.error.status === 404 || thread.error.status === 403 || thread.error.status === 400);
    const [title, text] = t.thread.missing;
    return (
      <div className="min-w-0 flex-1 bg-surface">
        {missing ? (
          <EmptyState icon={SearchX} title={title} text={text} />
        ) : (
          <ErrorState title={t.thread.failed} error={thread.error} onRetry={() => void workspace.loadThread(id)} />
        )}
      </div>
    );
  }
  return (
    <>
      <section aria-label={t.thread.label} {...drop} className="relative flex min-w-0 flex-1 flex-col bg-surface">
        {over && (
          <div className="pointer-events-none absolute inset-3 z-30 flex items-center justify-center rounded-2xl border-2 border-dashed border-accent bg-surface/90 text-sm font-semibold text-accent-text">
            {t.composer.dropHere}
          </div>
        )}
        {conversation === null ? <div className="h-15 border-b border-line" /> : <ThreadHeader conversation={conversation} />}
        <ArchiveNotice id={id} thread={thread} />
        <div className="relative min-h-0 flex-1">
          {thread.load === "ready" && conversation !== null ? (
            <MessageList conversation={conversation} thread={thread} />
          ) : thread.load === "error" ? (
            <ErrorState title={t.thread.failed} error={thread.error} onRetry={() => void workspace.loadThread(id)} />
          ) : (
            <ThreadSkeleton />
          )}
        </div>
        {conversation !== null && <TypingLine id={id} />}
        {conversation !== null && <Composer key={id} conversation={conversation} thread={thread} />}
      </section>
      {conversation !== null && <ContextPanel conversation={conversation} />}
    </>
  );
}

/** What is on a visible screen is read. */
function useReadMark(id: string): void {
  const workspace = useWorkspace();
  const thread = useThread(id);
  const conversation = useConversation(id);
  const seq = newestSeq(thread.messages);
  const unread = conversation?.unread_count ?? 0;
  useEffect(() => {
    if (seq === null || unread === 0 || thread.load !== "ready") return;
    const read = () => {
      if (!document.hidden) void workspace.read(id, seq);
    };
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [workspace, id, seq, unread, thread.load]);
}
