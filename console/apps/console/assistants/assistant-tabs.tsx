import { Link } from "@tanstack/react-router";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { cx } from "../../../lib/ui/cx";

const PLACES = [
  ["drafts", "/approvals"],
  ["calls", "/approvals/calls"],
  ["switches", "/approvals/switches"],
] as const;

/** What assistants do, from three sides. */
export function AssistantTabs({ here }: { here: "drafts" | "calls" | "switches" }) {
  const { approvals: t } = useOperationsTexts();
  return (
    <nav aria-label={t.title} className="-mb-px flex gap-5 overflow-x-auto">
      {PLACES.map(([name, to]) => (
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
