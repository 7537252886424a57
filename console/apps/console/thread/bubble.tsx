import { RotateCw, SquarePen, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { kindOf } from "../../../lib/api/hub";
import type { Content, Conversation, Message } from "../../../lib/api/model";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { clock, exact } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import type { Outgoing } from "../../../lib/realtime/store";
import { Avatar } from "../../../lib/ui/avatar";
import { cx } from "../../../lib/ui/cx";
import { contactName } from "../inbox/preview";
import { focusComposer } from "../composer/mode";
import { Mail } from "./mail-page";
import { MessageContent } from "./message-content";
import { Ticks } from "./ticks";

export interface BubbleProps {
  message: Message;
  grouped: boolean;
  conversation: Conversation;
  fresh: boolean;
}

export function Bubble({ message, grouped, conversation, fresh }: BubbleProps) {
  const t = useTexts();
  const { archive } = useDeskTexts();
  const workspace = useWorkspace();
  const ours = message.direction === "outbound";
  const mine = message.sender.id === workspace.store.userId;
  const name = ours ? (mine ? t.common.you : (message.sender.name ?? t.product)) : contactName(conversation, t);
  const text = message.content.text ?? "";
  return (
    <Frame side={ours ? "ours" : "theirs"} grouped={grouped} name={name} label={`${name}, ${exact(message.timestamp)}`}>
      <div
        data-message={message.message_id}
        data-status={message.status}
        {...(fresh ? { "data-fresh": "" } : {})}
        className={cx(
          "max-w-full rounded-2xl px-3.5 py-2 leading-relaxed",
          ours ? "rounded-br-md bg-mine text-mine-ink" : "rounded-bl-md border border-line bg-theirs",
          message.status === "failed" && "bg-danger-soft text-danger-ink",
          fresh && "outline-2 outline-offset-2 outline-accent",
        )}
      >
        {message.metadata["archived"] === true ? <span className="italic opacity-80">{archive.message}</span> : message.channel === "email" ? <Mail message={message} /> : <MessageContent content={message.content} />}
        <Stamp at={message.timestamp}>{ours && <Ticks status={message.status} at={message.timestamp} />}</Stamp>
      </div>
      {ours && message.status === "failed" && (
        <FailedLine reason={reasonOf(message)}>
          {text !== "" && (
            <>
              <FailedAction icon={<RotateCw className="size-3" aria-hidden />} onClick={() => void workspace.outbox.sendAnew(message)}>
                {t.failed.retry}
              </FailedAction>
              <FailedAction
                icon={<SquarePen className="size-3" aria-hidden />}
                onClick={() => {
                  workspace.drafts.set(conversation.id, "reply", text);
                  focusComposer(conversation.id, "reply");
                }}
              >
                {t.failed.edit}
              </FailedAction>
            </>
          )}
        </FailedLine>
      )}
    </Frame>
  );
}

/** A message the server has not confirmed yet: the same bubble, with a clock. */
export function OutgoingBubble({ outgoing, grouped }: { outgoing: Outgoing; grouped: boolean }) {
  const t = useTexts();
  const { outbox, drafts } = useWorkspace();
  const { conversation_id: conversationId, client_message_id: clientId, text } = outgoing;
  const failed = outgoing.state === "failed";
  return (
    <Frame side="ours" grouped={grouped} name={t.common.you} label={`${t.common.you}, ${t.ticks[outgoing.state]}`}>
      <div
        data-client-message={clientId}
        data-status={outgoing.state}
        className={cx("max-w-full rounded-2xl rounded-br-md px-3.5 py-2 leading-relaxed", failed ? "bg-danger-soft text-danger-ink" : "bg-mine text-mine-ink")}
      >
        <MessageContent content={contentOf(outgoing)} />
        <Stamp at={outgoing.at}>
          <Ticks status={outgoing.state} at={outgoing.at} />
        </Stamp>
      </div>
      {failed && (
        <FailedLine reason={outgoing.reason} request={outgoing.request ?? null}>
          <FailedAction icon={<RotateCw className="size-3" aria-hidden />} onClick={() => outbox.retry(conversationId, clientId)}>
            {t.failed.retry}
          </FailedAction>
          <FailedAction
            icon={<SquarePen className="size-3" aria-hidden />}
            onClick={() => {
              outbox.discard(conversationId, clientId);
              drafts.set(conversationId, "reply", text);
              focusComposer(conversationId, "reply");
            }}
          >
            {t.failed.edit}
          </FailedAction>
          <FailedAction icon={<Trash2 className="size-3" aria-hidden />} onClick={() => outbox.discard(conversationId, clientId)}>
            {t.failed.discard}
          </FailedAction>
        </FailedLine>
      )}
    </Frame>
  );
}

function contentOf({ text, file }: Outgoing): Content {
  if (file === null) return { type: "text", text };
  return { type: kindOf(file.media.mime_type), text, media: [{ url: file.preview, mime_type: file.media.mime_type, filename: file.media.filename, status: "ready" }] };
}

function Frame(props: { side: "ours" | "theirs"; grouped: boolean; name: string; label: string; children: ReactNode }) {
  const ours = props.side === "ours";
  return (
    <article aria-label={props.label} className={cx("flex gap-2.5", props.grouped ? "pt-1" : "pt-3.5", ours && "justify-end")}>
      {!ours && (props.grouped ? <span className="w-6 shrink-0" /> : <Avatar name={props.name} size="sm" className="mt-5" />)}
      <div className={cx("flex max-w-[min(34rem,82%)] min-w-0 flex-col", ours ? "items-end" : "items-start")}>
        {!props.grouped && <span className="mb-1 px-1 text-2xs font-medium text-ink-faint">{props.name}</span>}
        {props.children}
      </div>
    </article>
  );
}

/** The time sits in the last line of the text, so short bubbles stay small. */
function Stamp({ at, children }: { at: string; children: ReactNode }) {
  return (
    <span className="float-right mt-1.5 -mb-0.5 ml-3 inline-flex items-center gap-1 text-2xs tabular-nums opacity-75">
      <time dateTime={at} title={exact(at)}>
        {clock(at)}
      </time>
      {children}
    </span>
  );
}

function FailedLine({ reason, request = null, children }: { reason: string | null; request?: string | null; children: ReactNode }) {
  const t = useTexts();
  return (
    <div role="alert" className="mt-1 flex flex-wrap items-center justify-end gap-x-3 gap-y-1 px-1 text-xs text-danger-ink">
      <span className="font-medium">{t.failed.title}:</span>
      <span>{reason ?? t.failed.noReason}</span>
      {request !== null && <span className="font-mono text-2xs text-ink-faint">{t.common.request(request)}</span>}
      {children}
    </div>
  );
}

function FailedAction({ icon, onClick, children }: { icon: ReactNode; onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" onClick={onClick} className="inline-flex h-6 items-center gap-1 rounded font-semibold underline-offset-2 hover:underline">
      {icon}
      {children}
    </button>
  );
}

function reasonOf(message: Message): string | null {
  const { error } = message;
  if (error === null) return null;
  const words = error.message ?? null;
  const code = error.code ?? null;
  if (words === null) return code === null ? null : String(code);
  return code === null ? words : `${words} (${code})`;
}
