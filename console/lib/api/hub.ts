// The calls of the hub, one function each.
import { call } from "./http";
import type {
  Account,
  Asset,
  CannedResponse,
  CloseReason,
  Conversation,
  Media,
  Message,
  Named,
  Note,
  Page,
  PresentPerson,
  Service,
  Site,
  Team,
  Template,
  Ticket,
  User,
} from "./model";

const conversation = (id: string) => `/api/v1/conversations/${encodeURIComponent(id)}`;

export interface ConversationFilter {
  status?: string | undefined;
  team?: string | undefined;
  assigned_to?: string | undefined;
  channel?: string | undefined;
  tag?: string | undefined;
  q?: string | undefined;
}

export function listConversations(filter: ConversationFilter, cursor: string | null, limit = 50): Promise<Page<Conversation>> {
  return call("/api/v1/conversations", { query: { ...filter, cursor, limit } });
}

export function getConversation(id: string): Promise<Conversation> {
  return call(conversation(id));
}

export function listMessages(id: string, range: { before_seq?: number; after_seq?: number }, limit = 50): Promise<Page<Message>> {
  return call(`${conversation(id)}/messages`, { query: { ...range, limit } });
}

export function listNotes(id: string): Promise<Page<Note>> {
  return call(`${conversation(id)}/notes`, { query: { limit: 100 } });
}

export interface Outgoing {
  text: string;
  media: Media | null;
  client_message_id: string;
  seen_seq: number | null;
}

/** How a file is shown: the kind of its content. */
export function kindOf(mimeType: string): string {
  const kind = mimeType.split("/")[0] ?? "";
  return ["image", "video", "audio"].includes(kind) ? kind : "document";
}

export function uploadFile(file: File, signal: AbortSignal, onProgress: (part: number) => void): Promise<Media> {
  return call("/api/v1/media", { method: "POST", file, signal, onProgress });
}

export function sendMessage(id: string, out: Outgoing): Promise<Message> {
  const body = {
    content:
      out.media === null
        ? { type: "text", text: out.text }
        : { type: kindOf(out.media.mime_type), media_id: out.media.id, ...(out.text === "" ? {} : { text: out.text }) },
    client_message_id: out.client_message_id,
    ...(out.seen_seq === null ? {} : { seen_seq: out.seen_seq }),
  };
  return call(`${conversation(id)}/messages`, { method: "POST", body, idempotencyKey: out.client_message_id });
}

export interface OutgoingTemplate {
  template_name: string;
  language: string;
  params: string[];
  header?: Record<string, unknown>;
  buttons?: Record<string, unknown>[];
  client_message_id: string;
}

export function sendTemplate(id: string, body: OutgoingTemplate): Promise<Message> {
  return call(`${conversation(id)}/messages/template`, { method: "POST", body, idempotencyKey: body.client_message_id });
}

export function addNote(id: string, text: string): Promise<Note> {
  return call(`${conversation(id)}/notes`, { method: "POST", body: { text } });
}

function command<T = Conversation>(id: string, name: string, body: unknown): Promise<T> {
  return call(`${conversation(id)}/${name}`, { method: "POST", body, idempotencyKey: crypto.randomUUID() });
}

export const take = (id: string) => command(id, "take", {});
export const assign = (id: string, userId: string) => command(id, "assign", { assigned_to: userId });
export const transfer = (id: string, body: { to_team_id: string; to_agent_id?: string; reason: string }) =>
  command(id, "transfer", body);
export const close = (id: string, body: { close_reason: CloseReason; notes?: string; duplicate_of?: string }) =>
  command(id, "close", body);
export const reopen = (id: string) => command(id, "reopen", {});
export const snooze = (id: string, until: string | null) => command(id, "snooze", { until });
export const markRead = (id: string, seq: number) => command(id, "read", { seq });
export const addTag = (id: string, tag: string) => command<unknown>(id, "tags", { tag });

export function removeTag(id: string, tag: string): Promise<unknown> {
  return call(`${conversation(id)}/tags/${encodeURIComponent(tag)}`, { method: "DELETE" });
}

export interface TicketCreated {
  ticket: Ticket;
  conversation: Conversation;
}

export function makeTicket(id: string, body: Record<string, unknown>, key: string): Promise<TicketCreated> {
  return call(`${conversation(id)}/ticket`, { method: "POST", body, idempotencyKey: key });
}

/** Changes what the team decides about it: its priority or its subject. */
export function changeConversation(id: string, change: { priority?: string; subject?: string }): Promise<Conversation> {
  return call(conversation(id), { method: "PATCH", body: change });
}

export const mergeConversation = (id: string, into: string) => command(id, "merge", { into });

const list = <T>(path: string, query: Record<string, string> = {}): Promise<Page<T>> =>
  call(`/api/v1/${path}`, { query: { limit: 100, ...query } });

export const listTeams = () => list<Team>("teams");
export const listUsers = () => list<User>("users");
export const listCannedResponses = () => list<CannedResponse>("canned-responses");
export const listTemplates = () => list<Template>("templates");
export const listPresent = () => list<PresentPerson>("presence");
export const listTags = () => list<string>("tags");
export const listInboxes = () => list<Named>("inboxes");
export const listAccounts = () => list<Account>("accounts");
export const listAssets = (accountId: string) => list<Asset>("assets", { account_id: accountId });
export const listServices = () => list<Service>("services", { status: "active" });
export const listSites = (accountId: string) => list<Site>("sites", { account_id: accountId });
