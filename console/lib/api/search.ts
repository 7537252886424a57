// Looking for something everywhere: conversations, people and tickets at once.
import { call, ApiError } from "./http";
import { listConversations } from "./hub";
import type { Conversation, Page, Ticket } from "./model";
import { listContacts, type Contact } from "./people";

export interface Found {
  conversations: readonly Conversation[];
  contacts: readonly Contact[];
  tickets: readonly Ticket[];
}

export const NOTHING: Found = { conversations: [], contacts: [], tickets: [] };

function listTickets(q: string, limit: number): Promise<Page<Ticket>> {
  return call("/tickets", { query: { q, limit } });
}

/** Looks in all three. What the person may not look into counts as nothing found; anything else is an error. */
export async function findEverywhere(q: string, limit: number): Promise<Found> {
  const [conversations, contacts, tickets] = await Promise.all([
    listConversations({ q }, null, limit).catch(nothingWhenForbidden),
    listContacts(q, null, limit).catch(nothingWhenForbidden),
    listTickets(q, limit).catch(nothingWhenForbidden),
  ]);
  return { conversations: conversations.data, contacts: contacts.data, tickets: tickets.data };
}

function nothingWhenForbidden(error: unknown): Page<never> {
  if (error instanceof ApiError && error.status === 403) return { data: [], next_cursor: null };
  throw error;
}
