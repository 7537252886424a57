// How long what is kept, the runs that archive or remove what is older, and what lies in the archive.
import { call } from "./http";
import type { Message, Page } from "./model";
import { post } from "./rows";
import type { components } from "./schema";

export type RetentionPolicy = components["schemas"]["RetentionPolicy"];
export type RetentionRun = components["schemas"]["RetentionRun"];

export const listPolicies = (): Promise<Page<RetentionPolicy>> => call("/api/v1/retention");

export const listRetentionRuns = (): Promise<Page<RetentionRun>> => call("/api/v1/retention/runs", { query: { limit: 50 } });

/** Begins a run; a dry one counts what is due and changes nothing. */
export const beginRun = (policy: string, kind: "dry" | "real"): Promise<RetentionRun> => post("/api/v1/retention/runs", { policy, dry_run: kind === "dry" });

export const cancelRun = (id: string): Promise<RetentionRun> => post(`/api/v1/retention/runs/${encodeURIComponent(id)}/cancel`);

export interface Archive {
  archived_at: string;
  messages: Message[];
}

export const readArchive = (conversationId: string): Promise<Archive> => call(`/api/v1/conversations/${encodeURIComponent(conversationId)}/archive`);
