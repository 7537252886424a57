// The policy of tools: what is in force, every version there was, and the change by two administrators.
import { call } from "./http";
import type { Page } from "./model";

export interface PolicyVersion {
  version: number;
  hash: string;
  policy: unknown;
  origin: string;
  state: string;
  note: string;
  proposed_by: string | null;
  proposed_at: string | null;
  decided_by: string | null;
  decided_at: string | null;
  decision_reason: string | null;
  in_force_from: string | null;
  in_force_until: string | null;
}

const VERSIONS = "/api/v1/tool-policy/versions";
const key = () => crypto.randomUUID();

export const listPolicies = (): Promise<Page<PolicyVersion>> => call(VERSIONS, { query: { limit: 50 } });

export function proposePolicy(policy: unknown, note: string): Promise<PolicyVersion> {
  return call(VERSIONS, { method: "POST", body: { policy, note }, idempotencyKey: key() });
}

/** The decision is about what was seen: another text under the same version is refused. */
export function decidePolicy(seen: PolicyVersion, verdict: "approve" | "reject", reason: string): Promise<PolicyVersion> {
  const body = { hash: seen.hash, ...(reason === "" ? {} : { reason }) };
  return call(`${VERSIONS}/${seen.version}/${verdict}`, { method: "POST", body, idempotencyKey: key() });
}
