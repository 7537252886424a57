import { ImageOff } from "lucide-react";
import { useRef, useState } from "react";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import { part } from "../../../lib/ui/part";

const Lightbox = part(async () => (await import("./lightbox")).Lightbox);

/** A picture in a bubble; a click shows it large. */
export function Picture({ url, small }: { url: string | null; small: string | null }) {
  const t = useTexts();
  const desk = useDeskTexts();
  const [state, setState] = useState<"shown" | "broken" | "large">("shown");
  const thumbnail = useRef<HTMLButtonElement>(null);
  if (url === null || small === null || state === "broken") {
    return (
      <span className="my-1 flex h-28 w-44 items-center justify-center gap-2 rounded-xl bg-sunken text-xs text-ink-faint">
        <ImageOff className="size-4" aria-hidden />
        {t.thread.attachment}
      </span>
    );
  }
  return (
    <>
      <button ref={thumbnail} type="button" aria-label={desk.lightbox.open} onClick={() => setState("large")} className="my-1 block max-w-full cursor-zoom-in rounded-xl">
        <img src={small} alt={t.thread.attachment} loading="lazy" onError={() => setState("broken")} className="max-h-72 min-h-24 max-w-full min-w-32 rounded-xl object-cover" />
      </button>
      {state === "large" && (
        <Lightbox url={url} onClose={() => setState("shown")} onClosed={() => thumbnail.current?.focus()} />
      )}
    </>
  );
}
