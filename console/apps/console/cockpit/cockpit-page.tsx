// The dispatcher's place: the queue with its filters in the address, and one ticket beside it. Follows by itself.
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ClipboardList, FilterX } from "lucide-react";
import { useCallback } from "react";
import { readCockpit, type Cockpit, type CockpitFilter } from "../../../lib/api/dispatch";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { clock } from "../../../lib/i18n/when";
import { useFollow } from "../../../lib/realtime/watch";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { Page } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import { Forbidden } from "../session/forbidden";
import { dispatches } from "../session/areas";
import { useMe } from "../session/me";
import { Filters } from "./filters";
import { QueueGrid } from "./queue-grid";
import { TicketPane, type OpenTicket } from "./ticket-pane";

const FOLLOWED = ["ticket."] as const;
const EVERY_MS = 20_000;
const OVER: readonly string[] = ["CLOSED", "CANCELLED"];

export function CockpitPage() {
  const me = useMe();
  return dispatches(me) ? <Shown /> : <Forbidden needs={["admin", "supervisor", "team_lead", "dispatcher", "auditor"]} />;
}

function Shown() {
  const t = useCockpitTexts();
  const navigate = useNavigate();
  const { ticketId } = useParams({ strict: false });
  const search: CockpitFilter = useSearch({ strict: false });
  const filter: CockpitFilter = {
    ...(search.state === undefined ? {} : { state: search.state }),
    ...(search.priority === undefined ? {} : { priority: search.priority }),
    ...(search.sla_status === undefined ? {} : { sla_status: search.sla_status }),
    ...(search.assigned_tech_id === undefined ? {} : { assigned_tech_id: search.assigned_tech_id }),
  };
  const isFiltered = Object.keys(filter).length > 0;
  const queue = useLoad(`queue ${JSON.stringify(filter)}`, () => readCockpit(filter));
  const open = useLoad(`ticket ${ticketId ?? ""}`, async () => (ticketId === undefined ? null : openTicket(ticketId)));
  const [reloadQueue, reloadTicket] = [queue.reload, open.reload];
  const reload = useCallback(() => {
    reloadQueue();
    reloadTicket();
  }, [reloadQueue, reloadTicket]);
  useFollow(FOLLOWED, reload, EVERY_MS);
  const show = (id: string | null) => void navigate(id === null ? { to: "/cockpit", search: filter } : { to: "/cockpit/$ticketId", params: { ticketId: id }, search: filter });
  const change = (next: CockpitFilter) => void navigate(ticketId === undefined ? { to: "/cockpit", search: next } : { to: "/cockpit/$ticketId", params: { ticketId }, search: next });
  const cockpit = queue.value;
  return (
    <Page title={t.title} {...(cockpit === null ? {} : { lead: t.updated(clock(cockpit.generated_at)) })} tabs={<Filters filter={filter} isAside={ticketId !== undefined} onChange={change} />} flush>
      <div className="flex h-full min-h-0">
        <div className={cx("min-h-0 min-w-0 flex-1 overflow-y-auto px-4 py-4 md:px-6 xl:block", ticketId === undefined ? "block" : "hidden")} aria-busy={queue.state === "loading"}>
          {queue.state === "error" && <ErrorState title={t.failed} error={queue.error} onRetry={queue.reload} />}
          {cockpit !== null && cockpit.queue.length === 0 && <Nothing isFiltered={isFiltered} onClear={() => change({})} />}
          {cockpit !== null && cockpit.queue.length > 0 && (
            <QueueGrid items={cockpit.queue} generatedAt={Date.parse(cockpit.generated_at)} selected={ticketId ?? null} isNarrow={ticketId !== undefined} busy={queue.state === "loading"} onOpen={show} />
          )}
        </div>
        {ticketId !== undefined && (
          <section aria-label={t.ticket.summary} className="min-h-0 min-w-0 flex-1 border-line bg-canvas xl:max-w-3xl xl:border-l">
            <TicketPane key={ticketId} loaded={open} onClose={() => show(null)} onChange={reload} />
          </section>
        )}
      </div>
    </Page>
  );
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  const t = useCockpitTexts();
  if (!isFiltered) return <EmptyState icon={ClipboardList} title={t.none} text={t.noneHint} />;
  return (
    <EmptyState icon={FilterX} title={t.noMatch} text={t.noMatchHint}>
      <Button onClick={onClear}>{t.clear}</Button>
    </EmptyState>
  );
}

/** A ticket in detail. Its actions stand in the queue, which is asked for its site and state alone. */
async function openTicket(id: string): Promise<OpenTicket> {
  const first = await readCockpit({ ticket_id: id });
  const selected = first.selected_ticket;
  if (selected === undefined || selected === null) throw new Error("the cockpit left out the ticket it was asked for");
  const find = (cockpit: Cockpit) => cockpit.queue.find((item) => item.ticket_id === id && item.version === selected.ticket.version) ?? cockpit.queue.find((item) => item.ticket_id === id) ?? null;
  let item = find(first);
  if (item === null && !OVER.includes(selected.ticket.state)) {
    item = find(await readCockpit({ state: selected.ticket.state, site_id: selected.ticket.site_id }));
  }
  return { selected, item, generatedAt: Date.parse(first.generated_at) };
}
