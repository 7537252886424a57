import { ExternalLink, X, ZoomIn, ZoomOut } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useRef, useState, type PointerEvent, type WheelEvent } from "react";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";

const SMALLEST = 1;
const LARGEST = 5;
const STEP = 0.5;

interface Sight {
  zoom: number;
  x: number;
  y: number;
}

const WHOLE: Sight = { zoom: 1, x: 0, y: 0 };

/** A picture over the page: zoomed by wheel, keys and buttons, moved by dragging. */
export function Lightbox({ url, onClose }: { url: string; onClose: () => void }) {
  const t = useTexts();
  const desk = useDeskTexts();
  const [sight, setSight] = useState(WHOLE);
  const drag = useRef<{ x: number; y: number } | null>(null);
  const zoomBy = (step: number) =>
    setSight((before) => {
      const zoom = Math.min(LARGEST, Math.max(SMALLEST, before.zoom + step));
      return zoom === SMALLEST ? WHOLE : { ...before, zoom };
    });
  const move = (event: PointerEvent) => {
    const from = drag.current;
    if (from === null || sight.zoom === SMALLEST) return;
    drag.current = { x: event.clientX, y: event.clientY };
    setSight((before) => ({ ...before, x: before.x + event.clientX - from.x, y: before.y + event.clientY - from.y }));
  };
  const tool = "flex size-10 items-center justify-center rounded-full bg-black/50 text-white hover:bg-black/75 disabled:opacity-40";
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 bg-black/85" />
        <Radix.Content
          aria-describedby={undefined}
          onCloseAutoFocus={(event) => event.preventDefault()}
          onKeyDown={(event) => {
            if (event.key === "+" || event.key === "=") zoomBy(STEP);
            else if (event.key === "-") zoomBy(-STEP);
            else if (event.key === "0") setSight(WHOLE);
          }}
          onWheel={(event: WheelEvent) => zoomBy(event.deltaY < 0 ? STEP : -STEP)}
          onDoubleClick={() => setSight((before) => (before.zoom === SMALLEST ? { ...WHOLE, zoom: 2 } : WHOLE))}
          onPointerDown={(event) => {
            drag.current = { x: event.clientX, y: event.clientY };
          }}
          onPointerMove={move}
          onPointerUp={() => {
            drag.current = null;
          }}
          className="fixed inset-0 z-50 flex touch-none items-center justify-center overflow-hidden outline-none"
        >
          <Radix.Title className="sr-only">{t.thread.attachment}</Radix.Title>
          <img
            src={url}
            alt={t.thread.attachment}
            data-zoom={sight.zoom}
            draggable={false}
            style={{ transform: `translate(${sight.x}px, ${sight.y}px) scale(${sight.zoom})` }}
            className="max-h-[92vh] max-w-[94vw] object-contain select-none"
          />
          <div className="fixed top-3 right-3 flex gap-2">
            <button type="button" aria-label={desk.lightbox.out} disabled={sight.zoom === SMALLEST} onClick={() => zoomBy(-STEP)} className={tool}>
              <ZoomOut className="size-5" />
            </button>
            <button type="button" aria-label={desk.lightbox.in} disabled={sight.zoom === LARGEST} onClick={() => zoomBy(STEP)} className={tool}>
              <ZoomIn className="size-5" />
            </button>
            <a href={url} target="_blank" rel="noreferrer" aria-label={desk.lightbox.original} className={tool}>
              <ExternalLink className="size-5" />
            </a>
            <Radix.Close aria-label={t.common.close} className={tool}>
              <X className="size-5" />
            </Radix.Close>
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
