import { FileText, ImageOff, LoaderCircle, MapPin } from "lucide-react";
import type { Content, MediaFile } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { Picture } from "./picture";

const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/;

/** What a message holds. Text is only ever text; links open elsewhere. */
export function MessageContent({ content }: { content: Content }) {
  const t = useTexts();
  const facts = content.metadata ?? {};
  if (typeof facts["revoked_at"] === "string") return <span className="italic opacity-80">{t.thread.withdrawn}</span>;
  const text = content.text ?? "";
  const edited = typeof facts["edited_at"] === "string" && <span className="ml-1 text-xs opacity-70">({t.thread.edited})</span>;
  const body = text === "" ? null : (
    <>
      <Text text={text} />
      {edited}
    </>
  );
  const files = filesOf(content);
  switch (content.type) {
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
    case "interactive":
      return (
        <>
          {body}
          <Choices content={content} />
        </>
      );
    case "reaction":
      return body ?? <span className="italic opacity-80">{t.thread.unreacted}</span>;
    default:
      if (files.length > 0)
        return (
          <>
            {files.map((file, index) => (
              <File key={file.media_id ?? index} file={file} type={content.type} />
            ))}
            {body}
          </>
        );
      return body ?? <span className="italic opacity-80">{t.thread.unsupported(content.type)}</span>;
  }
}

/** The files of a message; one on its way out has only an address. */
function filesOf(content: Content): readonly MediaFile[] {
  if (content.media && content.media.length > 0) return content.media;
  return content.media_url ? [{ url: content.media_url, status: "ready" }] : [];
}

function File({ file, type }: { file: MediaFile; type: string }) {
  const t = useTexts();
  if (file.status === "pending")
    return (
      <span role="status" className="my-1 flex h-28 w-44 items-center justify-center gap-2 rounded-xl bg-sunken text-xs text-ink-faint">
        <LoaderCircle className="size-4 motion-safe:animate-spin" aria-hidden />
        {t.thread.file.pending}
      </span>
    );
  if (file.status === "failed")
    return (
      <span className="my-1 flex items-center gap-2 rounded-xl bg-sunken px-3 py-2 text-xs text-ink-faint">
        <ImageOff className="size-4 shrink-0" aria-hidden />
        {t.thread.file.failed[file.failure ?? "unavailable"] ?? t.thread.file.failed["unavailable"]}
      </span>
    );
  const url = file.url ?? null;
  const kind = file.mime_type?.split("/")[0] ?? type;
  if (kind === "image" || type === "sticker") return <Picture key={url} url={url} small={file.thumbnail_url ?? url} />;
  if ((kind === "audio" || type === "audio" || type === "voice") && url !== null)
    // eslint-disable-next-line jsx-a11y/media-has-caption -- a customer's voice note comes without captions
    return <audio controls src={url} className="max-w-full" />;
  return <Attachment file={file} type={type} />;
}

/** The buttons or rows below a text. They are the customer's to press. */
function Choices({ content }: { content: Content }) {
  const offer = content.metadata?.["interactive"];
  if (typeof offer !== "object" || offer === null) return null;
  const { buttons, sections, display_text: link } = offer as Offer;
  const titles = [...(buttons ?? []), ...(sections ?? []).flatMap((section) => section.rows ?? [])].map((choice) => choice.title ?? "");
  if (typeof link === "string") titles.push(link);
  if (titles.length === 0) return null;
  return (
    <span className="mt-1 flex flex-wrap gap-1">
      {titles.map((title, index) => (
        <span key={`${index} ${title}`} className="rounded-full border border-current px-2 py-0.5 text-xs opacity-80">
          {title}
        </span>
      ))}
    </span>
  );
}

interface Offer {
  buttons?: { title?: string }[];
  sections?: { rows?: { title?: string }[] }[];
  display_text?: string;
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

function Attachment({ file, type }: { file: MediaFile; type: string }) {
  const t = useTexts();
  const name = file.filename ?? `${t.thread.attachment} (${type})`;
  const line = (
    <>
      <FileText className="size-4 shrink-0" aria-hidden />
      <span className="truncate">{name}</span>
    </>
  );
  return file.url ? (
    <a href={file.url} target="_blank" rel="noreferrer" className="my-0.5 flex items-center gap-2 font-medium underline underline-offset-2">
      {line}
    </a>
  ) : (
    <span className="my-0.5 flex items-center gap-2 font-medium">{line}</span>
  );
}

function placeOf(content: Content): string | null {
  const { name, address, latitude, longitude } = (content.metadata?.["location"] ?? content.metadata ?? {}) as Record<string, unknown>;
  const words = [name, address].filter((part) => typeof part === "string" && part !== "").join(", ");
  if (words !== "") return words;
  return typeof latitude === "number" && typeof longitude === "number" ? `${latitude.toFixed(5)}, ${longitude.toFixed(5)}` : null;
}
