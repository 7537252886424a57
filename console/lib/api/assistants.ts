// What assistants did and propose in a conversation: their calls of tools, and drafts that wait for a person.
import { call } from "./http";
import type { Page } from "./model";

/** One call of a tool, allowed or refused, with redacted arguments and result. */
export interface ToolCall {
  id: string;
  call_id: string;
  phase: string;
  at: string;
  actor: { id: string; role: string };
  tool: string;
  decision: "allowed" | "refused";
  code: string | null;
  reason?: string | null;
  draft_id: string | null;
  args_redacted?: unknown;
  result_redacted?: unknown;
  correlation_id?: string | null;
}

/** What an assistant wants to do once somebody agrees. */
export interface ToolDraft {
  id: string;
  tool: string;
  conversation_id: string;
  state: string;
  /** Whose word is missing: `customer`, `human` or nobody's. */
  awaits: string | null;
  payload_hash: string;
  /** What it would do, in one sentence of the server's. */
  rendered?: string;
  payload?: unknown;
  preview: { amount?: string | null; currency?: string | null; description?: string | null };
  suspicious: unknown;
  decision: { by: string; at: string; reason: string | null } | null;
  reference: string | null;
  failure: unknown;
  expires_at: string | null;
  created_at: string;
  version: number;
}

const draft = (id: string) => `/api/v1/drafts/${encodeURIComponent(id)}`;

export function listToolCalls(conversationId: string): Promise<Page<ToolCall>> {
  return call("/api/v1/tool-invocations", { query: { conversation_id: conversationId, limit: 100 } });
}

export function listDrafts(conversationId: string): Promise<Page<ToolDraft>> {
  return call("/api/v1/drafts", { query: { conversation_id: conversationId, limit: 100 } });
}

/** A person's word about a draft. The hash says what the person saw. */
export function decideDraft(id: string, verdict: "approve" | "reject", payloadHash: string, reason: string): Promise<ToolDraft> {
  const body = { payload_hash: payloadHash, ...(reason === "" ? {} : { reason }) };
  return call(`${draft(id)}/${verdict}`, { method: "POST", body });
}
