import { StickyNote } from "lucide-react";
import { memo, type ReactNode } from "react";
import type { Conversation, Note } from "../../../lib/api/model";
import { clock, dayName, exact } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { Avatar } from "../../../lib/ui/avatar";
import { cx } from "../../../lib/ui/cx";
import { DraftCard, ToolCalls } from "./assistant-cards";
import { Bubble, OutgoingBubble } from "./bubble";
import type { Item } from "./items";

export interface ThreadItemProps {
  item: Item;
  conversation: Conversation;
  now: number;
  /** Messages after this one arrived while a reply was stopped. */
  freshAfter: number | null;
  /** A link points at it. */
  marked: boolean;
}

export const ThreadItem = memo(function ThreadItem({ item, conversation, now, freshAfter, marked }: ThreadItemProps) {
  const t = useTexts();
  switch (item.kind) {
    case "day":
      return (
        <div className="flex items-center gap-4 py-4 text-2xs font-medium text-ink-faint">
          <span className="h-px flex-1 bg-line" />
          {dayName(item.at, now)}
          <span className="h-px flex-1 bg-line" />
        </div>
      );
    case "unread":
      return (
        <div data-unread-line className="flex items-center gap-3 py-2 text-2xs font-semibold text-accent-text">
          <span className="h-px flex-1 bg-accent/40" />
          {t.thread.newSince(item.count, clock(item.since))}
          <span className="h-px flex-1 bg-accent/40" />
        </div>
      );
    case "system":
      return (
        <p className="px-8 py-2 text-center text-xs whitespace-pre-line text-ink-faint" title={exact(item.message.timestamp)}>
          {item.message.content.text}
        </p>
      );
    case "note":
      return <NoteCard note={item.note} marked={marked} />;
    case "calls":
      return <ToolCalls calls={item.calls} conversation={conversation} />;
    case "draft":
      return <DraftCard draft={item.draft} conversation={conversation} />;
    case "message":
      return (
        <Bubble
          message={item.message}
          grouped={item.grouped}
          conversation={conversation}
          fresh={freshAfter !== null && item.message.seq > freshAfter}
        />
      );
    case "outgoing":
      return <OutgoingBubble outgoing={item.outgoing} grouped={item.grouped} />;
  }
});

function NoteCard({ note, marked }: { note: Note; marked: boolean }) {
  const t = useTexts();
  return (
    <article aria-label={t.thread.noteBy(note.author.name)} data-note={note.id} className={cx("my-2 rounded-xl border border-note-line bg-note px-4 py-3 text-note-ink", marked && "outline-2 outline-offset-2 outline-accent")}>
      <header className="mb-1 flex items-center gap-2 text-xs">
        <Avatar name={note.author.name} size="sm" />
        <span className="font-semibold">{note.author.name}</span>
        <span className="inline-flex items-center gap-1 opacity-80">
          <StickyNote className="size-3" aria-hidden />
          {t.thread.note}
        </span>
        <time dateTime={note.created_at} title={exact(note.created_at)} className="ml-auto tabular-nums opacity-80">
          {clock(note.created_at)}
        </time>
      </header>
      <p className="wrap-anywhere whitespace-pre-wrap">{withMentions(note.text)}</p>
    </article>
  );
}

/** Names called with an at sign stand out. */
function withMentions(text: string): ReactNode {
  return text.split(/(@\p{Lu}[\p{L}'’-]*(?: \p{Lu}[\p{L}'’.-]*)*)/u).map((part, index) =>
    index % 2 === 1 ? (
      <strong key={`${index} ${part}`} className="font-semibold">
        {part}
      </strong>
    ) : (
      part
    ),
  );
}
