// What the server gives or takes as a file instead of as JSON.
import { call } from "./http";

/** The sanitized page of a mail. */
export function readMail(messageId: string): Promise<string> {
  return call(`/api/v1/messages/${encodeURIComponent(messageId)}/html`, { answer: "text" });
}

export interface ContactImport {
  id: string;
  status: "running" | "done";
  dry_run: boolean;
  total: number;
  processed: number;
  created: number;
  updated: number;
  failed: number;
  errors: { row: number; field: string | null; problem: string }[];
}

/** The contacts a filter lets through, as CSV. */
export function exportContacts(q: string): Promise<string> {
  return call("/api/v1/contacts/export", { query: { q }, answer: "text" });
}

/** Sends a list of contacts; `check` stores nothing and says what would happen. */
export function importContacts(csv: string, how: "check" | "store"): Promise<ContactImport> {
  const query = how === "check" ? { dry_run: "true" } : {};
  return call("/api/v1/contacts/import", { method: "POST", query, csv, idempotencyKey: crypto.randomUUID() });
}

export const importProgress = (id: string): Promise<ContactImport> => call(`/api/v1/contacts/imports/${encodeURIComponent(id)}`);
