import { Lock, MessageSquareReply, StickyNote } from "lucide-react";
import type { ReactNode } from "react";
import type { Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { useStopped } from "../../../lib/realtime/hooks";
import type { Mode, Thread } from "../../../lib/realtime/store";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { hasHandInIt, leads, mayReply, mayTake, useMe } from "../session/me";
import { useCommands } from "../thread/commands";
import { useWindowLeft } from "../thread/window-chip";
import { ConsentNotice, useOptedOut } from "./consent-notice";
import { setMode, useMode } from "./mode";
import { NoteField } from "./note-field";
import { ReplyField } from "./reply-field";
import { StoppedNotice } from "./stopped-notice";
import { WindowNotice } from "./window-notice";

/** Where one writes: a reply or a note, or the reason why no reply is possible now. */
export function Composer({ conversation, thread }: { conversation: Conversation; thread: Thread }) {
  const mode = useMode(conversation.id);
  const stopped = useStopped(conversation.id);
  return (
    <div className="shrink-0 px-4 pb-4 sm:px-6">
      <div
        className={cx(
          "mx-auto max-w-3xl rounded-2xl border shadow-xs transition-colors focus-within:border-accent",
          mode === "note" ? "border-note-line bg-note text-note-ink" : "border-line-strong bg-surface",
        )}
      >
        <ModeTabs id={conversation.id} mode={mode} />
        {stopped !== null && mode === "reply" && <StoppedNotice conversation={conversation} stopped={stopped} />}
        {mode === "note" ? <Note conversation={conversation} /> : <Reply conversation={conversation} thread={thread} />}
      </div>
    </div>
  );
}

function ModeTabs({ id, mode }: { id: string; mode: Mode }) {
  const t = useTexts();
  const tabs = [
    ["reply", t.composer.reply, MessageSquareReply],
    ["note", t.composer.note, StickyNote],
  ] as const;
  return (
    <div className="flex gap-1 px-2 pt-2">
      {tabs.map(([name, text, Icon]) => (
        <button
          key={name}
          type="button"
          aria-pressed={mode === name}
          onClick={() => setMode(id, name)}
          className={cx(
            "inline-flex h-7 items-center gap-1.5 rounded-lg px-2.5 text-xs font-medium",
            mode !== name && "opacity-75 hover:opacity-100",
            mode === name && (name === "note" ? "bg-note-line/60 font-semibold" : "bg-sunken font-semibold"),
          )}
        >
          <Icon className="size-3.5" aria-hidden />
          {text}
        </button>
      ))}
    </div>
  );
}

function Note({ conversation }: { conversation: Conversation }) {
  const me = useMe();
  return hasHandInIt(me, conversation) ? <NoteField conversation={conversation} /> : <NotYours conversation={conversation} />;
}

function Reply({ conversation, thread }: { conversation: Conversation; thread: Thread }) {
  const t = useTexts();
  const me = useMe();
  const commands = useCommands(conversation.id);
  const left = useWindowLeft(conversation);
  const optedOut = useOptedOut(conversation);
  if (conversation.status === "closed") {
    return (
      <Notice title={t.composer.conversationClosed} text={t.composer.conversationClosedHint}>
        {leads(me, conversation) && <Button onClick={() => void commands.reopen()}>{t.actions.reopen}</Button>}
      </Notice>
    );
  }
  if (!mayReply(me, conversation)) return <NotYours conversation={conversation} />;
  if (optedOut !== null) return <ConsentNotice conversation={conversation} identity={optedOut} />;
  if (left === 0) return <WindowNotice conversation={conversation} />;
  return <ReplyField conversation={conversation} thread={thread} />;
}

/** Somebody else's conversation, or nobody's yet: it has to be taken first. */
function NotYours({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const me = useMe();
  const commands = useCommands(conversation.id);
  const assignee = conversation.assigned_to;
  const take = mayTake(me, conversation)
    ? commands.take
    : leads(me, conversation)
      ? () => commands.assign({ id: me.user.id, name: me.user.full_name })
      : null;
  return (
    <Notice title={assignee === null ? t.composer.notYours : t.composer.assignedTo(assignee.name)}>
      {take !== null && (
        <Button look={assignee === null ? "primary" : "outline"} onClick={() => void take()}>
          {t.actions.take}
        </Button>
      )}
    </Notice>
  );
}

function Notice({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-4">
      <Lock className="size-4 shrink-0 text-ink-faint" aria-hidden />
      <div className="min-w-40 flex-1">
        <p className="text-[0.8125rem] font-medium">{title}</p>
        {text !== undefined && <p className="text-xs text-ink-soft">{text}</p>}
      </div>
      {children}
    </div>
  );
}
