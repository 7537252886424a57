/** @jsxImportSource preact */
import type { FileFacts, Message } from "./api";
import { retry } from "./chat";
import type { Waiting } from "./state";
import { currentLanguage, texts } from "./language";
import { parts } from "./links";

export function Bubble({ message, isRead, isLast }: { message: Message; isRead: boolean; isLast: boolean }) {
  const t = texts();
  const isOwn = message.direction === "inbound";
  return (
    <article class={isOwn ? "own" : "other"} data-seq={message.seq}>
      {!isOwn && message.sender.name !== null && <small class="name">{message.sender.name}</small>}
      <div class="bubble">
        <span class="for-readers">{isOwn ? `${t.you}: ` : ""}</span>
        {message.content.text !== null && <Text text={message.content.text} />}
        {message.content.media.map((file, index) => (
          <Attached key={file.media_id ?? index} file={file} />
        ))}
      </div>
      <small class="time">
        {clock(message.timestamp)}
        {isOwn && (isRead || isLast) && ` · ${isRead ? t.read : t.sent}`}
      </small>
    </article>
  );
}

export function WaitingBubble({ waiting }: { waiting: Waiting }) {
  const t = texts();
  return (
    <article class="own" data-waiting={waiting.id}>
      <div class="bubble waiting">
        {waiting.text !== null && <Text text={waiting.text} />}
        {waiting.files.map((file) => (
          <span key={file.id}>{file.filename ?? t.file}</span>
        ))}
      </div>
      <small class="time">
        {waiting.failed ? t.failed : waiting.sent ? t.sent : t.waiting}
        {waiting.failed && (
          <button type="button" class="link" onClick={() => retry(waiting.id)}>
            {t.retry}
          </button>
        )}
      </small>
    </article>
  );
}

/** Text as text; whole http addresses become links that tell nobody where they were followed from. */
function Text({ text }: { text: string }) {
  return (
    <p class="text">
      {parts(text).map((part, index) =>
        part.href === null ? (
          part.text
        ) : (
          <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ),
      )}
    </p>
  );
}

const PICTURES = ["image/jpeg", "image/png", "image/gif", "image/webp"];

function Attached({ file }: { file: FileFacts }) {
  const t = texts();
  const name = file.filename ?? t.file;
  if (file.url === null || !file.url.startsWith("/media/")) return <span class="file">{file.status === "failed" ? t.fileGone : name}</span>;
  if (PICTURES.includes(file.mime_type ?? ""))
    return (
      <a href={file.url} target="_blank" rel="noopener noreferrer">
        <img src={file.url} alt={name} />
      </a>
    );
  return (
    <a class="file" href={file.url} target="_blank" rel="noopener noreferrer">
      {name}
    </a>
  );
}

function clock(time: string): string {
  return new Intl.DateTimeFormat(currentLanguage(), { hour: "2-digit", minute: "2-digit" }).format(new Date(time));
}
