// What waits for a person's yes or no: drafts of assistants, and below them the tickets that wait for an approval.
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { CircleCheckBig, FileCheck2 } from "lucide-react";
import { useState } from "react";
import { listDrafts, type Draft } from "../../../lib/api/decisions";
import { readCockpit, type QueueItem } from "../../../lib/api/dispatch";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { exact } from "../../../lib/i18n/when";
import { useFollow } from "../../../lib/realtime/watch";
import { Badge } from "../../../lib/ui/badge";
import { cx } from "../../../lib/ui/cx";
import { Page } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import { dispatches, seesDrafts } from "../session/areas";
import { useMe } from "../session/me";
import { Forbidden } from "../session/forbidden";
import { AssistantTabs } from "./assistant-tabs";
import { DraftDetail } from "./draft-detail";
import { stateTone } from "./draft-state";

const FOLLOWED = ["draft.", "ticket."] as const;
const WAITING = "AWAITING_HUMAN";

export function ApprovalsPage() {
  const { approvals: t } = useOperationsTexts();
  const me = useMe();
  const navigate = useNavigate();
  const { draftId } = useParams({ strict: false });
  const [state, setState] = useState(WAITING);
  const sees = seesDrafts(me);
  const drafts = useLoad(`drafts ${state}`, async () => (sees ? (await listDrafts(state === "" ? null : state, null)).data : []));
  const tickets = useLoad("tickets to approve", async () => (dispatches(me) ? (await readCockpit({ state: "APPROVAL_REQUIRED" })).queue : []));
  const reload = () => {
    drafts.reload();
    tickets.reload();
  };
  useFollow(FOLLOWED, drafts.reload, 30_000);
  useFollow(FOLLOWED, tickets.reload, 30_000);
  if (!sees && !dispatches(me)) return <Forbidden needs={["admin", "supervisor", "team_lead", "dispatcher"]} />;
  const rows = drafts.value ?? [];
  return (
    <Page title={t.title} lead={t.lead} tabs={<AssistantTabs here="drafts" />} flush>
      <div className="flex h-full min-h-0">
        <div className={cx("min-h-0 w-full overflow-y-auto border-line px-4 py-5 lg:block lg:w-96 lg:shrink-0 lg:border-r", draftId === undefined ? "block" : "hidden")}>
          <label className="mb-4 flex items-center gap-2 text-[0.8125rem]">
            <span className="text-ink-soft">{t.state}</span>
            <select value={state} onChange={(event) => setState(event.target.value)} className="h-8 rounded-lg border border-line-strong bg-surface px-2">
              <option value={WAITING}>{t.waiting}</option>
              {Object.entries(t.states)
                .filter(([name]) => name !== WAITING)
                .map(([name, text]) => (
                  <option key={name} value={name}>
                    {text}
                  </option>
                ))}
              <option value="">{t.all}</option>
            </select>
          </label>
          {drafts.state === "error" && <ErrorState title={t.failed} error={drafts.error} onRetry={drafts.reload} />}
          {drafts.state === "ready" && rows.length === 0 && (
            <div className="h-64">
              <EmptyState icon={CircleCheckBig} title={state === WAITING ? t.none : t.noneOther} text={t.noneHint} />
            </div>
          )}
          <ul className="grid gap-2" aria-busy={drafts.state === "loading"}>
            {rows.map((draft) => (
              <li key={draft.id}>
                <DraftRow draft={draft} isOpen={draft.id === draftId} />
              </li>
            ))}
          </ul>
          <TicketsToApprove tickets={tickets.value ?? []} />
        </div>
        <div className={cx("min-h-0 min-w-0 flex-1 lg:block", draftId === undefined ? "hidden" : "block")}>
          {draftId === undefined ? (
            <EmptyState icon={FileCheck2} title={t.choose} text={t.chooseHint} />
          ) : (
            <DraftDetail key={draftId} id={draftId} onBack={() => void navigate({ to: "/approvals" })} onDecided={reload} />
          )}
        </div>
      </div>
    </Page>
  );
}

function DraftRow({ draft, isOpen }: { draft: Draft; isOpen: boolean }) {
  const { approvals: t } = useOperationsTexts();
  const amount = draft.preview?.amount ?? null;
  return (
    <Link
      to="/approvals/$draftId"
      params={{ draftId: draft.id }}
      data-draft={draft.id}
      {...(isOpen ? { "aria-current": "page" as const } : {})}
      className={cx("block rounded-xl border border-line px-3 py-2.5", isOpen ? "bg-selected" : "bg-surface hover:bg-hover")}
    >
      <span className="flex items-center gap-2">
        <span className="min-w-0 flex-1 truncate text-[0.8125rem] font-medium">{amount === null ? draft.tool : `${amount} ${draft.currency ?? ""}`}</span>
        <Badge tone={stateTone(draft.state)}>{t.states[draft.state] ?? draft.state}</Badge>
      </span>
      <span className="mt-0.5 block truncate text-xs text-ink-soft">{typeof draft.preview?.description === "string" ? draft.preview.description : draft.tool}</span>
      <span className="block text-xs text-ink-faint">{exact(draft.created_at)}</span>
    </Link>
  );
}

function TicketsToApprove({ tickets }: { tickets: readonly QueueItem[] }) {
  const { approvals: t } = useOperationsTexts();
  if (tickets.length === 0) return null;
  return (
    <section aria-label={t.tickets} className="mt-8">
      <h2 className="text-sm font-semibold">{t.tickets}</h2>
      <p className="mb-2 text-xs text-ink-soft">{t.ticketsHint}</p>
      <ul className="grid gap-2">
        {tickets.map((ticket) => (
          <li key={ticket.ticket_id}>
            <Link to="/cockpit/$ticketId" params={{ ticketId: ticket.ticket_id }} className="block rounded-xl border border-line bg-surface px-3 py-2.5 hover:bg-hover">
              <span className="block text-[0.8125rem] font-medium">{ticket.code}</span>
              <span className="block truncate text-xs text-ink-soft">{ticket.summary}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
