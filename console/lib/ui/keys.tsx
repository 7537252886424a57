import { cx } from "./cx";

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** A key or chord as keycaps; "Mod" is the platform's command key. */
export function Keys({ keys, tone = "plain" }: { keys: string; tone?: "plain" | "inverse" }) {
  return (
    <span className="inline-flex gap-1">
      {keys.split(" ").map((key) => (
        <kbd
          key={key}
          className={cx(
            "inline-flex h-5 min-w-5 items-center justify-center rounded border px-1 font-sans text-2xs font-medium",
            tone === "plain" ? "border-line-strong bg-sunken text-ink-soft" : "border-canvas/30 text-canvas/80",
          )}
        >
          {key === "Mod" ? (isMac ? "⌘" : "Ctrl") : key}
        </kbd>
      ))}
    </span>
  );
}
