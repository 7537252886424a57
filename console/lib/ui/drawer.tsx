import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTexts } from "../i18n/language";
import { cx } from "./cx";
import { Veil } from "./dialog";
import { UnsavedQuestion, useUnsaved } from "./unsaved";

export interface DrawerProps {
  title: string;
  lead?: ReactNode;
  onClose: () => void;
  footer?: ReactNode;
  width?: string;
  /** `nothing`: what is typed here is only tried, and may go without a question. */
  keeps?: "words" | "nothing";
  children: ReactNode;
}

/** A dialog along the right edge; over everything on a phone. Focus returns to where it was. */
export function Drawer({ title, lead, onClose, footer, width = "sm:max-w-lg", keeps = "words", children }: DrawerProps) {
  const t = useTexts();
  const unsaved = useUnsaved(onClose);
  return (
    <Radix.Root open onOpenChange={(open) => !open && (keeps === "words" ? unsaved.leave() : onClose())}>
      <Radix.Portal>
        <Veil />
        <Radix.Content aria-describedby={undefined} onInput={unsaved.onInput} className={cx("slide fixed inset-y-0 right-0 z-50 flex w-full flex-col border-l border-line bg-raised shadow-float", width)}>
          <header className="flex items-start gap-4 border-b border-line px-5 py-4">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-base font-semibold tracking-tight wrap-anywhere">{title}</Radix.Title>
              {lead !== undefined && <div className="mt-1 text-[0.8125rem] text-ink-soft">{lead}</div>}
            </div>
            <Radix.Close aria-label={t.common.close} className="-mr-1.5 rounded-lg p-1.5 text-ink-faint hover:bg-hover hover:text-ink">
              <X className="size-4" />
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-5">{children}</div>
          {footer !== undefined && <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>}
          {unsaved.asking === "yes" && <UnsavedQuestion onStay={unsaved.stay} onLeave={onClose} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
