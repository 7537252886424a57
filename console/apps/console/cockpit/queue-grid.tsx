import { CircleAlert } from "lucide-react";
import type { QueueItem } from "../../../lib/api/dispatch";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { useRankingTexts } from "../../../lib/i18n/ranking";
import { exact, shortAge } from "../../../lib/i18n/when";
import { useNow } from "../../../lib/realtime/hooks";
import { Badge, type Tone } from "../../../lib/ui/badge";
import { cx } from "../../../lib/ui/cx";
import { DataTable, type Column } from "../../../lib/ui/data-table";
import { incidentName } from "./incident-name";
import { SlaChip, standing } from "./sla-chip";

export const PRIORITY_TONES: Record<string, Tone> = { EMERGENCY: "bad", URGENT: "warn", ROUTINE: "plain" };

export interface QueueGridProps {
  items: readonly QueueItem[];
  generatedAt: number;
  selected: string | null;
  /** Beside an open ticket there is room for less. */
  isNarrow: boolean;
  busy: boolean;
  onOpen: (id: string) => void;
}

/** The tickets, the most pressing first, as the server puts them. */
export function QueueGrid({ items, generatedAt, selected, isNarrow, busy, onOpen }: QueueGridProps) {
  const t = useCockpitTexts();
  const ranking = useRankingTexts();
  const now = useNow(10_000);
  const state = (item: QueueItem) => <Badge>{t.states[item.state] ?? item.state}</Badge>;
  const priority = (item: QueueItem) => <Badge tone={PRIORITY_TONES[item.priority] ?? "plain"}>{t.priorities[item.priority] ?? item.priority}</Badge>;
  const incident = (item: QueueItem) => (
    <>
      <span className="line-clamp-1">{item.summary}</span>
      {item.incident_type != null && <span className="line-clamp-1 text-xs text-ink-soft">{incidentName(item.incident_type)}</span>}
    </>
  );
  const columns: readonly Column<QueueItem>[] = [
    {
      id: "ticket",
      title: t.columns["ticket"] ?? "",
      cell: (item) => (
        <>
          <span className="flex items-center gap-1.5">
            {item.review_required && <CircleAlert className="size-3.5 text-warn-ink" role="img" aria-label={ranking.review} />}
            <span className="font-mono text-xs">{item.code}</span>
          </span>
          {/* Where its column has no room; apart from the code, as it is read out. */}{" "}
          <span className={cx("mt-0.5 line-clamp-2 max-w-72 font-normal whitespace-normal text-ink-soft", !isNarrow && "lg:hidden")}>{item.summary}</span>
          {" "}
          {/* A phone has room for two columns: the state and the priority stand below the code. */}
          <span className="mt-1 flex flex-wrap gap-1 sm:hidden">
            {state(item)} {priority(item)}
          </span>
        </>
      ),
    },
    { id: "state", title: t.columns["state"] ?? "", roomy: true, cell: state },
    { id: "priority", title: t.columns["priority"] ?? "", roomy: true, cell: priority },
    { id: "incident", title: t.columns["incident"] ?? "", wide: true, cell: incident },
    { id: "site", title: t.columns["site"] ?? "", wide: true, cell: (item) => <span className="line-clamp-1">{item.site.name}</span> },
    { id: "technician", title: t.columns["technician"] ?? "", wide: true, cell: (item) => item.assigned_tech?.name ?? item.assigned_provider?.name ?? <span className="text-ink-faint">–</span> },
    { id: "start", title: t.columns["start"] ?? "", wide: true, cell: (item) => (item.scheduled_start ? <span className="whitespace-nowrap tabular-nums">{exact(item.scheduled_start)}</span> : <span className="text-ink-faint">–</span>) },
    { id: "left", title: t.columns["left"] ?? "", cell: (item) => <SlaChip item={item} generatedAt={generatedAt} /> },
    { id: "sla", title: t.columns["sla"] ?? "", wide: true, cell: (item) => t.sla[standing(item, generatedAt, now).status] },
    { id: "update", title: t.columns["update"] ?? "", wide: true, cell: (item) => <span className="whitespace-nowrap tabular-nums">{shortAge(item.last_update_at, now)}</span> },
  ];
  return (
    <DataTable
      label={t.queue}
      columns={isNarrow ? columns.filter((column) => column.wide !== true) : columns}
      rows={items}
      keyOf={(item) => item.ticket_id}
      selected={selected}
      busy={busy}
      open={{ name: (item) => [t.open(item.code), item.summary, t.states[item.state] ?? item.state, t.priorities[item.priority] ?? item.priority].join(" "), run: (item) => onOpen(item.ticket_id) }}
    />
  );
}
