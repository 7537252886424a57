import { useLayoutEffect, useRef, type KeyboardEvent } from "react";
import type { SendKey } from "../../../lib/preferences";

const TALLEST_PX = 220;

export interface GrowingFieldProps {
  value: string;
  label: string;
  placeholder: string;
  onChange: (text: string, caret: number) => void;
  /** The key that sends. With Shift and Ctrl (⌘) it does what `onSendMore` says, if there is more to do. */
  sendKey: SendKey;
  onSend: () => void;
  onSendMore?: () => void;
  /** True when the key was used for something else, such as the saved replies. */
  onKey?: (event: KeyboardEvent<HTMLTextAreaElement>) => boolean;
}

/** A plain text field that grows with its text. Shift+Enter starts a line, an input method is left alone. */
export function GrowingField({ value, label, placeholder, onChange, sendKey, onSend, onSendMore, onKey }: GrowingFieldProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, TALLEST_PX)}px`;
  }, [value]);
  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    const mod = event.ctrlKey || event.metaKey;
    const enter = event.key === "Enter" && !event.altKey;
    if (onKey?.(event) === true) event.preventDefault();
    else if (enter && mod && event.shiftKey && onSendMore !== undefined) {
      event.preventDefault();
      onSendMore();
    } else if (enter && !event.shiftKey && (mod || sendKey === "enter")) {
      event.preventDefault();
      onSend();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.currentTarget.blur();
    }
  };
  return (
    <textarea
      ref={field}
      id="composer"
      rows={2}
      value={value}
      aria-label={label}
      placeholder={placeholder}
      onChange={(event) => onChange(event.target.value, event.target.selectionStart)}
      onKeyDown={press}
      className="block w-full resize-none bg-transparent px-4 py-2.5 text-[0.875rem] leading-relaxed outline-none"
    />
  );
}

/** Where the cursor stands in the composer; at the end of its text when it is elsewhere. */
export function caretOf(text: string): number {
  const field = document.getElementById("composer");
  return field instanceof HTMLTextAreaElement && field.value === text ? field.selectionStart : text.length;
}

/** Puts the cursor into the composer over a stretch of its text, once the text is drawn. */
export function selectText(start: number, end: number): void {
  requestAnimationFrame(() => {
    const field = document.getElementById("composer");
    if (!(field instanceof HTMLTextAreaElement)) return;
    field.focus();
    field.setSelectionRange(start, end);
  });
}
