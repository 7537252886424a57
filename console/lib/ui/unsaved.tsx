// What was typed in a dialog is not lost by a stray key or a click beside it: one is asked first. Buttons that close it mean it.
import { useRef, useState, type FormEvent } from "react";
import { useTexts } from "../i18n/language";
import { Button } from "./button";

const OTHERS: readonly string[] = ["search", "checkbox", "radio", "file", "date", "time", "datetime-local"];

interface Unsaved {
  /** For the dialog: hears what is typed in it. */
  onInput: (event: FormEvent) => void;
  /** For whatever closes it unasked. */
  leave: () => void;
  asking: "no" | "yes";
  stay: () => void;
}

type Field = HTMLTextAreaElement | HTMLInputElement;

export function useUnsaved(onClose: () => void): Unsaved {
  const typed = useRef(new Set<Field>());
  const last = useRef<Field | null>(null);
  const [asking, setAsking] = useState<"no" | "yes">("no");
  const stay = () => {
    setAsking("no");
    last.current?.focus();
  };
  return {
    onInput: ({ target }) => {
      if (!holdsWords(target)) return;
      typed.current.add(target);
      last.current = target;
    },
    leave: () => {
      // What was sent off has been emptied, or is gone with its form.
      const isHeld = Array.from(typed.current).some((field) => field.isConnected && field.value.trim() !== "");
      if (!isHeld) onClose();
      else if (asking === "no") setAsking("yes");
      else stay();
    },
    asking,
    stay,
  };
}

/** A field for somebody's own words; what is only looked for is not kept. */
function holdsWords(field: EventTarget): field is Field {
  if (field instanceof HTMLTextAreaElement) return true;
  return field instanceof HTMLInputElement && !OTHERS.includes(field.type) && field.getAttribute("role") !== "combobox";
}

/** The question, at the foot of the dialog. */
export function UnsavedQuestion({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  const { unsaved: t } = useTexts().common;
  return (
    <div role="alert" data-unsaved className="flex flex-wrap items-center justify-end gap-2 rounded-b-[inherit] border-t border-line bg-warn-soft px-5 py-3 text-warn-ink">
      <p className="min-w-40 flex-1 text-[0.8125rem] font-medium">{t.question}</p>
      <Button autoFocus onClick={onStay}>
        {t.stay}
      </Button>
      <Button look="danger" onClick={onLeave}>
        {t.leave}
      </Button>
    </div>
  );
}
