// The calls about dead letters and quarantined events, and what they answer.
import { call } from "./http";
import type { Page } from "./model";

export type RepairStatus = "open" | "replayed" | "discarded";
export type Subject = "dlq" | "quarantine";

/** A dead letter or a quarantined event, as far as both are alike. */
export interface Failure {
  id: string;
  status: RepairStatus;
  attempts: number;
  note: string | null;
  created_at: string;
  resolved_at: string | null;
}

export interface DeadLetter extends Failure {
  source: string;
  kind: string;
  error: string;
  payload: unknown;
}

export interface Quarantined extends Failure {
  provider: string;
  reason: string;
  size_bytes: number;
  received_at: string;
}

export interface QuarantinedDetail extends Quarantined {
  payload: unknown;
  replay: "request" | "items" | null;
}

export interface Repair {
  id: string;
  status: "running" | "done";
  total: number;
  processed: number;
  repaired: number;
  skipped: number;
  failed: number;
}

const path = (subject: Subject) => `/api/v1/${subject}`;
const one = (subject: Subject, id: string) => `${path(subject)}/${encodeURIComponent(id)}`;

export function listFailures<T extends Failure>(subject: Subject, status: RepairStatus, cursor: string | null): Promise<Page<T>> {
  return call(path(subject), { query: { status, cursor, limit: 50 } });
}

export const getFailure = <T>(subject: Subject, id: string): Promise<T> => call(one(subject, id));

export const replay = (subject: Subject, id: string): Promise<unknown> => call(`${one(subject, id)}/replay`, { method: "POST", body: {} });

export function discard(subject: Subject, id: string, reason: string): Promise<unknown> {
  return call(`${one(subject, id)}/discard`, { method: "POST", body: { reason } });
}

export interface Many {
  ids: string[];
  per_second?: number;
  reason?: string;
}

export function repairMany(subject: Subject, action: "replay" | "discard", many: Many): Promise<Repair> {
  return call(`${path(subject)}/${action}`, { method: "POST", body: many });
}

export const getRepair = (id: string): Promise<Repair> => call(`/api/v1/repairs/${encodeURIComponent(id)}`);
