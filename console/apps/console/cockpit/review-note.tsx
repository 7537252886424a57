// Why a person has to look at a ticket before it is sent out, and how it ranks.
import { CircleAlert, CircleCheck } from "lucide-react";
import type { TicketView } from "../../../lib/api/dispatch";
import { reasonWords, ruleName, useRankingTexts } from "../../../lib/i18n/ranking";
import { Badge } from "../../../lib/ui/badge";
import { cx } from "../../../lib/ui/cx";

type Ranked = Pick<TicketView, "applied_rules" | "review_reasons" | "review_required" | "urgency" | "ranking_score">;

/** What asks for a person's look; once somebody has looked, what it was. */
export function ReviewNote({ ticket }: { ticket: Ranked }) {
  const t = useRankingTexts();
  if (!ticket.review_required && ticket.review_reasons.length === 0) return null;
  const Icon = ticket.review_required ? CircleAlert : CircleCheck;
  return (
    <div data-review={ticket.review_required ? "needed" : "done"} className={cx("flex gap-2.5 rounded-xl px-3 py-2.5 text-[0.8125rem]", ticket.review_required ? "bg-warn-soft text-warn-ink" : "bg-sunken text-ink-soft")}>
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div className="min-w-0">
        <p className="font-medium">{ticket.review_required ? t.review : t.reviewed}</p>
        {ticket.review_reasons.map((reason) => (
          <p key={reason} data-reason={reason} className="mt-0.5 wrap-anywhere">
            {reasonWords(reason, ticket.applied_rules, t)}
          </p>
        ))}
      </div>
    </div>
  );
}

const URGENT: readonly string[] = ["HIGH", "CRITICAL"];

/** How urgent it is, its place in lists, and what made it so. */
export function RankingLine({ ticket }: { ticket: Ranked }) {
  const t = useRankingTexts();
  return (
    <dl data-ranking={ticket.urgency} className="flex flex-wrap items-baseline gap-x-4 gap-y-1.5 text-[0.8125rem]">
      <div className="flex items-baseline gap-1.5">
        <dt className="text-ink-soft">{t.urgency}</dt>
        <dd>
          <Badge tone={URGENT.includes(ticket.urgency) ? "bad" : "plain"}>{t.urgencies[ticket.urgency] ?? ticket.urgency}</Badge>
        </dd>
      </div>
      <div className="flex items-baseline gap-1.5">
        <dt className="text-ink-soft">{t.score}</dt>
        <dd data-score={ticket.ranking_score} className="font-semibold tabular-nums">
          {ticket.ranking_score}
        </dd>
      </div>
      {ticket.applied_rules.length > 0 && (
        <div className="flex min-w-0 flex-wrap items-baseline gap-1.5">
          <dt className="text-ink-soft">{t.rules}</dt>
          {ticket.applied_rules.map((rule) => (
            <dd key={rule} data-rule={rule} className="rounded-md border border-line bg-sunken px-1.5 text-xs wrap-anywhere">
              {ruleName(rule, t)}
            </dd>
          ))}
        </div>
      )}
    </dl>
  );
}
