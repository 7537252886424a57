// The dispatcher's calls: the queue, one ticket, and the commands the server names.
import { call } from "./http";
import type { components } from "./schema";

type Schemas = components["schemas"];

/** Why an action is not enabled: the facts beside it differ from dimension to dimension. */
export interface PolicyError {
  code: string;
  message: string;
  dimension?: string | null;
  [fact: string]: unknown;
}

export type Action = Omit<Schemas["Action"], "policy_error"> & { policy_error?: PolicyError | null };
export type QueueItem = Omit<Schemas["QueueItem"], "actions"> & { actions: readonly Action[] };
export type TimelineEvent = Schemas["TimelineEvent"];
export type TicketView = Schemas["TicketView"];
export type Evidence = Schemas["Evidence"];
export type TicketEvidence = Schemas["TicketEvidence"];
export type Technician = Schemas["Technician"];

export interface Cockpit {
  generated_at: string;
  queue: readonly QueueItem[];
  selected_ticket?: { ticket: TicketView; timeline: readonly TimelineEvent[]; evidence_summary: { total_items: number } } | null;
}

export interface CockpitFilter {
  state?: string;
  priority?: string;
  sla_status?: string;
  assigned_tech_id?: string;
  site_id?: string;
  incident_type?: string;
  ticket_id?: string;
}

export function readCockpit(filter: CockpitFilter): Promise<Cockpit> {
  return call("/ux/dispatcher/cockpit", { query: { ...filter } });
}

const ticket = (id: string) => `/tickets/${encodeURIComponent(id)}`;

export const readEvidence = (id: string): Promise<TicketEvidence> => call(`${ticket(id)}/evidence`);

/** Gives a command. The key stays the same while it is repeated. */
export function command(action: Pick<Action, "endpoint" | "method">, body: Record<string, unknown>, key: string): Promise<unknown> {
  return call(action.endpoint, { method: action.method === "PATCH" ? "PATCH" : "POST", body, idempotencyKey: key });
}

export interface Recommendation {
  recommendation_snapshot_id: string | null;
  candidates: readonly { tech_id?: string; technician_id?: string; name?: string; rank: number; score: number; zone_match?: boolean }[];
}

/** Uploads a file as evidence of a ticket: asks for a place, puts it there, and records it. */
export async function addEvidence(ticketId: string, file: File, kind: string, evidenceKey: string, key: string): Promise<unknown> {
  const bytes = await file.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const contentType = file.type === "" ? "application/octet-stream" : file.type;
  const place = await call<Schemas["UploadTicket"]>(`${ticket(ticketId)}/evidence/uploads`, { method: "POST", body: { content_type: contentType, sha256, size_bytes: file.size } });
  await call(place.url.replace(/^https?:\/\/[^/]+/, ""), { method: "PUT", file });
  const body = { kind, uri: place.uri, checksum: place.checksum, ...(evidenceKey === "" ? {} : { evidence_key: evidenceKey }) };
  return call(`${ticket(ticketId)}/evidence`, { method: "POST", body, idempotencyKey: key });
}
