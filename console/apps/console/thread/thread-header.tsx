import { ArrowLeft, ArrowRightLeft, Clock3, Ellipsis, LayoutTemplate, MailOpen, Merge, PanelRight, RotateCcw, TicketPlus, UserPlus, AlarmClockOff, Check } from "lucide-react";
import type { Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { Avatar } from "../../../lib/ui/avatar";
import { Button, IconButton } from "../../../lib/ui/button";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { Menu, MenuItem, MenuLine } from "../../../lib/ui/menu";
import { toggleDetails } from "../context/details";
import { contactName } from "../inbox/preview";
import { usePlace } from "../inbox/place";
import { markUnread } from "../inbox/unread-marks";
import { hasHandInIt, leads, mayClose, mayTake, useMe } from "../session/me";
import { show } from "../shell/overlay";
import { useCommands } from "./commands";
import { Onlookers } from "./onlookers";
import { WindowChip } from "./window-chip";

export function ThreadHeader({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const me = useMe();
  const { back } = usePlace();
  const commands = useCommands(conversation.id);
  const conversationId = conversation.id;
  const name = contactName(conversation, t);
  return (
    <header className="flex min-h-15 shrink-0 items-center gap-3 border-b border-line px-4 py-2 sm:px-6">
      <IconButton label={t.thread.back} keys="U" onClick={back} className="-ml-2 md:hidden">
        <ArrowLeft className="size-5" />
      </IconButton>
      <Avatar name={name} className="max-sm:hidden" />
      <div className="min-w-0 flex-1">
        <h1 className="truncate text-[0.9375rem] leading-tight font-semibold tracking-tight">{name}</h1>
        <p className="mt-0.5 flex items-center gap-1.5 truncate text-xs text-ink-soft">
          <ChannelIcon channel={conversation.channel} />
          <span className="truncate">
            {t.status[conversation.status]}
            {conversation.assigned_to !== null && ` · ${conversation.assigned_to.id === me.user.id ? t.common.you : conversation.assigned_to.name}`}
          </span>
        </p>
      </div>
      <Onlookers id={conversation.id} at="header" />
      <WindowChip conversation={conversation} />
      <div className="flex items-center gap-1.5">
        {mayTake(me, conversation) && (
          // On a phone the one in place of the composer is enough: the name needs the room.
          <Button look="primary" className="max-sm:hidden" onClick={() => void commands.take()}>
            {t.actions.take}
          </Button>
        )}
        {leads(me, conversation) && conversation.status !== "closed" && (
          <IconButton label={t.actions.assign} keys="A" className="max-lg:hidden" onClick={() => show({ kind: "assign", conversationId })}>
            <UserPlus className="size-4" />
          </IconButton>
        )}
        {conversation.status !== "closed" && (
          <IconButton label={t.context.makeTicket} keys="C" className="max-lg:hidden" onClick={() => show({ kind: "ticket", conversationId })}>
            <TicketPlus className="size-4" />
          </IconButton>
        )}
        {mayClose(me, conversation) && (
          <Button onClick={commands.askClose} className="max-sm:px-2">
            <Check className="size-4" aria-hidden />
            <span className="max-sm:sr-only">{t.actions.close}</span>
          </Button>
        )}
        {conversation.status === "closed" && leads(me, conversation) && (
          <Button onClick={() => void commands.reopen()}>
            <RotateCcw className="size-3.5" aria-hidden />
            {t.actions.reopen}
          </Button>
        )}
        <Menu
          trigger={
            <IconButton label={t.actions.more}>
              <Ellipsis className="size-4" />
            </IconButton>
          }
        >
          {leads(me, conversation) && (
            <MenuItem icon={<UserPlus className="size-4 text-ink-faint" />} keys="A" onSelect={() => show({ kind: "assign", conversationId })}>
              {t.actions.assign}
            </MenuItem>
          )}
          {leads(me, conversation) && (
            <MenuItem icon={<ArrowRightLeft className="size-4 text-ink-faint" />} onSelect={() => show({ kind: "transfer", conversationId })}>
              {t.actions.transfer}
            </MenuItem>
          )}
          {conversation.snoozed_until === null ? (
            <MenuItem icon={<Clock3 className="size-4 text-ink-faint" />} keys="Z" onSelect={() => show({ kind: "snooze", conversationId })}>
              {t.actions.snooze}
            </MenuItem>
          ) : (
            <MenuItem icon={<AlarmClockOff className="size-4 text-ink-faint" />} onSelect={() => void commands.snooze(null)}>
              {t.actions.unsnooze}
            </MenuItem>
          )}
          <MenuItem icon={<TicketPlus className="size-4 text-ink-faint" />} keys="C" onSelect={() => show({ kind: "ticket", conversationId })}>
            {t.context.makeTicket}
          </MenuItem>
          {conversation.status !== "closed" && hasHandInIt(me, conversation) && (
            <MenuItem icon={<Merge className="size-4 text-ink-faint" />} onSelect={() => show({ kind: "merge", conversationId })}>
              {t.actions.mergeInto}
            </MenuItem>
          )}
          <MenuItem
            icon={<MailOpen className="size-4 text-ink-faint" />}
            keys="Shift U"
            onSelect={() => {
              markUnread(me.user.id, conversation);
              back();
            }}
          >
            {t.actions.markUnread}
          </MenuItem>
          {conversation.channel === "whatsapp" && (
            <>
              <MenuLine />
              <MenuItem icon={<LayoutTemplate className="size-4 text-ink-faint" />} onSelect={() => show({ kind: "template", conversationId })}>
                {t.composer.template}
              </MenuItem>
            </>
          )}
        </Menu>
        <IconButton label={t.thread.details} onClick={toggleDetails}>
          <PanelRight className="size-4" />
        </IconButton>
      </div>
    </header>
  );
}
