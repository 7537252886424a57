import { LayoutTemplate, Paperclip, SendHorizontal, TextQuote, TextCursorInput, Zap } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { CannedResponse, Conversation } from "../../../lib/api/model";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import { usePreferences } from "../../../lib/preferences";
import { useDraft, useWorkspace } from "../../../lib/realtime/hooks";
import { answeredSeq, newestSeq } from "../../../lib/realtime/outbox";
import type { Thread } from "../../../lib/realtime/store";
import { Button, IconButton } from "../../../lib/ui/button";
import { Tip } from "../../../lib/ui/tip";
import { contactName } from "../inbox/preview";
import { mayClose, useMe } from "../session/me";
import { show } from "../shell/overlay";
import { useCommands } from "../thread/commands";
import { AttachmentTray } from "./attachment-tray";
import { attachFirst, detach, useAttachment } from "./attachments";
import { CannedMenu } from "./canned-menu";
import { slashAt, useCanned, type Slash } from "./canned";
import { GrowingField, caretOf, rewrite, selectText } from "./growing-field";
import { answeredReplies, useAskedReplies } from "./mode";
import { filledIn, firstGap } from "./variables";

export function ReplyField({ conversation, thread }: { conversation: Conversation; thread: Thread }) {
  const t = useTexts();
  const { macros } = useDeskTexts();
  const me = useMe();
  const { drafts, outbox, store, signals } = useWorkspace();
  const commands = useCommands(conversation.id);
  const chosen = usePreferences();
  const id = conversation.id;
  const text = useDraft(id, "reply");
  const [slash, setSlash] = useState<Slash | null>(null);
  const [picked, setPicked] = useState(0);
  const [gap, setGap] = useState<string | null>(null);
  const canned = useCanned(slash);
  const attachment = useAttachment(id);
  const picker = useRef<HTMLInputElement>(null);
  const asked = useAskedReplies(id);
  const uploading = attachment !== null && attachment.file === null;
  const nothing = text.trim() === "" && attachment === null;
  const sendKey = conversation.channel === "email" ? chosen.sendMail : chosen.sendChat;

  const isWriting = text !== "";
  const newest = newestSeq(thread.messages);
  useEffect(() => {
    if (!isWriting) drafts.begin(id, null);
    else if (drafts.begunAt(id) === null) drafts.begin(id, newest);
  }, [drafts, id, isWriting, newest]);

  const openReplies = () => {
    const caret = caretOf(text);
    setSlash({ start: caret, end: caret, query: "" });
    setPicked(0);
    selectText(caret, caret);
  };
  useEffect(() => {
    if (!asked) return;
    answeredReplies();
    openReplies();
  });

  const change = (next: string, caret: number) => {
    drafts.set(id, "reply", next);
    setSlash(slashAt(next, caret));
    setPicked(0);
    setGap(null);
    if (next === "") signals.stopTyping();
    else signals.typing(id, "reply");
  };
  /** Sends what is written; false when something is missing first. */
  const send = (): ReturnType<typeof outbox.send> | null => {
    if (nothing || uploading) return null;
    const open = firstGap(text);
    if (open !== null) {
      setGap(open.name);
      selectText(open.start, open.end);
      return null;
    }
    const said = text.trim();
    const file = attachment?.file ?? null;
    drafts.set(id, "reply", "");
    setSlash(null);
    signals.stopTyping();
    store.setStopped(id, null);
    const end = outbox.send(id, said, answeredSeq(thread.messages, drafts.begunAt(id), me.user.id), file);
    detach(id);
    return end;
  };
  const sendAndClose = async () => {
    if ((await send()) === "taken") await commands.close("resolved", "");
  };
  const insert = (response: CannedResponse) => {
    const at = slash ?? { start: text.length, end: text.length, query: "" };
    const inserted = filledIn(response.text, conversation, me);
    const before = text.slice(0, at.start);
    const open = firstGap(inserted) ?? { start: inserted.length, end: inserted.length };
    const apply = () => {
      drafts.set(id, "reply", before + inserted + text.slice(at.end));
      setSlash(null);
    };
    rewrite(apply, before.length + open.start, before.length + open.end);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (slash === null) return false;
    const count = canned.matches.length;
    if (event.key === "Escape") setSlash(null);
    else if (event.key === "ArrowDown" && count > 0) setPicked((picked + 1) % count);
    else if (event.key === "ArrowUp" && count > 0) setPicked((picked + count - 1) % count);
    else if ((event.key === "Enter" || event.key === "Tab") && canned.matches[picked] !== undefined) insert(canned.matches[picked]);
    else return false;
    return true;
  };
  return (
    <div
      className="relative"
      onPaste={(event) => {
        if (event.clipboardData.files.length === 0) return;
        event.preventDefault();
        attachFirst(id, conversation.channel, event.clipboardData.files);
      }}
    >
      {attachment !== null && <AttachmentTray conversationId={id} attachment={attachment} />}
      {slash !== null && <CannedMenu canned={canned} picked={picked} onPick={insert} fill={(said) => filledIn(said, conversation, me)} />}
      <GrowingField
        value={text}
        label={t.composer.reply}
        placeholder={t.composer.replyTo(contactName(conversation, t), t.channels[conversation.channel] ?? conversation.channel)}
        onChange={change}
        sendKey={sendKey}
        onSend={() => void send()}
        {...(mayClose(me, conversation) ? { onSendMore: () => void sendAndClose() } : {})}
        onKey={onKey}
      />
      {gap !== null && (
        <p role="alert" className="mx-4 mb-2 flex items-center gap-2 text-xs text-warn-ink">
          <TextCursorInput className="size-3.5 shrink-0" aria-hidden />
          {t.composer.gap(gap)}
        </p>
      )}
      <div className="flex items-center gap-1 px-2 pb-2">
        <IconButton label={t.composer.canned} keys="Shift M" onClick={openReplies}>
          <TextQuote className="size-4" />
        </IconButton>
        <IconButton label={macros.title} keys="M" onClick={() => show({ kind: "macro", conversationId: id })}>
          <Zap className="size-4" />
        </IconButton>
        <IconButton label={t.composer.attach} onClick={() => picker.current?.click()}>
          <Paperclip className="size-4" />
        </IconButton>
        <input
          ref={picker}
          type="file"
          hidden
          onChange={(event) => {
            attachFirst(id, conversation.channel, event.target.files);
            event.target.value = "";
          }}
        />
        {conversation.channel === "whatsapp" && (
          <IconButton label={t.composer.template} onClick={() => show({ kind: "template", conversationId: id })}>
            <LayoutTemplate className="size-4" />
          </IconButton>
        )}
        <span className="ml-2 flex-1 truncate text-2xs text-ink-faint max-lg:invisible">{sendKey === "enter" ? t.composer.hint : t.composer.hintMod}</span>
        <Tip label={mayClose(me, conversation) ? t.composer.sendAndClose : t.composer.send} keys={mayClose(me, conversation) ? "Mod Shift Enter" : sendKey === "enter" ? "Enter" : "Mod Enter"}>
          <span>
            <Button look="primary" onClick={() => void send()} disabled={nothing || uploading}>
              {t.composer.send}
              <SendHorizontal className="size-3.5" aria-hidden />
            </Button>
          </span>
        </Tip>
      </div>
    </div>
  );
}
