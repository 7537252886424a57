import { useLayoutEffect, useRef, type KeyboardEvent } from "react";

const TALLEST_PX = 220;

export interface GrowingFieldProps {
  value: string;
  label: string;
  placeholder: string;
  onChange: (text: string, caret: number) => void;
  onEnter: () => void;
  /** True when the key was used for something else, such as the saved replies. */
  onKey?: (event: KeyboardEvent<HTMLTextAreaElement>) => boolean;
}

/** A plain text field that grows with its text. Enter sends, Shift+Enter starts a line, an input method is left alone. */
export function GrowingField({ value, label, placeholder, onChange, onEnter, onKey }: GrowingFieldProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, TALLEST_PX)}px`;
  }, [value]);
  return (
    <textarea
      ref={field}
      id="composer"
      rows={2}
      value={value}
      aria-label={label}
      placeholder={placeholder}
      onChange={(event) => onChange(event.target.value, event.target.selectionStart)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (onKey?.(event) === true) {
          event.preventDefault();
        } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
          event.preventDefault();
          onEnter();
        } else if (event.key === "Escape") {
          event.preventDefault();
          event.currentTarget.blur();
        }
      }}
      className="block w-full resize-none bg-transparent px-4 py-2.5 text-[0.875rem] leading-relaxed outline-none"
    />
  );
}
