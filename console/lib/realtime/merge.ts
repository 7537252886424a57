// The rules by which fetched rows and live events become one picture. Pure, so that any order can be tried.
import type { Conversation, Message, MessageStatus } from "../api/model";

/** An event may repeat what we hold; an answer to our own command is the newest word at its version. */
export type Source = "event" | "answer";

const RANK: Record<MessageStatus, number> = {
  received: 0,
  pending: 1,
  sending: 2,
  unknown: 3,
  sent: 4,
  failed: 5,
  delivered: 6,
  read: 7,
};

/** Keeps the higher version; an equal one changes nothing unless it answers our own command. */
export function newerConversation(held: Conversation | undefined, next: Conversation, source: Source): Conversation {
  if (held === undefined) return next;
  const newer = next.version > held.version || (source === "answer" && next.version === held.version);
  return newer ? withKept(held, next) : held;
}

/** The feed leaves out what did not change. */
function withKept(held: Conversation, next: Conversation): Conversation {
  return {
    ...next,
    last_message: next.last_message ?? held.last_message ?? null,
    tickets: next.tickets ?? held.tickets ?? [],
    satisfaction: next.satisfaction ?? held.satisfaction ?? null,
  };
}

/** Keeps the higher version; without versions a status never moves back. */
export function newerMessage(held: Message | undefined, next: Message): Message {
  if (held === undefined) return next;
  if (held.version !== undefined && next.version !== undefined) return next.version > held.version ? next : held;
  return RANK[next.status] > RANK[held.status] ? next : held;
}

/** Puts rows into a thread: each id once, in the server's order. Returns the same array when nothing changed. */
export function mergeMessages(held: readonly Message[], incoming: readonly Message[]): readonly Message[] {
  const byId = new Map(held.map((message) => [message.message_id, message]));
  let changed = false;
  let ordered = true;
  let lastSeq = held.at(-1)?.seq ?? Number.NEGATIVE_INFINITY;
  for (const next of incoming) {
    const before = byId.get(next.message_id);
    const kept = newerMessage(before, next);
    if (kept === before) continue;
    changed = true;
    byId.set(next.message_id, kept);
    if (before === undefined) {
      if (next.seq < lastSeq) ordered = false;
      lastSeq = Math.max(lastSeq, next.seq);
    } else if (before.seq !== kept.seq) {
      ordered = false;
    }
  }
  if (!changed) return held;
  const merged = [...byId.values()];
  return ordered ? merged : merged.sort((a, b) => a.seq - b.seq);
}

/** The row's preview follows its newest message, also when the event carried no newer conversation. */
export function withLastMessage(conversation: Conversation, message: Message): Conversation {
  const last = conversation.last_message ?? null;
  if (last === null || message.seq > last.seq) {
    const later = Date.parse(message.timestamp) > Date.parse(conversation.last_message_at);
    const at = later ? message.timestamp : conversation.last_message_at;
    return { ...conversation, last_message: message, last_message_at: at };
  }
  if (last.message_id !== message.message_id) return conversation;
  const kept = newerMessage(last, message);
  return kept === last ? conversation : { ...conversation, last_message: kept };
}

/** When something last happened in it, by the server's clock. */
export function activityOf(conversation: Conversation): string {
  return conversation.last_message_at;
}

const times = new WeakMap<Conversation, number>();

/** The same in milliseconds, read once for each row: lists of thousands are put in order by it. */
function activity(conversation: Conversation): number {
  const known = times.get(conversation);
  if (known !== undefined) return known;
  const at = Date.parse(conversation.last_message_at);
  times.set(conversation, at);
  return at;
}

/** Newest activity first; the id settles ties so that the order is total. */
export function byActivity(a: Conversation, b: Conversation): number {
  const left = activity(a);
  const right = activity(b);
  if (left !== right) return right - left;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}
