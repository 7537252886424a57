// Who said what about a draft: the customer word for word, and apart from it what the assistant wrote.
import { Link } from "@tanstack/react-router";
import type { Draft } from "../../../lib/api/decisions";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { exact } from "../../../lib/i18n/when";
import { Badge } from "../../../lib/ui/badge";
import { stateTone } from "./draft-state";

export function Words({ draft }: { draft: Draft }) {
  const { approvals: t } = useOperationsTexts();
  const said = draft.proof?.text ?? null;
  const described = draft.written_by_the_assistant?.description ?? null;
  const others = draft.other_drafts ?? [];
  return (
    <>
      {said !== null && (
        <section aria-label={t.said} className="grid gap-2">
          <h3 className="text-sm font-semibold">{t.said}</h3>
          <blockquote data-said className="border-l-2 border-accent pl-3 text-[0.8125rem] whitespace-pre-wrap wrap-anywhere">{said}</blockquote>
        </section>
      )}
      {typeof described === "string" && described !== "" && (
        <section aria-label={t.written} className="grid gap-2">
          <h3 className="text-sm font-semibold">{t.written}</h3>
          <p className="text-xs text-ink-soft">{t.writtenHint}</p>
          <blockquote data-written className="border-l-2 border-line-strong pl-3 text-[0.8125rem] text-ink-soft whitespace-pre-wrap wrap-anywhere">{described}</blockquote>
        </section>
      )}
      {others.length > 0 && (
        <section aria-label={t.others} className="grid gap-2">
          <h3 className="text-sm font-semibold">{t.others}</h3>
          <ul className="grid gap-1 text-[0.8125rem]">
            {others.map((other) => (
              <li key={other.id} className="flex flex-wrap items-center gap-2">
                <Link to="/approvals/$draftId" params={{ draftId: other.id }} className="text-accent-text underline">
                  {other.amount_minor === null ? other.id : `${(other.amount_minor / 100).toFixed(2)} ${other.currency ?? ""}`}
                </Link>
                <Badge tone={stateTone(other.state)}>{t.states[other.state] ?? other.state}</Badge>
                <span className="text-ink-faint">{exact(other.created_at)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
