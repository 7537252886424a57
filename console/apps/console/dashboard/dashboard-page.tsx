// How the hub does: tiles, lines and tables over the reports of the server. No figure is made here.
import { ChartNoAxesCombined, Download } from "lucide-react";
import { useMemo, useState } from "react";
import { isRecord } from "../../../lib/api/http";
import { REPORTS, readReport, reportAsCsv, type Asked, type Report, type ReportName, type ReportRow } from "../../../lib/api/reports";
import { useDashboardTexts } from "../../../lib/i18n/dashboard";
import { exact } from "../../../lib/i18n/when";
import { useFollow } from "../../../lib/realtime/watch";
import { Button } from "../../../lib/ui/button";
import { DataTable } from "../../../lib/ui/data-table";
import { Page, Section } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { TimeSeries } from "../../../lib/ui/time-series";
import { toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { seesReports } from "../session/areas";
import { Forbidden } from "../session/forbidden";
import { useMe } from "../session/me";

const HOUR = 3_600_000;
const HOURS = { day: 24, week: 7 * 24, month: 30 * 24 } as const;
type Range = keyof typeof HOURS;

/** What each report shows: the tiles above, the lines, the columns of its table. */
const SHOWN: Record<ReportName, { tiles: readonly string[]; lines: readonly string[]; columns: readonly string[] }> = {
  "first-response": { tiles: ["p50", "p95", "p99", "count"], lines: ["p50", "p95", "p99"], columns: ["bucket", "team", "count", "p50", "p95", "p99", "average"] },
  backlog: { tiles: ["open", "queued", "unassigned", "pending_agent"], lines: ["opened", "closed", "open_at_end"], columns: ["bucket", "team", "opened", "closed", "open_at_end"] },
  utilisation: { tiles: ["active", "waiting", "capacity", "utilisation"], lines: [], columns: ["agent", "active", "waiting", "capacity", "utilisation", "closed"] },
};

export function DashboardPage() {
  const t = useDashboardTexts();
  const me = useMe();
  const [range, setRange] = useState<Range>("day");
  if (!seesReports(me)) return <Forbidden needs={["admin", "supervisor", "team_lead", "auditor"]} />;
  const choice = (
    <label className="flex items-center gap-2 text-[0.8125rem]">
      <span className="text-ink-soft">{t.range}</span>
      <select value={range} onChange={(event) => setRange(event.target.value as Range)} className="h-8 rounded-lg border border-line-strong bg-surface px-2">
        {(Object.keys(HOURS) as Range[]).map((one) => (
          <option key={one} value={one}>
            {t.ranges[one]}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <Page title={t.title} lead={t.lead} actions={choice}>
      {REPORTS.map((name) => (
        <ReportSection key={`${name} ${range}`} name={name} range={range} />
      ))}
    </Page>
  );
}

function asked(name: ReportName, range: Range): Asked {
  // Whole hours, so that the same period is asked for again.
  const to = Math.ceil(Date.now() / HOUR) * HOUR;
  const reach = { from: new Date(to - HOURS[range] * HOUR).toISOString(), to: new Date(to).toISOString() };
  // Who has how much is told of now alone.
  return SHOWN[name].lines.length === 0 ? reach : { ...reach, bucket: range === "day" ? "hour" : "day" };
}

function ReportSection({ name, range }: { name: ReportName; range: Range }) {
  const t = useDashboardTexts();
  const report = useLoad(`${name} ${range}`, () => readReport(name, asked(name, range)));
  useFollow(["conversation.", "message.", "queue."], report.reload, 30_000);
  const save = async () => {
    try {
      const url = URL.createObjectURL(await reportAsCsv(name, asked(name, range)));
      const link = document.createElement("a");
      Object.assign(link, { href: url, download: `${name}.csv` });
      link.click();
      URL.revokeObjectURL(url);
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Section
      title={t.reports[name] ?? name}
      hint={t.explain[name] ?? ""}
      actions={
        <Button onClick={() => void save()}>
          <Download className="size-4" aria-hidden />
          {t.csv}
        </Button>
      }
    >
      {report.state === "error" && <ErrorState title={t.failed} error={report.error} onRetry={report.reload} />}
      {report.value !== null && <Shown name={name} report={report.value} />}
    </Section>
  );
}

function Shown({ name, report }: { name: ReportName; report: Report }) {
  const t = useDashboardTexts();
  const { tiles, lines, columns } = SHOWN[name];
  const series = useMemo(() => linesOf(report.data, lines), [report, lines]);
  const none = report.data.length === 0;
  return (
    <div className="grid gap-4" data-report={name}>
      <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        {tiles.map((field) => (
          <div key={field} data-tile={field} className="rounded-xl border border-line bg-surface px-4 py-3">
            <dt className="text-xs text-ink-soft">{t.fields[field]}</dt>
            <dd className="mt-1 text-lg font-semibold tabular-nums">{none && report.total[field] === 0 ? t.nothing : shown(report.total[field], field, t.nothing)}</dd>
          </div>
        ))}
      </dl>
      {none && (
        <div className="rounded-xl border border-line bg-surface">
          <EmptyState icon={ChartNoAxesCombined} title={t.nothing} text={t.nothingHint} />
        </div>
      )}
      {series.times.length > 1 && (
        <div className="rounded-xl border border-line bg-surface p-4">
          <TimeSeries label={t.reports[name] ?? name} times={series.times} series={lines.map((field, index) => ({ label: t.fields[field] ?? field, values: series.values[index] ?? [] }))} unit={name === "first-response" ? t.seconds : ""} />
        </div>
      )}
      {!none && (
        <details>
          <summary className="cursor-pointer text-[0.8125rem] font-medium text-accent-text">{t.table}</summary>
          <div className="mt-2">
            <DataTable
              label={t.reports[name] ?? name}
              rows={report.data}
              keyOf={(row) => `${String(row["bucket"])} ${shown(row["team"] ?? row["agent"], "", "")}`}
              columns={columns.map((field) => ({ id: field, title: t.fields[field] ?? field, cell: (row: ReportRow) => shown(row[field], field, "–") }))}
            />
          </div>
        </details>
      )}
    </div>
  );
}

function shown(value: unknown, field: string, missing: string): string {
  if (value === null || value === undefined) return missing;
  if (isRecord(value)) return String(value["name"] ?? value["slug"] ?? missing);
  if (field === "bucket") return exact(String(value));
  if (typeof value !== "number") return String(value);
  return field === "utilisation" ? `${Math.round(value * 100)} %` : value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
}

/** Lines over time: counts of several teams are added up; of percentiles the longest counts. */
function linesOf(rows: readonly ReportRow[], fields: readonly string[]): { times: readonly number[]; values: readonly (readonly (number | null)[])[] } {
  const times = fields.length === 0 ? [] : [...new Set(rows.map((row) => Date.parse(String(row["bucket"])) / 1000))].sort((a, b) => a - b);
  const values = fields.map((field) =>
    times.map((time) => {
      const numbers = rows.filter((row) => Date.parse(String(row["bucket"])) / 1000 === time).flatMap((row) => (typeof row[field] === "number" ? [row[field]] : []));
      if (numbers.length === 0) return null;
      return field.startsWith("p") ? Math.max(...numbers) : numbers.reduce((sum, one) => sum + one, 0);
    }),
  );
  return { times, values };
}
