import { FileText, ImageOff, MapPin } from "lucide-react";
import { useState } from "react";
import type { Content } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";

const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/;

/** What a message holds. Text is only ever text; links open elsewhere. */
export function MessageContent({ content }: { content: Content }) {
  const t = useTexts();
  const text = content.text ?? "";
  const body = text === "" ? null : <Text text={text} />;
  switch (content.type) {
    case "image":
    case "sticker":
      return (
        <>
          <Picture url={content.media_url ?? null} />
          {body}
        </>
      );
    case "audio":
    case "voice":
      return (
        <>
          {/* eslint-disable-next-line jsx-a11y/media-has-caption -- a customer's voice note comes without captions */}
          {content.media_url ? <audio controls src={content.media_url} className="max-w-full" /> : <Attachment content={content} />}
          {body}
        </>
      );
    case "location":
      return (
        <>
          <span className="flex items-center gap-2 font-medium">
            <MapPin className="size-4 shrink-0" aria-hidden />
            {placeOf(content) ?? t.thread.location}
          </span>
          {body}
        </>
      );
    case "video":
    case "document":
    case "file":
      return (
        <>
          <Attachment content={content} />
          {body}
        </>
      );
    default:
      return body ?? <span className="italic opacity-80">{t.thread.unsupported(content.type)}</span>;
  }
}

function Text({ text }: { text: string }) {
  return (
    <span dir="auto" className="wrap-anywhere whitespace-pre-wrap">
      {text.split(LINK).map((part, index) =>
        index % 2 === 1 ? (
          <a key={`${index} ${part}`} href={part} target="_blank" rel="noreferrer noopener" className="underline underline-offset-2">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </span>
  );
}

function Picture({ url }: { url: string | null }) {
  const t = useTexts();
  const [state, setState] = useState<"shown" | "broken">("shown");
  if (url === null || state === "broken") {
    return (
      <span className="my-1 flex h-28 w-44 items-center justify-center gap-2 rounded-xl bg-sunken text-xs text-ink-faint">
        <ImageOff className="size-4" aria-hidden />
        {t.thread.attachment}
      </span>
    );
  }
  return (
    <a href={url} target="_blank" rel="noreferrer" className="my-1 block">
      <img src={url} alt={t.thread.attachment} loading="lazy" onError={() => setState("broken")} className="max-h-72 min-h-24 min-w-32 max-w-full rounded-xl object-cover" />
    </a>
  );
}

function Attachment({ content }: { content: Content }) {
  const t = useTexts();
  const given = content.media?.[0]?.filename ?? content.metadata?.["filename"];
  const name = typeof given === "string" && given !== "" ? given : `${t.thread.attachment} (${content.type})`;
  const line = (
    <>
      <FileText className="size-4 shrink-0" aria-hidden />
      <span className="truncate">{name}</span>
    </>
  );
  return content.media_url ? (
    <a href={content.media_url} target="_blank" rel="noreferrer" className="my-0.5 flex items-center gap-2 font-medium underline underline-offset-2">
      {line}
    </a>
  ) : (
    <span className="my-0.5 flex items-center gap-2 font-medium">{line}</span>
  );
}

function placeOf(content: Content): string | null {
  const { name, address, latitude, longitude } = content.metadata ?? {};
  const words = [name, address].filter((part) => typeof part === "string" && part !== "").join(", ");
  if (words !== "") return words;
  return typeof latitude === "number" && typeof longitude === "number" ? `${latitude.toFixed(5)}, ${longitude.toFixed(5)}` : null;
}
