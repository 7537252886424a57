import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTexts } from "../i18n/language";
import { cx } from "./cx";
import { UnsavedQuestion, useUnsaved } from "./unsaved";

export interface DialogProps {
  title: string;
  lead?: string;
  onClose: () => void;
  children: ReactNode;
  width?: string;
  /** `nothing`: what is typed here is only looked for, and may go without a question. */
  keeps?: "words" | "nothing";
}

/**
 * Keeps everything behind a dialog dim and out of reach. Not the library's own: that one locks the scrolling of a page which
 * never scrolls as a whole, by a rule that makes the browser compute the style of every element anew.
 */
export function Veil() {
  return <div className="pointer-events-auto fixed inset-0 z-40 bg-black/35" />;
}

/** A dialog that is open while it is mounted; focus returns to where it was. */
export function Dialog({ title, lead, onClose, children, width = "max-w-md", keeps = "words" }: DialogProps) {
  const t = useTexts();
  const unsaved = useUnsaved(onClose);
  return (
    <Radix.Root open onOpenChange={(open) => !open && (keeps === "words" ? unsaved.leave() : onClose())}>
      <Radix.Portal>
        <Veil />
        <Radix.Content
          onInput={unsaved.onInput}
          {...(lead === undefined ? { "aria-describedby": undefined } : {})}
          className={cx(
            "appear fixed inset-x-3 top-[8vh] z-50 mx-auto flex max-h-[84vh] flex-col rounded-2xl border border-line bg-raised shadow-float",
            width,
          )}
        >
          <header className="flex items-start gap-4 px-6 pt-5 pb-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-base font-semibold tracking-tight">{title}</Radix.Title>
              {lead !== undefined && <Radix.Description className="mt-1 text-[0.8125rem] text-ink-soft">{lead}</Radix.Description>}
            </div>
            <Radix.Close aria-label={t.common.close} className="-mr-2 rounded-lg p-1.5 text-ink-faint hover:bg-hover hover:text-ink">
              <X className="size-4" />
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-6 pt-1 pb-6">{children}</div>
          {unsaved.asking === "yes" && <UnsavedQuestion onStay={unsaved.stay} onLeave={onClose} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
