import { Link } from "@tanstack/react-router";
import { useAlertTexts } from "../../../lib/i18n/alerts";
import { cx } from "../../../lib/ui/cx";

const PLACES = [
  ["open", "/alerts"],
  ["resolved", "/alerts/over"],
  ["signals", "/alerts/signals"],
] as const;

export type AlertTab = (typeof PLACES)[number][0];

/** What is open, what is over, and the figures they come from. */
export function AlertTabs({ here, signals }: { here: AlertTab; signals: "shown" | "hidden" }) {
  const t = useAlertTexts();
  return (
    <nav aria-label={t.title} className="-mb-px flex gap-5 overflow-x-auto">
      {PLACES.filter(([name]) => name !== "signals" || signals === "shown").map(([name, to]) => (
        <Link
          key={name}
          to={to}
          {...(name === here ? { "aria-current": "page" as const } : {})}
          className={cx("border-b-2 pb-2 text-[0.8125rem] font-medium whitespace-nowrap", name === here ? "border-accent text-accent-text" : "border-transparent text-ink-soft hover:text-ink")}
        >
          {t.tabs[name]}
        </Link>
      ))}
    </nav>
  );
}
