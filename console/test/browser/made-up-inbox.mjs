// An inbox that is made up, for what a demo has too little of: its rows, and the answers and frames that tell of them.
const START = Date.now();
const NAMES = ["Maya Lindqvist", "Tomás Herrera", "Ruth Okafor", "Ben Castellano", "Aiko Marsh", "Priya Raman"];
const CHANNELS = ["whatsapp", "sms", "email", "chat"];

export function messageOf(conversation, seq, text, at = START) {
  return {
    message_id: `${conversation}-m${seq}`,
    conversation_id: conversation,
    seq,
    version: 1,
    channel: "sms",
    channel_message_id: null,
    client_message_id: null,
    direction: seq % 3 === 0 ? "outbound" : "inbound",
    sender: { type: seq % 3 === 0 ? "agent" : "customer", id: "somebody", name: NAMES[seq % NAMES.length] },
    content: { type: "text", text },
    timestamp: new Date(at).toISOString(),
    status: seq % 3 === 0 ? "delivered" : "received",
    error: null,
    metadata: {},
    reply_to: null,
    sent_at: null,
    delivered_at: null,
    read_at: null,
    failed_at: null,
  };
}

/** So many conversations, newest first, and what has become of each. */
export class MadeUpInbox {
  constructor(count, page) {
    this.page = page;
    this.rows = Array.from({ length: count }, (_, index) => this.#row(index));
    this.byId = new Map(this.rows.map((row) => [row.id, row]));
  }

  #row(index) {
    const id = `00000000-0000-7000-8000-${String(index).padStart(12, "0")}`;
    const at = START - index * 30_000;
    const last = messageOf(id, 5_000, `Message of conversation ${index}: could somebody look at the door, please?`, at);
    return {
      id,
      inbox: { id: "inbox", name: "sms-main" },
      channel: CHANNELS[index % CHANNELS.length],
      status: "queued",
      priority: "normal",
      subject: null,
      contact: { id: `contact-${index}`, name: `${NAMES[index % NAMES.length]} ${index}`, address: `+1555${String(index).padStart(7, "0")}` },
      team: { id: "team", slug: "support", name: "Support" },
      assigned_to: null,
      last_message: last,
      last_message_at: last.timestamp,
      last_seq: last.seq,
      waiting_since: last.timestamp,
      unread_count: index % 4,
      window_expires_at: null,
      snoozed_until: null,
      sla: { first_response_due_at: null, resolution_due_at: null, status: "healthy" },
      closed_at: null,
      close_reason: null,
      previous_conversation_id: null,
      tags: [],
      tickets: [],
      version: 1,
      created_at: last.timestamp,
      updated_at: last.timestamp,
    };
  }

  /** Answers for the made-up rows; `null` for everything that the real server answers. */
  answer(url, method, body) {
    const path = url.pathname;
    if (path === "/api/v1/conversations") return this.#listed(url.searchParams);
    const [, id, part] = /^\/api\/v1\/conversations\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const row = id === undefined ? undefined : this.byId.get(id);
    if (row === undefined) return path.startsWith("/api/v1/contacts/contact-") ? this.#contact(path.split("/")[4], path.endsWith("/context")) : null;
    if (part === "read") return Object.assign(row, { unread_count: 0, version: row.version + 1 });
    if (part === undefined) return row;
    if (part === "messages" && method === "POST") return this.#sent(row, body);
    if (part === "messages") return { data: this.#history(row, url.searchParams), next_cursor: null };
    return { data: [], next_cursor: null };
  }

  /** A page of a list. The first is as long as it was asked for, as the server's is; those after it may be longer. */
  #listed(asked) {
    const owner = asked.get("assigned_to");
    const fits = (row) => owner === null || (row.assigned_to?.id ?? "none") === owner;
    const size = asked.has("cursor") ? this.page : Math.min(this.page, Number(asked.get("limit") ?? 50));
    const data = [];
    let at = Number(asked.get("cursor") ?? 0);
    for (; at < this.rows.length && data.length < size; at += 1) if (fits(this.rows[at])) data.push(this.rows[at]);
    return { data, next_cursor: at < this.rows.length ? String(at) : null };
  }

  #contact(id, withContext) {
    const contact = { id, display_name: "Somebody", identities: [], metadata: {}, version: 1, created_at: new Date(START).toISOString(), updated_at: new Date(START).toISOString() };
    if (!withContext) return contact;
    return { contact, conversations: [], tickets: [], sites: [], suggestions: [], merges: [] };
  }

  #history(row, range) {
    const before = Math.min(Number(range.get("before_seq") ?? row.last_seq + 1), row.last_seq + 1);
    const first = Math.max(1, before - Number(range.get("limit") ?? 50));
    return Array.from({ length: before - first }, (_, at) => messageOf(row.id, first + at, `Line ${first + at} of a long conversation.`, START - (row.last_seq - first - at) * 60_000));
  }

  #sent(row, body) {
    row.last_seq += 1;
    const message = { ...messageOf(row.id, row.last_seq, body.content.text, Date.now()), direction: "outbound", status: "pending", client_message_id: body.client_message_id };
    return message;
  }

  /** The frame of a new message in a conversation. */
  frame(index, text) {
    const row = this.rows[index];
    row.last_seq += 1;
    row.version += 1;
    const message = { ...messageOf(row.id, row.last_seq, text, Date.now()), direction: "inbound", status: "received", sender: { type: "customer", id: row.contact.id, name: row.contact.name } };
    Object.assign(row, { last_message: message, last_message_at: message.timestamp, updated_at: message.timestamp, unread_count: row.unread_count + 1 });
    return JSON.stringify({ event: "message.received", cursor: null, conversation_seq: row.last_seq, ts: message.timestamp, data: { message, conversation: row } });
  }
}

/** Puts a made-up inbox in the place of the server's, and gives the sender of frames. Call it before the page loads. */
export async function makeUp(page, inbox) {
  let socket = null;
  const answer = async (route) => {
    const request = route.request();
    const body = inbox.answer(new URL(request.url()), request.method(), request.postDataJSON());
    await (body === null ? route.fallback() : route.fulfill({ status: request.method() === "POST" ? 201 : 200, json: body }));
  };
  await page.route("**/api/v1/conversations**", answer);
  await page.route("**/api/v1/contacts/contact-**", answer);
  await page.routeWebSocket(/\/ws/, (found) => {
    found.connectToServer();
    socket = found;
  });
  return (frame) => socket?.send(frame);
}
