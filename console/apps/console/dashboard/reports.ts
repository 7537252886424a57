// What each report shows, what is asked of the server for it, and how its figures are written. No figure is made here.
import { isRecord } from "../../../lib/api/http";
import type { Asked, ReportName, ReportRow } from "../../../lib/api/reports";
import { duration, exact } from "../../../lib/i18n/when";

export interface Layout {
  tiles: readonly string[];
  /** Lines over time. */
  lines: readonly string[];
  /** Of several teams, one line for each shows this. */
  perTeam?: string;
  /** Bars by the name of each row: how long they are, and of how much. */
  bars?: { by: "agent" | "channel"; value: string; of?: string };
  columns: readonly string[];
}

export const LAYOUTS: Record<ReportName, Layout> = {
  "first-response": { tiles: ["p50", "p95", "p99", "count"], lines: ["p50", "p95", "p99"], perTeam: "p95", columns: ["bucket", "team", "count", "p50", "p95", "p99", "average"] },
  resolution: { tiles: ["median", "average", "p95", "count"], lines: ["median", "p95"], perTeam: "median", columns: ["bucket", "team", "count", "median", "average", "p95"] },
  backlog: { tiles: ["open", "unassigned", "pending_agent", "oldest_waiting_seconds"], lines: ["opened", "closed", "open_at_end"], columns: ["bucket", "team", "opened", "closed", "open_at_end"] },
  utilisation: { tiles: ["active", "waiting", "capacity", "utilisation"], lines: [], bars: { by: "agent", value: "active", of: "capacity" }, columns: ["agent", "active", "waiting", "capacity", "utilisation", "closed"] },
  channels: { tiles: ["conversations", "inbound", "outbound", "failure_rate"], lines: ["inbound", "outbound", "failed"], bars: { by: "channel", value: "conversations" }, columns: ["bucket", "channel", "conversations", "closed", "inbound", "outbound", "delivered", "failed", "failure_rate"] },
  booking: { tiles: ["created", "booked", "booking_rate", "median"], lines: ["created", "booked", "canceled"], columns: ["bucket", "priority", "created", "booked", "booking_rate", "median", "p95", "escalated", "canceled"] },
  csat: { tiles: ["csat", "average_rating", "answers", "content"], lines: ["answers", "content"], columns: ["bucket", "team", "answers", "csat", "average_rating", "rated_1", "rated_2", "rated_3", "rated_4", "rated_5"] },
};

const HOUR = 3_600_000;
const HOURS = { day: 24, week: 7 * 24, month: 30 * 24 } as const;
export type Range = keyof typeof HOURS;
export const RANGES = Object.keys(HOURS) as readonly Range[];

export function rangeOf(text: string | undefined): Range {
  return RANGES.find((one) => one === text) ?? "day";
}

/** What is asked of the server. Whole hours, so that the same period is asked for again. */
export function askedOf(name: ReportName, range: Range, team: string | null, now: number): Asked {
  const to = Math.ceil(now / HOUR) * HOUR;
  const reach = {
    from: new Date(to - HOURS[range] * HOUR).toISOString(),
    to: new Date(to).toISOString(),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...(team === null ? {} : { team }),
  };
  // Who has how much is told of now alone.
  return LAYOUTS[name].lines.length === 0 ? reach : { ...reach, bucket: range === "day" ? "hour" : "day" };
}

const SHARES: readonly string[] = ["utilisation", "booking_rate", "failure_rate", "csat"];
const SPANS: readonly string[] = ["p50", "p95", "p99", "median", "average", "oldest_waiting_seconds"];

export function isSpan(field: string): boolean {
  return SPANS.includes(field);
}

/** A figure as it is read; `missing` for what there is none of. */
export function shown(value: unknown, field: string, missing: string, words: Readonly<Record<string, string>> = {}): string {
  if (value === null || value === undefined) return missing;
  if (isRecord(value)) return String(value["name"] ?? value["slug"] ?? missing);
  if (field === "bucket") return exact(String(value));
  if (typeof value !== "number") return words[String(value)] ?? String(value);
  if (SHARES.includes(field)) return `${Math.round(value * 100)} %`;
  return isSpan(field) ? duration(value) : value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
}

export interface Lines {
  times: readonly number[];
  series: readonly { label: string; values: readonly (number | null)[] }[];
  unit: string;
}

/**
 * Lines over time. Counts of several rows at one time are added up. Percentiles cannot be added: of several teams each
 * gets a line of its own.
 */
export function linesOf(rows: readonly ReportRow[], { lines, perTeam }: Layout, labels: Readonly<Record<string, string>>): Lines {
  const at = (row: ReportRow) => Date.parse(String(row["bucket"])) / 1000;
  const times = lines.length === 0 ? [] : [...new Set(rows.map(at))].sort((a, b) => a - b);
  const teams = perTeam === undefined ? [] : [...new Set(rows.map((row) => shown(row["team"], "team", "–")))].sort();
  const wanted = teams.length > 1 ? teams.map((team) => ({ label: team, field: perTeam ?? "", team })) : lines.map((field) => ({ label: labels[field] ?? field, field, team: null }));
  const raw = wanted.map(({ field, team }) =>
    times.map((time) => {
      const numbers = rows.flatMap((row) => (at(row) === time && (team === null || shown(row["team"], "team", "–") === team) && typeof row[field] === "number" ? [row[field]] : []));
      return numbers.length === 0 ? null : numbers.reduce((sum, one) => sum + one, 0);
    }),
  );
  const most = Math.max(0, ...raw.flat().map((value) => value ?? 0));
  const [scale, unit] = !isSpan(wanted[0]?.field ?? "") ? [1, ""] : most > 7200 ? [3600, "h"] : most > 180 ? [60, "min"] : [1, "s"];
  return { times, unit, series: wanted.map(({ label }, index) => ({ label, values: (raw[index] ?? []).map((value) => (value === null ? null : Math.round((value / scale) * 100) / 100)) })) };
}

export interface Bar {
  name: string;
  value: number;
  of: number | null;
  /** The id behind the name, where there is one. */
  key: string | null;
}

/** One bar for each name, over the whole period. */
export function barsOf(rows: readonly ReportRow[], { bars }: Layout, words: Readonly<Record<string, string>>): readonly Bar[] {
  if (bars === undefined) return [];
  const sums = new Map<string, Bar>();
  const number = (value: unknown) => (typeof value === "number" ? value : 0);
  for (const row of rows) {
    const name = shown(row[bars.by], bars.by, "–", words);
    const behind = row[bars.by];
    const key = isRecord(behind) && typeof behind["id"] === "string" ? behind["id"] : null;
    const held = sums.get(name) ?? { name, key, value: 0, of: bars.of === undefined ? null : 0 };
    sums.set(name, { name, key: held.key, value: held.value + number(row[bars.value]), of: bars.of === undefined ? null : (held.of ?? 0) + number(row[bars.of]) });
  }
  return [...sums.values()].sort((a, b) => b.value - a.value || a.name.localeCompare(b.name));
}
