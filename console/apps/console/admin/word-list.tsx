import { X } from "lucide-react";
import { useId, useState } from "react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import type { Option } from "./options";

export interface WordListProps {
  label: string;
  error: string | null;
  disabled: boolean;
  words: readonly string[];
  /** What may be chosen; anything when missing. */
  choices?: readonly Option[];
  /** What is written: words, or days. */
  kind?: "text" | "date";
  onChange: (words: readonly string[]) => void;
}

const BOX = "h-9 w-full rounded-lg border border-line-strong bg-surface px-3 text-sm hover:border-ink-faint focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 disabled:opacity-60 aria-invalid:border-danger";

/** Several words, or several of a list: each can be taken out again. */
export function WordList({ label, error, disabled, words, choices, kind = "text", onChange }: WordListProps) {
  const t = useAdminTexts();
  const id = useId();
  const [text, setText] = useState("");
  const add = (word: string) => {
    const clean = word.trim();
    setText("");
    if (clean !== "" && !words.includes(clean)) onChange([...words, clean]);
  };
  const nameOf = (word: string) => choices?.find((one) => one.value === word)?.text ?? word;
  const left = (choices ?? []).filter((one) => !words.includes(one.value));
  const invalid = error === null ? {} : { "aria-invalid": true, "aria-describedby": `${id}-error` };
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="flex items-baseline justify-between text-[0.8125rem] font-medium">
        {label}
        {choices === undefined && <span className="text-xs font-normal text-ink-faint">{t.addWordHint}</span>}
      </label>
      {words.length > 0 && (
        <ul className="flex flex-wrap gap-1.5">
          {words.map((word) => (
            <li key={word} className="inline-flex max-w-full items-center gap-1 rounded-md border border-line bg-sunken py-0.5 pr-0.5 pl-2 text-xs">
              <span className="truncate">{nameOf(word)}</span>
              <button type="button" disabled={disabled} aria-label={t.removeWord(nameOf(word))} onClick={() => onChange(words.filter((one) => one !== word))} className="flex size-6 items-center justify-center rounded text-ink-faint hover:bg-hover hover:text-ink">
                <X className="size-3" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {choices === undefined ? (
        <input
          id={id}
          type={kind}
          value={text}
          disabled={disabled}
          autoComplete="off"
          {...invalid}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => add(text)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || text.trim() === "") return;
            event.preventDefault();
            add(text);
          }}
          className={BOX}
        />
      ) : (
        <select id={id} value="" disabled={disabled || left.length === 0} {...invalid} onChange={(event) => add(event.target.value)} className={BOX}>
          <option value="">{t.addWord}</option>
          {left.map((one) => (
            <option key={one.value} value={one.value}>
              {one.text}
            </option>
          ))}
        </select>
      )}
      {error !== null && (
        <p id={`${id}-error`} className="text-xs text-danger-ink">
          {error}
        </p>
      )}
    </div>
  );
}
