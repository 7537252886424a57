// The calls about what the hub did: reports, as rows and as CSV.
import { call } from "./http";
import { accessToken } from "./session";

export const REPORTS = ["first-response", "backlog", "utilisation"] as const;
export type ReportName = (typeof REPORTS)[number];

export interface Asked {
  from: string;
  to: string;
  /** One row for each; in one piece, with how things stand now, when missing. */
  bucket?: "hour" | "day";
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
export async function reportAsCsv(name: ReportName, asked: Asked): Promise<Blob> {
  const response = await fetch(`/api/v1/reports/${name}?${new URLSearchParams({ ...asked }).toString()}`, { headers: { accept: "text/csv", authorization: `Bearer ${accessToken() ?? ""}` } });
  if (!response.ok) throw new Error(response.statusText);
  return response.blob();
}
