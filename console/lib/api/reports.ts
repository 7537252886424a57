// The calls about what the hub did: reports, as rows and as CSV.
import { call, isRecord } from "./http";

export const REPORTS = ["first-response", "resolution", "backlog", "utilisation", "channels", "booking", "csat"] as const;
export type ReportName = (typeof REPORTS)[number];

const HOUR_MS = 3_600_000;

export interface Asked {
  from: string;
  to: string;
  /** Whose clocks cut the stretches of time. */
  timezone: string;
  /** One row for each; in one piece, with how things stand now, when missing. */
  bucket?: "hour" | "day";
  team?: string;
}

export type ReportRow = Readonly<Record<string, unknown>>;

export interface Report {
  data: readonly ReportRow[];
  total: ReportRow;
}

export function readReport(name: ReportName, asked: Asked): Promise<Report> {
  return call(`/api/v1/reports/${name}`, { query: { ...asked } });
}

/** The same rows for a spreadsheet. */
export function reportAsCsv(name: ReportName, asked: Asked): Promise<string> {
  return call(`/api/v1/reports/${name}`, { query: { ...asked }, answer: "csv" });
}

export interface AgentLoad {
  active: number;
  capacity: number;
}

/** Who has how many conversations now, by person. */
export async function currentLoads(): Promise<ReadonlyMap<string, AgentLoad>> {
  const now = Date.now();
  const report = await readReport("utilisation", { from: new Date(now - HOUR_MS).toISOString(), to: new Date(now).toISOString(), timezone: "UTC" });
  const loads = new Map<string, AgentLoad>();
  for (const { agent, active, capacity } of report.data) {
    if (isRecord(agent) && typeof active === "number" && typeof capacity === "number") loads.set(String(agent["id"]), { active, capacity });
  }
  return loads;
}
