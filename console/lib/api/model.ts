// The bodies the hub speaks, from the types made of the API document. What the document can only call text or any value
// (closed sets, lists of names) is narrowed here; a field that is renamed or goes away there no longer compiles here.
import type { components } from "./schema";

type Schemas = components["schemas"];

/** The server writes every field, with null where there is nothing; `Change` says more about some of them. */
type Body<Name extends keyof Schemas, Change extends { [Field in keyof Change]: Field extends keyof Schemas[Name] ? unknown : never } = object> =
  Omit<Required<Schemas[Name]>, keyof Change> & Change;

export type Channel = "whatsapp" | "sms" | "email" | "chat" | "voice";
export type Direction = "inbound" | "outbound";
export type SenderType = "customer" | "agent" | "ai" | "system" | "vendor";
export type MessageStatus = "received" | "pending" | "sending" | "unknown" | "sent" | "delivered" | "read" | "failed";
export type ConversationStatus = "new" | "triage" | "queued" | "assigned" | "pending_customer" | "pending_agent" | "closed";
export type Priority = "low" | "normal" | "high" | "urgent";
export type CloseReason = "resolved" | "spam" | "duplicate" | "customer_unresponsive";
export type PresenceStatus = "online" | "away" | "offline";

export type Named = Body<"UserRef">;

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

export interface MessageError {
  code?: string | number | null;
  message?: string | null;
}

/** A file of a message. `pending`: it is still being fetched from the provider. */
export interface MediaFile {
  media_id?: string | null;
  url?: string | null;
  thumbnail_url?: string | null;
  mime_type?: string | null;
  filename?: string | null;
  status?: string | null;
  failure?: string | null;
}

/** What a bubble shows: a stored message's content, or that of one on its way out. */
export interface Content {
  type: string;
  text?: string | null;
  media_url?: string | null;
  media?: readonly MediaFile[];
  metadata?: Record<string, unknown> | null;
}

export type Message = Body<
  "MessageBody",
  {
    channel: Channel;
    direction: Direction;
    sender: Body<"SenderBody", { type: SenderType }>;
    content: Content;
    status: MessageStatus;
    error: MessageError | null;
    metadata: Record<string, unknown>;
    version?: number;
  }
>;

export type TicketLink = Body<"TicketRef">;

/** What the customer said of how they were helped: from 1, the worst, to 5. */
export interface Satisfaction {
  rating: number;
  comment: string | null;
  answered_at: string;
}

export type Conversation = Omit<
  Body<
    "ConversationBody",
    {
      channel: Channel;
      status: ConversationStatus;
      priority: Priority;
      assigned_to: Named | null;
      team: Body<"TeamRef"> | null;
      tags: string[];
      /** The feed leaves out what did not change: keep what you have. */
      last_message?: Message | null;
      tickets?: TicketLink[];
    }
  >,
  "satisfaction"
> & { satisfaction?: Satisfaction | null };

export type Note = Body<"NoteBody", { author: Body<"NoteAuthor"> }>;
export type PresentPerson = Body<"PresentPerson", { status: PresenceStatus }>;
export type Team = Body<"TeamLink">;
export type User = Body<"SelfBody">;
export type Me = Body<"MeBody", { user: User }>;
export type CannedResponse = Body<"CannedResponseBody">;
export type Template = Body<"TemplateBody">;
export type Account = Body<"Account">;
export type Asset = Body<"Asset">;
export type Service = Body<"Service">;
export type Site = Body<"Site">;
export type Ticket = Body<"Ticket">;
export type Media = Body<"MediaBody">;
export type Session = Body<"GrantBody">;
