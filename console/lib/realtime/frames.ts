// Server frames and what each one does to the store.
import { isRecord } from "../api/http";
import type { Conversation, Message, Note, PresenceStatus } from "../api/model";
import type { Store } from "./store";

export interface Frame {
  event: string;
  cursor: string | null;
  ts: string | null;
  data: Record<string, unknown>;
}

/** After this long a typing mark goes away by itself. */
const TYPING_MS = 6000;
/** After this long without another word somebody is taken to have left. */
const ONLOOKER_MS = 35_000;

export function parseFrame(text: string): Frame | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || typeof value["event"] !== "string") return null;
  const { event, cursor, ts, data } = value;
  return {
    event,
    cursor: typeof cursor === "string" ? cursor : null,
    ts: typeof ts === "string" ? ts : null,
    data: isRecord(data) ? data : {},
  };
}

/** Puts one frame into the store. Unknown events are left alone: a newer server may know more. */
export function applyFrame(store: Store, frame: Frame): void {
  const { data } = frame;
  if (isRecord(data["conversation"])) {
    store.mergeConversation(data["conversation"] as unknown as Conversation, "event");
  }
  if (isRecord(data["message"])) {
    const message = data["message"] as unknown as Message;
    store.mergeMessages(message.conversation_id, [message]);
  }
  switch (frame.event) {
    case "conversation.note":
      applyNote(store, data);
      break;
    case "agent.typing":
      applyTyping(store, data);
      break;
    case "conversation.viewers":
      applyOnlooker(store, data);
      break;
    case "agent.presence":
      applyPresence(store, data);
      break;
    case "queue.updated":
      applyQueue(store, data);
      break;
    case "hello":
      if (Array.isArray(data["queues"])) for (const queue of data["queues"]) if (isRecord(queue)) applyQueue(store, queue);
      break;
    case "ticket.updated":
      applyTicket(store, data);
      break;
    default:
      break;
  }
}

function applyPresence(store: Store, data: Record<string, unknown>): void {
  const { user, user_id: userId, status } = data;
  const id = isRecord(user) ? user["id"] : userId;
  if (typeof id === "string") store.setPresence(id, status as PresenceStatus);
}

function applyQueue(store: Store, data: Record<string, unknown>): void {
  if (typeof data["team"] === "string") store.setQueued(data["team"], Number(data["queued"]));
}

function applyNote(store: Store, data: Record<string, unknown>): void {
  if (!isRecord(data["note"])) return;
  const note = data["note"] as unknown as Note;
  store.mergeNotes(note.conversation_id, [note]);
}

const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** Runs something unless it is renewed under the same key before. */
function expire(key: string, afterMs: number | null, run: () => void): void {
  clearTimeout(timers.get(key));
  timers.delete(key);
  if (afterMs !== null) timers.set(key, setTimeout(run, afterMs));
}

function applyTyping(store: Store, data: Record<string, unknown>): void {
  const person = colleague(store, data);
  if (person === null) return;
  const { mode, active } = data;
  const { conversationId, id, name } = person;
  const typist = { id, name, mode: mode === "note" || mode === "customer" ? mode : "reply" } as const;
  const stop = () => store.setTyping(conversationId, typist, "stopped");
  expire(`typing ${conversationId} ${id}`, active === false ? null : TYPING_MS, stop);
  if (active === false) stop();
  else store.setTyping(conversationId, typist, "active");
}

function applyOnlooker(store: Store, data: Record<string, unknown>): void {
  const person = colleague(store, data);
  if (person === null) return;
  const { conversationId, id, name } = person;
  const leave = () => store.setOnlooker(conversationId, { id, name }, "gone");
  expire(`viewing ${conversationId} ${id}`, data["active"] === false ? null : ONLOOKER_MS, leave);
  if (data["active"] === false) leave();
  else store.setOnlooker(conversationId, { id, name }, "here");
}

/** Whom a passing frame is about, unless it is ourselves in another tab. */
function colleague(store: Store, data: Record<string, unknown>): { conversationId: string; id: string; name: string } | null {
  const { conversation_id: conversationId, user } = data;
  if (typeof conversationId !== "string" || !isRecord(user) || typeof user["id"] !== "string") return null;
  return user["id"] === store.userId ? null : { conversationId, id: user["id"], name: typeof user["name"] === "string" ? user["name"] : "" };
}

/** A ticket is shown on the conversations it is linked to; only its state line changes here. */
function applyTicket(store: Store, data: Record<string, unknown>): void {
  const ticket = data["ticket"];
  if (!isRecord(ticket) || typeof ticket["id"] !== "string" || typeof ticket["state"] !== "string") return;
  store.mergeTicketState(ticket["id"], ticket["state"]);
}
