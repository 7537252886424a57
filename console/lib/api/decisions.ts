// The calls about what assistants do: drafts that people decide about, calls of tools, switches that stop them.
import { call } from "./http";
import type { Page } from "./model";

export interface Draft {
  id: string;
  tool: string;
  conversation_id: string;
  contact_id: string | null;
  account_id: string | null;
  requested_by: { id: string; role: string };
  state: string;
  plan: unknown;
  awaits: unknown;
  payload: unknown;
  payload_hash: string;
  preview: { amount: string | null; amount_minor: number | null; currency: string | null; description: unknown } | null;
  amount_minor: number | null;
  currency: string | null;
  suspicious: { score: number; marks: string[] } | null;
  proof: { kind: string; message_id: string; at: string | null; text?: string | null } | null;
  decision: { by: string; at: string | null; reason: string | null; payload_hash: string | null } | null;
  reference: string | null;
  failure: string | null;
  expires_at: string;
  created_at: string;
  updated_at: string;
  version: number;
  /** What only the one draft says that is looked at: our sentence about it, and everything an approver weighs. */
  rendered?: string;
  customer?: { name: string; address: string; channel: string | null; is_still_the_same: boolean };
  day?: { sum: string; sum_minor: number; currency: string };
  written_by_the_assistant?: { description: unknown; metadata: unknown };
  other_drafts?: { id: string; state: string; amount_minor: number | null; currency: string | null; created_at: string }[];
}

export interface ToolCall {
  id: string;
  call_id: string;
  phase: string;
  at: string;
  account_id: string | null;
  conversation_id: string | null;
  actor: { id: string; role: string };
  tool: string;
  decision: string;
  code: string | null;
  draft_id: string | null;
  prev_hash: string | null;
  hash: string;
  [detail: string]: unknown;
}

export interface Switch {
  id: string;
  scope_type: string;
  scope_id: string;
  reason: string;
  active: boolean;
  set_by: string;
  set_at: string;
  lifted_by: string | null;
  lifted_at: string | null;
}

const draft = (id: string) => `/api/v1/drafts/${encodeURIComponent(id)}`;
const key = () => crypto.randomUUID();

export function listDrafts(state: string | null, cursor: string | null): Promise<Page<Draft>> {
  return call("/api/v1/drafts", { query: { state, cursor, limit: 50 } });
}

export const getDraft = (id: string): Promise<Draft> => call(draft(id));

/** The decision is about what was seen: another payload is refused. */
export function decide(seen: Draft, verdict: "approve" | "reject", reason: string): Promise<Draft> {
  return call(`${draft(seen.id)}/${verdict}`, { method: "POST", body: { payload_hash: seen.payload_hash, ...(reason === "" ? {} : { reason }) }, idempotencyKey: key() });
}

export function listCalls(filter: { tool?: string; decision?: string; draft_id?: string }, cursor: string | null): Promise<Page<ToolCall>> {
  return call("/api/v1/tool-invocations", { query: { ...filter, cursor, limit: 50 } });
}

export async function listSwitches(): Promise<readonly Switch[]> {
  return (await call<{ data: readonly Switch[] }>("/api/v1/kill-switches")).data;
}

export function setSwitch(body: { scope_type: string; scope_id: string; active: boolean; reason?: string }): Promise<unknown> {
  return call("/api/v1/kill-switches", { method: "POST", body, idempotencyKey: key() });
}

export interface AutonomyControl {
  scope_type: string;
  key?: string | null;
  reason: string;
  is_paused: boolean;
  updated_at: string;
}

export interface AutonomyState {
  is_paused: boolean;
  global?: AutonomyControl | null;
  incidents: readonly AutonomyControl[];
  tickets: readonly AutonomyControl[];
  generated_at: string;
}

export const autonomyState = (): Promise<AutonomyState> => call("/ops/autonomy/state");

export function setAutonomy(action: "pause" | "rollback", body: { scope_type: string; key?: string; reason: string }): Promise<unknown> {
  return call(`/ops/autonomy/${action}`, { method: "POST", body, idempotencyKey: key() });
}
