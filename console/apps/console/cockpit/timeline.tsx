// What happened to a ticket, in order: who, with which tool, from where to where; everything on request.
import { ArrowRight, Ban, Bot, UserRound, Workflow } from "lucide-react";
import { useState } from "react";
import type { TimelineEvent } from "../../../lib/api/dispatch";
import { isRecord } from "../../../lib/api/http";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { exact } from "../../../lib/i18n/when";
import { Drawer } from "../../../lib/ui/drawer";
import { Facts, Payload } from "../../../lib/ui/facts";
import { cx } from "../../../lib/ui/cx";

const FILTERS = ["all", "state", "evidence", "refused"] as const;
type Filter = (typeof FILTERS)[number];

function fits(event: TimelineEvent, filter: Filter): boolean {
  switch (filter) {
    case "all":
      return true;
    case "state":
      return event.transitions.length > 0;
    case "evidence":
      return event.tool_name.includes("evidence");
    case "refused":
      return event.error_code !== null && event.error_code !== undefined;
  }
}

export function Timeline({ events }: { events: readonly TimelineEvent[] }) {
  const t = useCockpitTexts();
  const [filter, setFilter] = useState<Filter>("all");
  const [open, setOpen] = useState<TimelineEvent | null>(null);
  const shown = events.filter((event) => fits(event, filter));
  return (
    <div className="grid gap-3">
      <label className="flex items-center gap-2 text-[0.8125rem]">
        <span className="text-ink-soft">{t.timeline.filter}</span>
        <select value={filter} onChange={(event) => setFilter(event.target.value as Filter)} className="h-8 rounded-lg border border-line-strong bg-surface px-2">
          {FILTERS.map((one) => (
            <option key={one} value={one}>
              {t.timeline[one]}
            </option>
          ))}
        </select>
      </label>
      {shown.length === 0 && <p className="text-[0.8125rem] text-ink-soft">{t.timeline.none}</p>}
      <ol className="relative ml-2.5 grid gap-1 border-l border-line">
        {shown.map((event) => (
          <li key={event.id} className="relative pl-5">
            <Entry event={event} onOpen={() => setOpen(event)} />
          </li>
        ))}
      </ol>
      {open !== null && <Detail event={open} onClose={() => setOpen(null)} />}
    </div>
  );
}

function Entry({ event, onOpen }: { event: TimelineEvent; onOpen: () => void }) {
  const t = useCockpitTexts();
  const { choices } = useAdminTexts();
  const refused = event.error_code ?? null;
  const Icon = refused !== null ? Ban : event.actor_type === "AGENT" ? Bot : event.actor_type === "HUMAN" ? UserRound : Workflow;
  const from = event.before_state ?? null;
  const to = event.after_state ?? null;
  return (
    <>
      <span aria-hidden className={cx("absolute top-2 -left-2.5 flex size-5 items-center justify-center rounded-full border border-line bg-surface", refused === null ? "text-ink-soft" : "text-danger")}>
        <Icon className="size-3" />
      </span>
      <button type="button" data-event={event.tool_name} onClick={onOpen} className="grid w-full gap-0.5 rounded-lg px-2 py-1.5 text-left text-[0.8125rem] hover:bg-hover">
        <span className="flex flex-wrap items-center gap-x-2">
          <span className="font-mono text-xs font-medium">{event.tool_name}</span>
          <span className="text-xs text-ink-soft">{choices[event.actor_role] ?? event.actor_role}</span>
          <span className="ml-auto text-xs text-ink-faint tabular-nums">{exact(event.created_at)}</span>
        </span>
        {refused !== null && <span className="text-xs text-danger-ink">{t.timeline.refusedWith(refused)}</span>}
        {refused === null && to !== null && from !== to && (
          <span className="flex flex-wrap items-center gap-1 text-xs text-ink-soft">
            {from !== null && (t.states[from] ?? from)}
            <ArrowRight className="size-3" aria-hidden />
            {t.states[to] ?? to}
          </span>
        )}
      </button>
    </>
  );
}

function Detail({ event, onClose }: { event: TimelineEvent; onClose: () => void }) {
  const t = useCockpitTexts();
  const { choices } = useAdminTexts();
  const changes = isRecord(event.changes) ? Object.entries(event.changes) : [];
  return (
    <Drawer title={event.tool_name} lead={exact(event.created_at)} onClose={onClose} width="sm:max-w-xl">
      <Facts
        of={[
          [t.columns["state"] ?? "", [event.before_state, event.after_state].map((state) => (state ? (t.states[state] ?? state) : "–")).join(" → ")],
          [t.timeline.by, `${choices[event.actor_role] ?? event.actor_role} (${event.actor_type})`],
          [t.timeline.behalf, event.on_behalf_of],
          [t.timeline.request, event.request_id === null || event.request_id === undefined ? "" : <code key="request" className="font-mono text-2xs">{event.request_id}</code>],
          [t.timeline.correlation, <code key="correlation" className="font-mono text-2xs">{event.correlation_id}</code>],
          [t.timeline.refused, event.error_code],
        ]}
      />
      {changes.length > 0 && (
        <>
          <h3 className="mt-6 mb-2 text-sm font-semibold">{t.timeline.changes}</h3>
          <Facts of={changes.map(([field, change]) => [field, Array.isArray(change) ? `${String(change[0] ?? "–")} → ${String(change[1] ?? "–")}` : JSON.stringify(change)] as const)} />
        </>
      )}
      <h3 className="mt-6 mb-2 text-sm font-semibold">{t.timeline.payload}</h3>
      <Payload label={t.timeline.payload} value={event.payload} />
    </Drawer>
  );
}
