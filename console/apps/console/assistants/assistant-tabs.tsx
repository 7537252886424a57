import { Link } from "@tanstack/react-router";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { usePolicyTexts } from "../../../lib/i18n/tool-policy";
import { cx } from "../../../lib/ui/cx";
import { mends } from "../session/areas";
import { useMe } from "../session/me";

const PLACES = [
  ["drafts", "/approvals"],
  ["calls", "/approvals/calls"],
  ["switches", "/approvals/switches"],
] as const;

/** What assistants do, from every side. */
export function AssistantTabs({ here }: { here: "drafts" | "calls" | "switches" | "policy" }) {
  const { approvals: t } = useOperationsTexts();
  const policy = usePolicyTexts();
  const me = useMe();
  const places = [...PLACES.map(([name, to]) => [name, to, t.tabs[name] ?? ""] as const), ...(mends(me) ? [["policy", "/approvals/policy", policy.tab] as const] : [])];
  return (
    <nav aria-label={t.title} className="-mb-px flex gap-5 overflow-x-auto">
      {places.map(([name, to, text]) => (
        <Link
          key={name}
          to={to}
          {...(name === here ? { "aria-current": "page" as const } : {})}
          className={cx("border-b-2 pb-2 text-[0.8125rem] font-medium whitespace-nowrap", name === here ? "border-accent text-accent-text" : "border-transparent text-ink-soft hover:text-ink")}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
