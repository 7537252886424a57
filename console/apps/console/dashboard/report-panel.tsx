import { Link } from "@tanstack/react-router";
import { ChartNoAxesCombined, Download } from "lucide-react";
import { useMemo } from "react";
import { readReport, reportAsCsv, type Report, type ReportName, type ReportRow } from "../../../lib/api/reports";
import { useDashboardTexts } from "../../../lib/i18n/dashboard";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { useFollow } from "../../../lib/realtime/watch";
import { Bars } from "../../../lib/ui/bars";
import { Button } from "../../../lib/ui/button";
import { DataTable } from "../../../lib/ui/data-table";
import { Section } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { TimeSeries } from "../../../lib/ui/time-series";
import { toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { saveFile } from "../contacts/save-file";
import { LAYOUTS, askedOf, barsOf, linesOf, shown, type Range } from "./reports";

export interface ReportPanelProps {
  name: ReportName;
  range: Range;
  team: string | null;
  /** At a glance among others, or alone as a chart or a table. */
  form: "glance" | "chart" | "table";
  onView: (view: "chart" | "table") => void;
}

const FOLLOWED = ["conversation.", "message.", "queue."] as const;
const AGAIN_MS = 30_000;
/** Which of them show their lines at a glance too. */
const DRAWN: readonly ReportName[] = ["first-response", "backlog"];
/** Where the rows behind a figure are. */
const BEHIND: Readonly<Record<string, "all" | "unassigned">> = { open: "all", unassigned: "unassigned" };

export function ReportPanel({ name, range, team, form, onView }: ReportPanelProps) {
  const t = useDashboardTexts();
  const workspace = useWorkspace();
  const report = useLoad(`${name} ${range} ${team}`, () => readReport(name, askedOf(name, range, team, workspace.now())));
  useFollow(FOLLOWED, report.reload, AGAIN_MS);
  const save = async () => {
    try {
      saveFile(`${name}.csv`, "text/csv;charset=utf-8", await reportAsCsv(name, askedOf(name, range, team, workspace.now())));
    } catch (error) {
      toastError(error);
    }
  };
  const alone = form !== "glance";
  return (
    <Section
      title={t.reports[name] ?? name}
      hint={t.explain[name] ?? ""}
      actions={
        <div className="flex flex-wrap gap-2">
          {alone && (
            <div role="group" aria-label={t.view} className="flex overflow-hidden rounded-lg border border-line-strong">
              {(["chart", "table"] as const).map((one) => (
                <button key={one} type="button" aria-pressed={form === one} onClick={() => onView(one)} className="h-8 px-3 text-[0.8125rem] font-medium text-ink-soft hover:bg-hover aria-pressed:bg-accent-soft aria-pressed:text-accent-text">
                  {t.views[one]}
                </button>
              ))}
            </div>
          )}
          <Button aria-label={`${t.csv}: ${t.reports[name] ?? name}`} onClick={() => void save()}>
            <Download className="size-4" aria-hidden />
            CSV
          </Button>
        </div>
      }
    >
      {report.state === "error" && <ErrorState title={t.failed} error={report.error} onRetry={report.reload} />}
      {report.state === "loading" && report.value === null && <div aria-busy className="skeleton h-20" />}
      {report.value !== null && <Shown name={name} report={report.value} form={form} />}
    </Section>
  );
}

function Shown({ name, report, form }: { name: ReportName; report: Report; form: ReportPanelProps["form"] }) {
  const t = useDashboardTexts();
  const layout = LAYOUTS[name];
  const lines = useMemo(() => linesOf(report.data, layout, t.fields), [report, layout, t]);
  const bars = useMemo(() => barsOf(report.data, layout, t.words), [report, layout, t]);
  const none = report.data.length === 0;
  const draws = form === "chart" || (form === "glance" && DRAWN.includes(name));
  return (
    <div className="grid gap-4" data-report={name}>
      <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        {layout.tiles.map((field) => {
          const value = report.total[field];
          const text = none && !value ? t.nothing : shown(value, field, t.nothing);
          const behind = BEHIND[field];
          return (
            <div key={field} data-tile={field} className="rounded-xl border border-line bg-surface px-4 py-3">
              <dt className="text-xs text-ink-soft">{t.tiles[field] ?? t.fields[field]}</dt>
              <dd className={text === t.nothing ? "mt-1 text-sm text-ink-faint" : "mt-1 text-xl font-semibold tracking-tight tabular-nums"}>
                {behind === undefined || text === t.nothing ? (
                  text
                ) : (
                  <Link to="/inbox/$view" params={{ view: behind }} className="hover:underline">
                    {text}
                  </Link>
                )}
              </dd>
            </div>
          );
        })}
      </dl>
      {none && form !== "glance" && (
        <div className="rounded-xl border border-line bg-surface">
          <EmptyState icon={ChartNoAxesCombined} title={t.nothing} text={t.nothingHint} />
        </div>
      )}
      {draws && lines.times.length > 1 && (
        <div className="rounded-xl border border-line bg-surface p-4">
          <TimeSeries label={t.reports[name] ?? name} times={lines.times} series={lines.series} unit={lines.unit} />
        </div>
      )}
      {form === "chart" && bars.length > 0 && (
        <div className="rounded-xl border border-line bg-surface p-4">
          <Bars label={t.bars[name] ?? t.reports[name] ?? name} bars={bars} nameOf={name === "utilisation" ? agentLink : (bar) => bar.name} />
        </div>
      )}
      {form === "table" && !none && (
        <DataTable
          label={t.reports[name] ?? name}
          rows={report.data}
          keyOf={(row) => ["bucket", "team", "agent", "channel", "priority"].map((part) => shown(row[part], part, "")).join(" ")}
          columns={layout.columns.map((field) => ({
            id: field,
            title: t.fields[field] ?? field,
            cell: (row: ReportRow) => <span className="whitespace-nowrap">{shown(row[field], field, "–", t.words)}</span>,
            ...(typeof report.data[0]?.[field] === "number" ? { align: "right" as const } : {}),
          }))}
        />
      )}
    </div>
  );
}

/** An agent's bar leads to the conversations it counts. */
function agentLink({ name, key }: { name: string; key?: string | null }) {
  if (!key) return name;
  return (
    <Link to="/inbox/$view" params={{ view: "all" }} search={{ agent: key }} className="hover:underline">
      {name}
    </Link>
  );
}
