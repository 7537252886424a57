// Rows for the tests, whole enough to be merged and placed.
import type { Conversation, Message } from "../../lib/api/model";

export function message(seq: number, part: Partial<Message> = {}): Message {
  return {
    message_id: `m${seq}`,
    conversation_id: "c1",
    seq,
    version: 1,
    channel: "sms",
    channel_message_id: null,
    client_message_id: null,
    direction: "inbound",
    sender: { type: "customer", id: "contact", name: "Maya" },
    content: { type: "text", text: `text ${seq}` },
    timestamp: new Date(Date.UTC(2026, 0, 5, 12, 0, seq)).toISOString(),
    status: "received",
    error: null,
    metadata: {},
    reply_to: null,
    sent_at: null,
    delivered_at: null,
    read_at: null,
    failed_at: null,
    ...part,
  };
}

export function conversation(id: string, version: number, part: Partial<Conversation> = {}): Conversation {
  return {
    id,
    inbox: { id: "i1", name: "sms-main" },
    channel: "sms",
    status: "queued",
    priority: "normal",
    subject: null,
    contact: { id: "contact", name: "Maya", address: "+15550101001" },
    team: { id: "t1", slug: "support" },
    assigned_to: null,
    last_message: null,
    last_message_at: part.last_message?.timestamp ?? "2026-01-05T11:00:00Z",
    last_seq: part.last_message?.seq ?? 0,
    waiting_since: null,
    unread_count: 0,
    window_expires_at: null,
    snoozed_until: null,
    sla: { first_response_due_at: null, resolution_due_at: null, status: "healthy" },
    closed_at: null,
    close_reason: null,
    previous_conversation_id: null,
    tags: [],
    tickets: [],
    version,
    created_at: "2026-01-05T11:00:00Z",
    updated_at: "2026-01-05T11:00:00Z",
    ...part,
  };
}

/** The same sequence for the same seed, so that a failing order can be seen again. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const copy = [...items];
  for (let at = copy.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [copy[at], copy[other]] = [copy[other] as T, copy[at] as T];
  }
  return copy;
}
