import { Hourglass, Pencil } from "lucide-react";
import { memo, type MouseEvent } from "react";
import type { Conversation } from "../../../lib/api/model";
import { shortAge, span } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { useConversation, useDraft, useTyping } from "../../../lib/realtime/hooks";
import { activityOf } from "../../../lib/realtime/merge";
import { Avatar } from "../../../lib/ui/avatar";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { cx } from "../../../lib/ui/cx";
import { Tip } from "../../../lib/ui/tip";
import { useMe } from "../session/me";
import { Onlookers } from "../thread/onlookers";
import { contactName, preview } from "./preview";
import { toggle, useSelection } from "./selection";
import { isMarkedUnread, useMarks } from "./unread-marks";

export interface ConversationRowProps {
  id: string;
  now: number;
  here: boolean;
  address: (id: string) => string;
  open: (id: string) => void;
}

export const ConversationRow = memo(function ConversationRow({ id, now, here, address, open }: ConversationRowProps) {
  const conversation = useConversation(id);
  const selected = useSelection();
  if (conversation === null) return null;
  return (
    <div className="group relative">
      <Row conversation={conversation} now={now} here={here} address={address} open={open} />
      <Mark conversation={conversation} chosen={selected.has(id)} some={selected.size > 0} />
    </div>
  );
});

/** Stands over the picture: shown when the row is pointed at, when it has the focus, and while some rows are selected. */
function Mark({ conversation, chosen, some }: { conversation: Conversation; chosen: boolean; some: boolean }) {
  const t = useTexts();
  return (
    <label
      className={cx(
        "absolute top-1/2 left-5 flex size-9 -translate-y-1/2 items-center justify-center rounded-full bg-raised opacity-0 ring-1 ring-line",
        "group-hover:opacity-100 focus-within:opacity-100 max-md:group-hover:opacity-0",
        some ? "opacity-100 max-md:group-hover:opacity-100" : "pointer-events-none md:group-hover:pointer-events-auto",
      )}
    >
      <input
        type="checkbox"
        tabIndex={some ? 0 : -1}
        checked={chosen}
        aria-label={t.list.select(contactName(conversation, t))}
        onChange={() => toggle(conversation.id)}
        className="size-4 accent-accent"
      />
    </label>
  );
}

function Row({ conversation, now, here, address, open }: Omit<ConversationRowProps, "id"> & { conversation: Conversation }) {
  const t = useTexts();
  const me = useMe();
  const name = contactName(conversation, t);
  const marks = useMarks(me.user.id);
  const marked = isMarkedUnread(marks, conversation);
  const unread = (conversation.unread_count > 0 || marked) && !here;
  const assignee = conversation.assigned_to;
  return (
    <a
      id={`row-${conversation.id}`}
      href={address(conversation.id)}
      onClick={(event) => follow(event, () => open(conversation.id))}
      aria-current={here ? "true" : undefined}
      data-conversation={conversation.id}
      className={cx(
        "mx-2 flex h-18 items-center gap-3 rounded-xl px-3 transition-colors focus-visible:-outline-offset-2",
        here ? "bg-selected" : "hover:bg-hover focus-visible:bg-hover",
      )}
    >
      <span className="relative shrink-0">
        <Avatar name={name} />
        <span className="absolute -right-1 -bottom-1 flex size-4.5 items-center justify-center rounded-full bg-surface ring-1 ring-line">
          <ChannelIcon channel={conversation.channel} className="size-3" />
        </span>
      </span>
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-2">
          <span className={cx("min-w-0 flex-1 truncate", unread ? "font-semibold" : "font-medium")}>{name}</span>
          <time dateTime={activityOf(conversation)} className={cx("shrink-0 text-2xs tabular-nums", unread ? "font-semibold text-accent-text" : "text-ink-faint")}>
            {shortAge(activityOf(conversation), now)}
          </time>
        </span>
        <span className="mt-0.5 flex items-center gap-2">
          <Second conversation={conversation} here={here} />
          <Onlookers id={conversation.id} at="row" />
          <Waiting conversation={conversation} now={now} />
          <PriorityMark conversation={conversation} />
          {unread ? (
            <span className="flex h-4.5 min-w-4.5 shrink-0 items-center justify-center rounded-full bg-accent px-1 text-2xs font-semibold text-accent-ink tabular-nums">
              {conversation.unread_count > 0 && <span aria-hidden>{conversation.unread_count > 99 ? "99+" : conversation.unread_count}</span>}
              <span className="sr-only">{conversation.unread_count > 0 ? t.list.unread(conversation.unread_count) : t.list.markedUnread}</span>
            </span>
          ) : (
            assignee !== null &&
            assignee.id !== me.user.id && (
              <Tip label={assignee.name}>
                <span>
                  <Avatar name={assignee.name} size="sm" className="size-4.5! text-[0.5625rem]" />
                </span>
              </Tip>
            )
          )}
        </span>
      </span>
    </a>
  );
}

/** A plain click stays in this page; every other way to follow a link is the browser's. */
function follow(event: MouseEvent, go: () => void): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go();
}

/** The second line: who is typing, what was left unsent, or what was said last. */
function Second({ conversation, here }: { conversation: Conversation; here: boolean }) {
  const t = useTexts();
  const me = useMe();
  const typists = useTyping(conversation.id);
  const draft = useDraft(conversation.id, "reply");
  const line = "min-w-0 flex-1 truncate text-[0.8125rem]";
  const typist = typists[0];
  if (typist !== undefined) return <span className={cx(line, "text-accent-text")}>{t.thread.typing(typist.name, typist.mode)}</span>;
  if (draft !== "" && !here) {
    return (
      <span className={cx(line, "text-ink-soft")}>
        <Pencil aria-hidden className="mr-1 inline size-3 text-warn-ink" />
        <span className="text-warn-ink">{t.list.draft}</span> {draft}
      </span>
    );
  }
  const unread = conversation.unread_count > 0 && !here;
  return <span className={cx(line, unread ? "text-ink" : "text-ink-soft")}>{preview(conversation, me.user.id, t)}</span>;
}

function PriorityMark({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  if (conversation.priority !== "urgent" && conversation.priority !== "high") return null;
  const urgent = conversation.priority === "urgent";
  return (
    <span className={cx("shrink-0 rounded px-1 text-2xs font-semibold", urgent ? "bg-danger-soft text-danger-ink" : "bg-warn-soft text-warn-ink")}>
      {t.priority[conversation.priority]}
    </span>
  );
}

const MINUTE_MS = 60_000;
const LONG_MS = 15 * MINUTE_MS;

/** How long the customer has waited for an answer, whoever has looked meanwhile. */
function Waiting({ conversation, now }: { conversation: Conversation; now: number }) {
  const t = useTexts();
  const { waiting_since: since } = conversation;
  if (since === null || conversation.status === "closed") return null;
  const waited = Math.floor(Math.max(0, now - Date.parse(since)) / MINUTE_MS) * MINUTE_MS;
  if (waited < MINUTE_MS) return null;
  const words = t.list.waitingFor(span(waited));
  return (
    <span data-waiting title={words} className={cx("inline-flex shrink-0 items-center gap-0.5 text-2xs tabular-nums", waited > LONG_MS ? "text-warn-ink" : "text-ink-faint")}>
      <Hourglass className="size-3" aria-hidden />
      <span aria-hidden>{span(waited)}</span>
      <span className="sr-only">{words}</span>
    </span>
  );
}
