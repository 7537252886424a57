import type { ReactNode } from "react";
import { cx } from "./cx";

const TONES = {
  plain: "bg-sunken text-ink-soft border-line",
  good: "bg-accent-soft text-accent-text border-transparent",
  warn: "bg-warn-soft text-warn-ink border-transparent",
  bad: "bg-danger-soft text-danger-ink border-transparent",
} as const;

export type Tone = keyof typeof TONES;

/** A word about a thing: its state, its priority. The color only underlines what the word says. */
export function Badge({ tone = "plain", icon, className, children }: { tone?: Tone; icon?: ReactNode; className?: string; children: ReactNode }) {
  return (
    <span className={cx("inline-flex h-5 shrink-0 items-center gap-1 rounded-md border px-1.5 text-2xs font-medium whitespace-nowrap", TONES[tone], className)}>
      {icon}
      {children}
    </span>
  );
}
