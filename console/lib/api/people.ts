// The calls about contacts, and what they answer.
import { call } from "./http";
import type { Conversation, Page, TicketLink } from "./model";

export type Evidence = "verified" | "provider_proven" | "entered" | "claimed";

export interface Identity {
  id: string;
  channel: string;
  address: string;
  linked_by: string;
  evidence: Evidence;
  is_primary: boolean;
  opted_out_at: string | null;
}

export interface Contact {
  id: string;
  display_name: string;
  locale: string | null;
  timezone: string | null;
  identities: Identity[];
  erased_at: string | null;
  version: number;
  created_at: string;
}

export interface Suggestion {
  contact_id: string;
  name: string;
  addresses: string[];
  because: "address" | "claim";
}

export interface Merge {
  id: string;
  contact_id: string;
  name: string;
  reason: string;
  merged_at: string;
  undo_until: string;
}

export interface ContactSite {
  id: string;
  account_id: string;
  name: string;
  city: string;
  relation: string;
  is_primary: boolean;
}

export interface ContactContext {
  contact: Contact;
  conversations: Conversation[];
  tickets: TicketLink[];
  sites: ContactSite[];
  tags: string[];
  suggestions: Suggestion[];
  merges: Merge[];
}

const contact = (id: string) => `/api/v1/contacts/${encodeURIComponent(id)}`;
const key = () => crypto.randomUUID();

export function listContacts(q: string, cursor: string | null, limit = 50): Promise<Page<Contact>> {
  return call("/api/v1/contacts", { query: { q, cursor, limit } });
}

export const contactContext = (id: string): Promise<ContactContext> => call(`${contact(id)}/context`);

export function readContact(id: string): Promise<Contact> {
  return call(contact(id));
}

export function renameContact(id: string, name: string, version: number): Promise<Contact> {
  return call(contact(id), { method: "PATCH", body: { display_name: name, version } });
}

export function mergeContact(id: string, other: string, reason: string): Promise<Contact> {
  return call(`${contact(id)}/merge`, { method: "POST", body: { contact_id: other, reason }, idempotencyKey: key() });
}

export function undoMerge(id: string, mergeId: string): Promise<Contact> {
  return call(`${contact(id)}/merge/undo`, { method: "POST", body: { merge_id: mergeId }, idempotencyKey: key() });
}

export const exportContact = (id: string): Promise<unknown> => call(`${contact(id)}/export`);

/** Records what somebody decided about messages to one of their addresses, and how we know. */
export function recordConsent(id: string, identityId: string, decision: "withdrawn" | "given", reason: string): Promise<unknown> {
  const body = { identity_id: identityId, decision, scope: "everything", reason };
  return call(`${contact(id)}/consent`, { method: "POST", body, idempotencyKey: key() });
}

export interface Erased {
  conversations: number;
  messages: number;
  files: number;
}

export function eraseContact(id: string, reason: string): Promise<Erased> {
  return call(`${contact(id)}/erase`, { method: "POST", body: reason === "" ? {} : { reason }, idempotencyKey: key() });
}
