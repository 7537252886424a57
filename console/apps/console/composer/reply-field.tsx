import { LayoutTemplate, Paperclip, SendHorizontal, TextQuote } from "lucide-react";
import { useRef, useState, type KeyboardEvent } from "react";
import type { CannedResponse, Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { useDraft, useWorkspace } from "../../../lib/realtime/hooks";
import { newestSeq } from "../../../lib/realtime/outbox";
import type { Thread } from "../../../lib/realtime/store";
import { Button, IconButton } from "../../../lib/ui/button";
import { contactName } from "../inbox/preview";
import { show } from "../shell/overlay";
import { AttachmentTray } from "./attachment-tray";
import { attach, detach, useAttachment } from "./attachments";
import { CannedMenu } from "./canned-menu";
import { slashAt, useCanned, type Slash } from "./canned";
import { focusComposer } from "./mode";
import { GrowingField } from "./growing-field";

export function ReplyField({ conversation, thread }: { conversation: Conversation; thread: Thread }) {
  const t = useTexts();
  const { drafts, outbox, store, ...workspace } = useSending();
  const id = conversation.id;
  const text = useDraft(id, "reply");
  const [slash, setSlash] = useState<Slash | null>(null);
  const [picked, setPicked] = useState(0);
  const canned = useCanned(slash);
  const attachment = useAttachment(id);
  const picker = useRef<HTMLInputElement>(null);
  const uploading = attachment !== null && attachment.file === null;
  const nothing = text.trim() === "" && attachment === null;
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file !== undefined) void attach(id, conversation.channel, file);
  };

  const change = (next: string, caret: number) => {
    drafts.set(id, "reply", next);
    setSlash(slashAt(next, caret));
    setPicked(0);
    if (next === "") workspace.stopTyping();
    else workspace.typing(id, "reply");
  };
  const send = () => {
    const said = text.trim();
    if (nothing || uploading) return;
    drafts.set(id, "reply", "");
    setSlash(null);
    workspace.stopTyping();
    store.setStopped(id, null);
    outbox.send(id, said, newestSeq(thread.messages), attachment?.file ?? null);
    detach(id);
  };
  const insert = (response: CannedResponse) => {
    const at = slash ?? { start: text.length, end: text.length, query: "" };
    drafts.set(id, "reply", text.slice(0, at.start) + response.text + text.slice(at.end));
    setSlash(null);
    focusComposer(id, "reply");
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
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take(event.dataTransfer.files);
      }}
      onPaste={(event) => {
        if (event.clipboardData.files.length === 0) return;
        event.preventDefault();
        take(event.clipboardData.files);
      }}
    >
      {attachment !== null && <AttachmentTray conversationId={id} attachment={attachment} />}
      {slash !== null && <CannedMenu canned={canned} picked={picked} onPick={insert} />}
      <GrowingField
        value={text}
        label={t.composer.reply}
        placeholder={t.composer.replyTo(contactName(conversation, t), t.channels[conversation.channel] ?? conversation.channel)}
        onChange={change}
        onEnter={send}
        onKey={onKey}
      />
      <div className="flex items-center gap-1 px-2 pb-2">
        <IconButton label={t.composer.canned} keys="/" onClick={() => setSlash({ start: text.length, end: text.length, query: "" })}>
          <TextQuote className="size-4" />
        </IconButton>
        <IconButton label={t.composer.attach} onClick={() => picker.current?.click()}>
          <Paperclip className="size-4" />
        </IconButton>
        <input
          ref={picker}
          type="file"
          hidden
          onChange={(event) => {
            take(event.target.files);
            event.target.value = "";
          }}
        />
        {conversation.channel === "whatsapp" && (
          <IconButton label={t.composer.template} onClick={() => show({ kind: "template", conversationId: id })}>
            <LayoutTemplate className="size-4" />
          </IconButton>
        )}
        <span className="ml-2 flex-1 truncate text-2xs text-ink-faint max-lg:invisible">{t.composer.hint}</span>
        <Button look="primary" onClick={send} disabled={nothing || uploading}>
          {t.composer.send}
          <SendHorizontal className="size-3.5" aria-hidden />
        </Button>
      </div>
    </div>
  );
}

function useSending() {
  const workspace = useWorkspace();
  return {
    drafts: workspace.drafts,
    outbox: workspace.outbox,
    store: workspace.store,
    typing: workspace.typing.bind(workspace),
    stopTyping: workspace.stopTyping.bind(workspace),
  };
}
