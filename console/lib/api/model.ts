// The bodies the hub speaks, as the API document describes them.

export type Channel = "whatsapp" | "sms" | "email" | "chat" | "voice";
export type Direction = "inbound" | "outbound";
export type SenderType = "customer" | "agent" | "ai" | "system" | "vendor";
export type MessageStatus = "received" | "pending" | "sending" | "unknown" | "sent" | "delivered" | "read" | "failed";
export type ConversationStatus =
  | "new"
  | "triage"
  | "queued"
  | "assigned"
  | "pending_customer"
  | "pending_agent"
  | "closed";
export type Priority = "low" | "normal" | "high" | "urgent";
export type CloseReason = "resolved" | "spam" | "duplicate" | "customer_unresponsive";
export type PresenceStatus = "online" | "away" | "offline";

export interface Named {
  id: string;
  name: string;
}

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

export interface Content {
  type: string;
  text?: string | null;
  media_url?: string | null;
  media?: readonly { mime_type?: string | null; filename?: string | null; status?: string | null }[];
  metadata?: Record<string, unknown> | null;
}

export interface MessageError {
  code?: string | number | null;
  message?: string | null;
  title?: string | null;
}

export interface Message {
  message_id: string;
  conversation_id: string;
  seq: number;
  version?: number;
  channel: Channel;
  channel_message_id: string | null;
  client_message_id: string | null;
  direction: Direction;
  sender: { type: SenderType; id?: string | null; name?: string | null };
  content: Content;
  timestamp: string;
  status: MessageStatus;
  error: MessageError | string | null;
  metadata?: Record<string, unknown> | null;
}

/** A file that was uploaded and can be sent. */
export interface Media {
  id: string;
  mime_type: string;
  filename: string | null;
  size_bytes: number;
}

export interface TicketLink {
  id: string;
  code: string;
  state: string;
}

export interface Conversation {
  id: string;
  inbox: Named;
  channel: Channel;
  status: ConversationStatus;
  priority: Priority;
  subject: string | null;
  contact: { id: string; name: string | null; address: string | null };
  team: { id: string; slug: string; name?: string } | null;
  assigned_to: Named | null;
  /** The feed leaves out what did not change: keep what you have. */
  last_message?: Message | null;
  last_message_at: string;
  last_seq: number;
  unread_count: number;
  waiting_since: string | null;
  window_expires_at: string | null;
  snoozed_until: string | null;
  sla: { first_response_due_at: string | null; resolution_due_at: string | null; status: string } | null;
  tags: string[];
  tickets?: TicketLink[];
  version: number;
  created_at: string;
  updated_at: string;
}

export interface Note {
  id: string;
  conversation_id: string;
  text: string;
  author: { id: string | null; name: string };
  created_at: string;
}

export interface PresentPerson {
  user: Named;
  status: PresenceStatus;
}

export interface Team {
  id: string;
  slug: string;
  name: string;
}

export interface User {
  id: string;
  email: string | null;
  full_name: string;
  role: string;
  teams: Team[];
}

export interface Me {
  user: User;
  permissions: string[];
}

export interface CannedResponse {
  id: string;
  shortcut: string;
  title: string;
  text: string;
  is_active: boolean;
}

export interface Template {
  id: string;
  inbox: Named;
  name: string;
  language: string;
  body: string;
  status: string;
}

export interface Account {
  id: string;
  name: string;
}

export interface Site {
  id: string;
  account_id: string;
  name: string;
  address1: string | null;
  city: string | null;
}

export interface Ticket {
  id: string;
  code: string;
  state: string;
  summary?: string | null;
  priority?: string | null;
}

export interface Session {
  access_token: string;
  expires_in: number;
}
