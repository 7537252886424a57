// Who may decide about a draft, in the console's words; the server decides again.
import type { Draft } from "../../../lib/api/decisions";
import type { Me } from "../../../lib/api/model";

/** Why somebody may not; the words are in the dictionary under these names. */
export type Hindrance = "role" | "amount" | "own" | "conversation" | "state" | "expired";

const MOST_MINOR: Record<string, number> = { supervisor: 500_000, admin: 1_000_000 };

export function mayReject(me: Me, draft: Draft, now: number): Hindrance | null {
  if (!(me.user.role in MOST_MINOR)) return "role";
  if (draft.state !== "AWAITING_HUMAN") return "state";
  return Date.parse(draft.expires_at) <= now ? "expired" : null;
}

export function mayApprove(me: Me, draft: Draft, assignee: string | null, now: number): Hindrance | null {
  const hindrance = mayReject(me, draft, now);
  if (hindrance !== null) return hindrance;
  if ((draft.amount_minor ?? 0) > (MOST_MINOR[me.user.role] ?? 0)) return "amount";
  if (draft.requested_by.id === me.user.id) return "own";
  return assignee === me.user.id ? "conversation" : null;
}

/** The payload with its names in order: one spelling for one call. */
export function canonical(value: unknown): string {
  return JSON.stringify(ordered(value), null, 2);
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, one]) => [name, ordered(one)]));
}

/** Whether anything was found in the texts around a draft: an untroubled one has a score of nought and no marks. */
export function isSuspicious(found: Draft["suspicious"]): boolean {
  return found !== null && (found.score > 0 || found.marks.length > 0);
}
