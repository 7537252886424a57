// The customer side of the server.
import { inbox, type Person } from "./host";

export interface Conversation {
  id: string;
  status: "open" | "closed";
  last_seq: number;
  unread_count: number;
  read_until_seq: number | null;
  agent: { name: string } | null;
  asks_satisfaction: boolean;
}

export interface Availability {
  online: boolean;
  business_hours: { open: boolean; opens_at: string | null } | null;
}

export interface Session {
  visitor_id: string;
  session_token: string;
  expires_in: number;
  identity_verified: boolean;
  conversation: Conversation | null;
  availability: Availability;
  has_email: boolean;
  inbox: { greeting: string | null; max_text_chars: number; max_upload_bytes: number };
}

export interface FileFacts {
  media_id: string | null;
  mime_type: string | null;
  filename: string | null;
  size: number | null;
  status: string | null;
  url: string | null;
}

export interface Message {
  message_id: string;
  conversation_id: string;
  seq: number;
  client_message_id: string | null;
  direction: "inbound" | "outbound";
  sender: { type: string; name: string | null };
  content: { type: string; text: string | null; media: FileFacts[] };
  timestamp: string;
  status: string;
}

export interface Upload {
  id: string;
  mime_type: string;
  filename: string | null;
  size: number;
}

/** The server's refusal, or nothing at all when it could not be reached (status 0). */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`refused with ${status}`);
  }
}

const path = `/chat/${encodeURIComponent(inbox)}`;

async function call<T>(name: string, body: BodyInit | null, token: string | null, headers: Record<string, string>): Promise<T> {
  const auth: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  let answer: Response;
  try {
    answer = await fetch(`${path}/${name}`, { method: body === null ? "GET" : "POST", body, headers: { ...headers, ...auth } });
  } catch {
    throw new Refused(0);
  }
  if (!answer.ok) throw new Refused(answer.status);
  return (answer.status === 204 ? null : await answer.json()) as T;
}

const json = { "content-type": "application/json" };

export function openSession(visitor: string | null, before: string | null, person: Person | null): Promise<Session> {
  const proof = person === null ? {} : { user: { id: person.id, name: person.name, email: person.email }, identity: { hash: person.hash, token: person.token } };
  return call("sessions", JSON.stringify({ visitor_id: visitor, session_token: before, ...proof }), null, json);
}

export function postMessage(token: string, body: object): Promise<unknown> {
  return call("messages", JSON.stringify(body), token, json);
}

export interface History {
  data: Message[];
  conversation: Conversation | null;
  next_cursor: string | null;
}

/** What was said after `afterSeq`, for networks that let no socket through. */
export function history(token: string, afterSeq: number): Promise<History> {
  return call(`messages?after_seq=${afterSeq}`, null, token, {});
}

export function markRead(token: string, upToSeq: number): Promise<null> {
  return call("read", JSON.stringify({ up_to_seq: upToSeq }), token, json);
}

export function saveEmail(token: string, email: string): Promise<null> {
  return call("contact", JSON.stringify({ email }), token, json);
}

export function saveSatisfaction(token: string, conversation: string, rating: number, comment: string | null): Promise<unknown> {
  return call("satisfaction", JSON.stringify({ conversation_id: conversation, rating, comment }), token, json);
}

export function upload(token: string, file: File): Promise<Upload> {
  return call("attachments", file, token, { "content-type": file.type || "application/octet-stream", "x-filename": encodeURIComponent(file.name) });
}

export function socket(token: string, afterSeq: number, conversation: string | null): WebSocket {
  const url = new URL(`${path}/ws`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("after_seq", String(afterSeq));
  if (conversation !== null) url.searchParams.set("conversation_id", conversation);
  // The session travels beside the address, which logs keep.
  return new WebSocket(url, ["patchbay.chat.v1", `ticket.${token}`]);
}
