import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";
import { Tip } from "./tip";

const LOOKS = {
  primary: "bg-accent text-accent-ink hover:bg-accent-hover",
  outline: "border border-line-strong bg-surface text-ink hover:bg-hover",
  quiet: "text-ink-soft hover:bg-hover hover:text-ink",
  danger: "border border-line-strong bg-surface text-danger-ink hover:bg-danger-soft",
} as const;

export type ButtonLook = keyof typeof LOOKS;

const SHAPE =
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-lg font-medium whitespace-nowrap transition-colors " +
  "disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:opacity-50";

export function Button({ look = "outline", className, ...rest }: ComponentProps<"button"> & { look?: ButtonLook }) {
  return <button type="button" {...rest} className={cx(SHAPE, "h-8 px-3 text-[0.8125rem]", LOOKS[look], className)} />;
}

export interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label"> {
  label: string;
  keys?: string;
  look?: ButtonLook;
  children: ReactNode;
}

/** A button that shows only an icon; its name and key are in the tip. */
export function IconButton({ label, keys, look = "quiet", className, children, ...rest }: IconButtonProps) {
  return (
    <Tip label={label} keys={keys}>
      <button type="button" aria-label={label} {...rest} className={cx(SHAPE, "size-8", LOOKS[look], className)}>
        {children}
      </button>
    </Tip>
  );
}
