import { useId, type ComponentProps, type ReactNode } from "react";
import { cx } from "./cx";

const BOX =
  "w-full rounded-lg border border-line-strong bg-surface px-3 text-sm text-ink transition-colors hover:border-ink-faint " +
  "focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 disabled:opacity-60 aria-invalid:border-danger";

interface Labelled {
  label: string;
  hint?: string;
  error?: string | null;
}

function Field({ id, label, hint, error, children }: Labelled & { id: string; children: ReactNode }) {
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="flex items-baseline justify-between text-[0.8125rem] font-medium">
        {label}
        {hint !== undefined && <span className="text-xs font-normal text-ink-faint">{hint}</span>}
      </label>
      {children}
      {error && (
        <p id={`${id}-error`} className="text-xs text-danger-ink">
          {error}
        </p>
      )}
    </div>
  );
}

function invalid(id: string, error: string | null | undefined) {
  return error ? { "aria-invalid": true, "aria-describedby": `${id}-error` } : {};
}

export function TextField({ label, hint, error, className, ...rest }: Labelled & ComponentProps<"input">) {
  const id = useId();
  return (
    <Field id={id} label={label} {...(hint === undefined ? {} : { hint })} error={error ?? null}>
      <input id={id} {...invalid(id, error)} {...rest} className={cx(BOX, "h-9", className)} />
    </Field>
  );
}

export function TextArea({ label, hint, error, className, ...rest }: Labelled & ComponentProps<"textarea">) {
  const id = useId();
  return (
    <Field id={id} label={label} {...(hint === undefined ? {} : { hint })} error={error ?? null}>
      <textarea id={id} rows={3} {...invalid(id, error)} {...rest} className={cx(BOX, "resize-y py-2", className)} />
    </Field>
  );
}

export function Select({ label, hint, error, className, children, ...rest }: Labelled & ComponentProps<"select">) {
  const id = useId();
  return (
    <Field id={id} label={label} {...(hint === undefined ? {} : { hint })} error={error ?? null}>
      <select id={id} {...invalid(id, error)} {...rest} className={cx(BOX, "h-9 pr-8", className)}>
        {children}
      </select>
    </Field>
  );
}

/** Yes or no, with its label beside the box. */
export function Toggle({ label, hint, error, className, ...rest }: Labelled & Omit<ComponentProps<"input">, "type">) {
  const id = useId();
  return (
    <div className={cx("grid gap-1", className)}>
      <label htmlFor={id} className="flex min-h-6 items-center gap-2.5 text-[0.8125rem] font-medium">
        <input id={id} type="checkbox" {...invalid(id, error)} {...rest} className="size-4 accent-accent" />
        {label}
        {hint !== undefined && <span className="text-xs font-normal text-ink-faint">{hint}</span>}
      </label>
      {error && (
        <p id={`${id}-error`} className="text-xs text-danger-ink">
          {error}
        </p>
      )}
    </div>
  );
}
