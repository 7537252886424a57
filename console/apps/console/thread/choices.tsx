import { useId } from "react";
import { cx } from "../../../lib/ui/cx";

export interface ChoicesProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  choices: readonly (readonly [T, string, string?])[];
}

/** A few choices as cards; native radio buttons underneath, so the arrow keys work. */
export function Choices<T extends string>({ label, value, onChange, choices }: ChoicesProps<T>) {
  const name = useId();
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1.5 text-[0.8125rem] font-medium">{label}</legend>
      {choices.map(([choice, text, hint], index) => (
        <label
          key={choice}
          className={cx(
            "flex cursor-pointer items-center gap-3 rounded-xl border px-3 py-2.5 transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent",
            value === choice ? "border-accent bg-accent-soft/50" : "border-line hover:bg-hover",
          )}
        >
          <input type="radio" name={name} value={choice} checked={value === choice} onChange={() => onChange(choice)} autoFocus={index === 0} className="size-4 accent-accent outline-none" />
          <span className="text-[0.8125rem]">
            <span className="font-medium">{text}</span>
            {hint !== undefined && <span className="block text-xs text-ink-soft">{hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
