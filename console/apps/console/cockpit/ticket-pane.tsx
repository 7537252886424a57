// One ticket beside the queue: what it is, what may be done, where it stands, what happened, what proves it.
import { ArrowLeft, Hourglass, SearchX, X } from "lucide-react";
import { useState } from "react";
import type { Action, Cockpit, QueueItem } from "../../../lib/api/dispatch";
import { ApiError } from "../../../lib/api/http";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { useTexts } from "../../../lib/i18n/language";
import { exact } from "../../../lib/i18n/when";
import { Badge } from "../../../lib/ui/badge";
import { IconButton } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import type { Loaded } from "../../../lib/ui/use-load";
import { ActionBar } from "./action-bar";
import { CommandDialog } from "./command-dialog";
import type { CommandId } from "./commands";
import { EvidenceDialog } from "./evidence-dialog";
import { EvidenceGrid } from "./evidence-grid";
import { PRIORITY_TONES } from "./queue-grid";
import type { Recommendation } from "./recommended";
import { RankingLine, ReviewNote } from "./review-note";
import { SlaChip } from "./sla-chip";
import { StateTrack } from "./state-track";
import { TicketConversations } from "./ticket-conversations";
import { TicketFacts, money } from "./ticket-facts";
import { Timeline } from "./timeline";

const TABS = ["timeline", "evidence", "assignment", "conversation"] as const;
type Tab = (typeof TABS)[number];
const NO_ACTIONS: readonly Action[] = [];

/** The ticket with its place in the queue; no place when it is over. */
export interface OpenTicket {
  selected: NonNullable<Cockpit["selected_ticket"]>;
  item: QueueItem | null;
  generatedAt: number;
}

export function TicketPane({ loaded, onClose, onChange }: { loaded: Loaded<OpenTicket | null>; onClose: () => void; onChange: () => void }) {
  const t = useCockpitTexts();
  if (loaded.state === "error") {
    const gone = loaded.error instanceof ApiError && (loaded.error.status === 404 || loaded.error.status === 403);
    return gone ? <EmptyState icon={SearchX} title={t.notFound} text={t.notFoundHint} /> : <ErrorState title={t.failed} error={loaded.error} onRetry={loaded.reload} />;
  }
  if (loaded.value === null) return <div aria-busy className="h-full" />;
  return <Shown open={loaded.value} onClose={onClose} onChange={onChange} />;
}

function Shown({ open, onClose, onChange }: { open: OpenTicket; onClose: () => void; onChange: () => void }) {
  const t = useCockpitTexts();
  const texts = useTexts();
  const { selected, item, generatedAt } = open;
  const { ticket, timeline } = selected;
  const [tab, setTab] = useState<Tab>("timeline");
  const [asked, setAsked] = useState<{ id: CommandId; action: Action } | null>(null);
  const [recommendation, setRecommendation] = useState<Recommendation | null>(null);
  return (
    <div className="h-full overflow-y-auto" data-ticket-open={ticket.id} data-version={ticket.version}>
      <div className="grid gap-5 px-4 py-5 md:px-6">
        <header className="flex items-start gap-3">
          <IconButton label={texts.thread.back} className="xl:hidden" onClick={onClose}>
            <ArrowLeft className="size-4" />
          </IconButton>
          <div className="min-w-0 flex-1">
            <div className="flex flex-wrap items-center gap-2">
              <h2 className="font-mono text-base font-semibold">{ticket.code}</h2>
              <Badge>{t.states[ticket.state] ?? ticket.state}</Badge>
              <Badge tone={PRIORITY_TONES[ticket.priority] ?? "plain"}>{t.priorities[ticket.priority] ?? ticket.priority}</Badge>
              {item !== null && <SlaChip item={item} generatedAt={generatedAt} />}
              {ticket.escalation_level > 0 && <Badge tone="bad">{t.ticket.escalated(ticket.escalation_level)}</Badge>}
            </div>
            <p className="mt-1 wrap-anywhere">{ticket.summary}</p>
          </div>
          <IconButton label={t.close} className="max-xl:hidden" onClick={onClose}>
            <X className="size-4" />
          </IconButton>
        </header>
        <StateTrack state={ticket.state} timeline={timeline} actions={item?.actions ?? NO_ACTIONS} />
        <RankingLine ticket={ticket} />
        <ReviewNote ticket={ticket} />
        {ticket.active_hold && (
          <p className="flex gap-2.5 rounded-xl bg-warn-soft px-3 py-2.5 text-[0.8125rem] text-warn-ink">
            <Hourglass className="mt-0.5 size-4 shrink-0" aria-hidden />
            <span>
              {t.ticket.hold}: {t.choices[ticket.active_hold.hold_reason] ?? ticket.active_hold.hold_reason}. {t.ticket.holdUntil(exact(ticket.active_hold.confirmation_window.end))}
            </span>
          </p>
        )}
        {ticket.pending_approval && (
          <p className="flex gap-2.5 rounded-xl bg-warn-soft px-3 py-2.5 text-[0.8125rem] text-warn-ink">
            <Hourglass className="mt-0.5 size-4 shrink-0" aria-hidden />
            <span>
              {t.ticket.approval}
              {ticket.pending_approval.amount_delta_cents ? ` ${t.ticket.approvalOf(money(ticket.pending_approval.amount_delta_cents, ticket.currency))}` : ""}
              {ticket.pending_approval.reason ? `: ${ticket.pending_approval.reason}` : ""}
            </span>
          </p>
        )}
        {item === null ? (
          <p className="text-[0.8125rem] text-ink-soft">{t.ticket.over}</p>
        ) : (
          <ActionBar actions={item.actions} state={ticket.state} onRun={(id, action) => setAsked({ id, action })} />
        )}
        <div>
          <div role="tablist" aria-label={ticket.code} className="flex gap-5 overflow-x-auto border-b border-line">
            {TABS.map((one) => (
              <button
                key={one}
                type="button"
                role="tab"
                id={`tab-${one}`}
                aria-selected={tab === one}
                aria-controls="ticket-panel"
                onClick={() => setTab(one)}
                className={cx("-mb-px border-b-2 py-2 text-[0.8125rem] font-medium whitespace-nowrap", tab === one ? "border-accent text-accent-text" : "border-transparent text-ink-soft hover:text-ink")}
              >
                {t.tabs[one]}
                {one === "evidence" && selected.evidence_summary.total_items > 0 && <span className="ml-1.5 tabular-nums">{selected.evidence_summary.total_items}</span>}
              </button>
            ))}
          </div>
          <div role="tabpanel" id="ticket-panel" aria-labelledby={`tab-${tab}`} className="pt-4">
            {tab === "timeline" && <Timeline events={timeline} />}
            {tab === "evidence" && <EvidenceGrid ticketId={ticket.id} version={ticket.version} />}
            {tab === "assignment" && <TicketFacts ticket={ticket} item={item} />}
            {tab === "conversation" && <TicketConversations contactId={ticket.contact_id ?? null} />}
          </div>
        </div>
      </div>
      {asked !== null &&
        item !== null &&
        (asked.id === "add_evidence" ? (
          <EvidenceDialog ticketId={ticket.id} code={ticket.code} onClose={() => setAsked(null)} onDone={onChange} />
        ) : (
          <CommandDialog id={asked.id} action={asked.action} item={item} ticket={ticket} recommendation={recommendation} onRecommended={setRecommendation} onClose={() => setAsked(null)} onDone={onChange} />
        ))}
    </div>
  );
}
