import { FileText, LoaderCircle, X } from "lucide-react";
import { useTexts } from "../../../lib/i18n/language";
import { detach, type Attachment } from "./attachments";

export function AttachmentTray({ conversationId, attachment }: { conversationId: string; attachment: Attachment }) {
  const t = useTexts();
  return (
    <div data-attachment={attachment.file === null ? "uploading" : "ready"} className="mx-4 mt-3 inline-flex max-w-full items-center gap-3 rounded-xl border border-line bg-sunken p-2 pr-3 text-ink">
      {attachment.preview === null ? (
        <FileText className="size-5 shrink-0 text-ink-faint" aria-hidden />
      ) : (
        <img src={attachment.preview} alt="" className="size-12 shrink-0 rounded-lg object-cover" />
      )}
      <span className="min-w-0 truncate text-xs font-medium">{attachment.name}</span>
      {attachment.file === null && (
        <span role="status" className="inline-flex shrink-0 items-center gap-1.5 text-xs text-ink-soft">
          <LoaderCircle className="size-3.5 motion-safe:animate-spin" aria-hidden />
          {t.composer.uploading}
          <progress aria-label={t.composer.uploading} value={attachment.part} className="h-1.5 w-16 accent-accent" />
        </span>
      )}
      <button type="button" aria-label={t.composer.detach} title={t.composer.detach} onClick={() => detach(conversationId)} className="shrink-0 rounded p-1 text-ink-faint hover:text-ink">
        <X className="size-3.5" />
      </button>
    </div>
  );
}
