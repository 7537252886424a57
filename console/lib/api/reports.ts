// The calls about what the hub did: reports, as rows and as CSV.
import { call } from "./http";

export const REPORTS = ["first-response", "resolution", "backlog", "utilisation", "channels", "booking", "csat"] as const;
export type ReportName = (typeof REPORTS)[number];

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
