import { cx } from "./cx";

const TINTS = [
  "bg-teal-100 text-teal-900 dark:bg-teal-900/60 dark:text-teal-100",
  "bg-sky-100 text-sky-900 dark:bg-sky-900/60 dark:text-sky-100",
  "bg-violet-100 text-violet-900 dark:bg-violet-900/60 dark:text-violet-100",
  "bg-rose-100 text-rose-900 dark:bg-rose-900/60 dark:text-rose-100",
  "bg-amber-100 text-amber-900 dark:bg-amber-900/60 dark:text-amber-100",
  "bg-lime-100 text-lime-900 dark:bg-lime-900/60 dark:text-lime-100",
  "bg-stone-200 text-stone-800 dark:bg-stone-700/70 dark:text-stone-100",
] as const;

const SIZES = { sm: "size-6 text-2xs", md: "size-9 text-xs", lg: "size-12 text-base" } as const;

/** A person as initials on a tint that stays theirs. Drawn by the style sheet, as the name stands beside it in words. */
export function Avatar({ name, size = "md", className }: { name: string; size?: keyof typeof SIZES; className?: string }) {
  return (
    <span
      aria-hidden
      data-initials={initials(name)}
      className={cx("inline-flex shrink-0 items-center justify-center rounded-full font-semibold select-none before:content-[attr(data-initials)]", SIZES[size], tint(name), className)}
    />
  );
}

function tint(name: string): string {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return TINTS[sum % TINTS.length] ?? TINTS[0];
}

export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => /^\p{L}/u.test(word));
  if (words.length === 0) return name.replaceAll(/\D/g, "").slice(-2) || "?";
  const first = [...(words[0] ?? "")][0] ?? "";
  const last = words.length > 1 ? ([...(words.at(-1) ?? "")][0] ?? "") : "";
  return (first + last).toUpperCase();
}
