// The audit log: who did what, and what was refused.
import { call } from "./http";
import type { Page } from "./model";

export interface AuditEntry {
  id: string;
  tool: string;
  outcome: "success" | "denied";
  error_code: string | null;
  actor: { id: string; name: string | null; role: string; type: string };
  on_behalf_of: string | null;
  ticket_id: string | null;
  conversation_id: string | null;
  account_id: string | null;
  before_state: string | null;
  after_state: string | null;
  changes: Readonly<Record<string, unknown>> | null;
  payload: unknown;
  request_id: string | null;
  correlation_id: string;
  hash: string;
  created_at: string;
}

export interface AuditQuery {
  tool?: string;
  outcome?: string;
  actor?: string;
  ticket_id?: string;
  conversation_id?: string;
  cursor?: string | null;
}

export function listAudit(query: AuditQuery): Promise<Page<AuditEntry>> {
  return call("/api/v1/audit", { query: { limit: 50, ...query } });
}
