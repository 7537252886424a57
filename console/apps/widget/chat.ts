// The visitor's conversation: session, socket, what was said, what waits to be sent. Survives reloads and lost connections.
import { history, markRead, openSession, postMessage, Refused, saveEmail, saveSatisfaction, socket, upload, type Availability, type Conversation, type Message, type Session } from "./api";
import { inbox, tell, type Person } from "./host";
import type { State, Waiting } from "./state";
import { kept, keep } from "./storage";

const OUTBOX = `hub.outbox.${inbox}`;
const VISITOR = `hub.visitor.${inbox}`;
const RATED = `hub.rated.${inbox}`;
const TYPING_LASTS = 6000;
const TYPING_TOLD = 3000;
const TYPING_STOPS = 2000;
/** Sockets in a row that never opened: then the network lets none through. */
const BLOCKED_AFTER = 2;
/** When a socket is tried again after that. */
const SOCKET_AGAIN = 30_000;
/** How often is asked instead; more rarely while nobody looks. */
const POLL_SHOWN = 3_000;
const POLL_HIDDEN = 15_000;
const FIRST_PAUSE = 400;
const LAST_PAUSE = 4_000;

let state: State = {
  phase: "starting",
  connected: false,
  messages: [],
  waiting: (kept<Waiting[]>(OUTBOX) ?? []).filter((one) => !one.sent),
  conversation: null,
  availability: null,
  greeting: null,
  hasEmail: false,
  typist: null,
  rated: kept<State["rated"]>(RATED),
  limit: 25 * 1024 * 1024,
  maxText: 20_000,
};
let session: Session | null = null;
let person: Person | null = null;
let line: WebSocket | null = null;
let pause = FIRST_PAUSE;
let isOpen = false;
let sending = false;
let blocked = 0;
let polling = 0;
let rounds = 0;
let generation = 0;
let renewal = 0;
let typistGone = 0;
let typingTold = 0;
let typingStops = 0;
const listeners = new Set<() => void>();

export function now(): State {
  return state;
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(change: Partial<State>): void {
  state = { ...state, ...change };
  if (change.waiting !== undefined) keep(OUTBOX, change.waiting);
  tell({ hub: "unread", n: isOpen ? 0 : unread() });
  for (const listener of listeners) listener();
}

function unread(): number {
  return state.messages.filter((message) => message.direction === "outbound" && message.status !== "read").length;
}

/** Begins, or begins anew as the person whom the page names. */
export function start(as: Person | null): void {
  if (session !== null && JSON.stringify(as) === JSON.stringify(person)) return;
  const another = session !== null;
  person = as;
  if (another) set({ messages: [], conversation: null, phase: "starting" });
  stopPolling();
  session = null;
  void connect();
}

async function connect(): Promise<void> {
  const mine = ++generation;
  line?.close();
  line = null;
  try {
    if (session === null) {
      session = await openSession(kept<string>(VISITOR), null, person);
      if (mine !== generation) return;
      took(session);
    }
  } catch (error) {
    if (mine !== generation) return;
    if (error instanceof Refused && error.status === 401) set({ phase: "refused", connected: false });
    else again(mine);
    return;
  }
  listenTo(session, mine);
}

function took(opened: Session): void {
  keep(VISITOR, opened.visitor_id);
  set({
    phase: "ready",
    availability: opened.availability,
    greeting: opened.inbox.greeting,
    hasEmail: opened.has_email,
    limit: opened.inbox.max_upload_bytes,
    maxText: opened.inbox.max_text_chars,
  });
  clearTimeout(renewal);
  renewal = window.setTimeout(() => void renew(), opened.expires_in * 800);
}

async function renew(): Promise<void> {
  if (session === null) return;
  try {
    const next = await openSession(session.visitor_id, session.session_token, null);
    session = next;
    took(next);
    line?.send(JSON.stringify({ type: "renew", session_token: next.session_token }));
  } catch {
    renewal = window.setTimeout(() => void renew(), LAST_PAUSE);
  }
}

function again(mine: number): void {
  if (polling === 0) set({ connected: false });
  const wait = (polling === 0 ? pause : SOCKET_AGAIN) * (0.75 + Math.random() / 2);
  pause = Math.min(pause * 2, LAST_PAUSE);
  setTimeout(() => mine === generation && void connect(), wait);
}

/** Asks for what is new, as long as no socket opens. */
async function poll(): Promise<void> {
  if (polling === 0 || session === null) return stopPolling();
  const round = rounds;
  const token = session.session_token;
  try {
    const last = state.messages.at(-1);
    let page = await history(token, last?.seq ?? 0);
    // Another conversation counts from its own beginning.
    if (last !== undefined && page.conversation !== null && page.conversation.id !== last.conversation_id) page = await history(token, 0);
    if (round !== rounds) return;
    for (const message of page.data) hear({ event: "message", data: message });
    if (page.conversation !== null && JSON.stringify(page.conversation) !== JSON.stringify(state.conversation)) set({ conversation: page.conversation });
    if (!state.connected) {
      set({ connected: true });
      void flush();
    }
    polling = window.setTimeout(() => void poll(), page.next_cursor !== null ? 0 : isOpen ? POLL_SHOWN : POLL_HIDDEN);
  } catch (error) {
    if (round !== rounds) return;
    set({ connected: false });
    if (error instanceof Refused && error.status === 401) {
      stopPolling();
      session = null;
      void connect();
    } else {
      polling = window.setTimeout(() => void poll(), LAST_PAUSE);
    }
  }
}

function stopPolling(): void {
  clearTimeout(polling);
  polling = 0;
  rounds += 1;
}

function listenTo(with_: Session, mine: number): void {
  const last = state.messages.at(-1);
  let greeted = false;
  const opened = socket(with_.session_token, last?.seq ?? 0, last?.conversation_id ?? null);
  line = opened;
  opened.addEventListener("message", (event: MessageEvent<string>) => {
    if (mine !== generation) return;
    greeted = true;
    blocked = 0;
    stopPolling();
    hear(JSON.parse(event.data) as { event: string; data: unknown });
  });
  opened.addEventListener("close", (event) => {
    if (mine !== generation) return;
    if (event.code === 4401) session = null;
    if (!greeted) blocked += 1;
    if (blocked >= BLOCKED_AFTER && polling === 0 && session !== null) {
      polling = 1;
      void poll();
    }
    again(mine);
  });
}

function hear(frame: { event: string; data: unknown }): void {
  switch (frame.event) {
    case "hello": {
      const hello = frame.data as { availability: Availability; conversation: Conversation | null };
      pause = FIRST_PAUSE;
      set({ connected: true, availability: hello.availability, conversation: hello.conversation });
      void flush();
      break;
    }
    case "message":
    case "message.updated": {
      const message = frame.data as Message;
      const follows = state.messages.length > 0 && state.messages[0]?.conversation_id !== message.conversation_id;
      const known = follows ? [] : state.messages.filter((one) => one.seq !== message.seq);
      // An answer that could not be sent after all is taken back.
      const isGone = message.direction === "outbound" && message.status === "failed";
      const messages = [...known, ...(isGone ? [] : [message])].sort((a, b) => a.seq - b.seq);
      const waiting = state.waiting.filter((one) => one.id !== message.client_message_id);
      set({ messages, ...(waiting.length === state.waiting.length ? {} : { waiting }), ...(message.direction === "outbound" ? { typist: null } : {}) });
      seen();
      break;
    }
    case "conversation":
      set({ conversation: frame.data as Conversation });
      break;
    case "typing": {
      const sign = frame.data as { active: boolean; agent: { name: string | null } };
      clearTimeout(typistGone);
      set({ typist: sign.active ? (sign.agent.name ?? "…") : null });
      if (sign.active) typistGone = window.setTimeout(() => set({ typist: null }), TYPING_LASTS);
      break;
    }
  }
}

/** The frame is shown, or hidden. */
export function shown(open: boolean): void {
  isOpen = open;
  set({});
  seen();
}

/** Marks what is on the screen as read. */
function seen(): void {
  const last = state.messages.findLast((message) => message.direction === "outbound");
  if (!isOpen || document.visibilityState === "hidden" || last === undefined || unread() === 0) return;
  if (line?.readyState === WebSocket.OPEN) line.send(JSON.stringify({ type: "read", up_to_seq: last.seq }));
  else if (polling !== 0 && session !== null) markRead(session.session_token, last.seq).catch(() => undefined);
  else return;
  set({ messages: state.messages.map((message) => (message.direction === "outbound" ? { ...message, status: "read" } : message)) });
}
document.addEventListener("visibilitychange", seen);

export function say(text: string): void {
  stopTyping();
  queue({ text, files: [] });
}

function queue(what: Pick<Waiting, "text" | "files">): void {
  const one: Waiting = { ...what, id: newId(), at: new Date().toISOString(), failed: false };
  set({ waiting: [...state.waiting, one] });
  void flush();
}

/** A UUID, also on pages that are not served securely. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export function retry(id: string): void {
  set({ waiting: state.waiting.map((one) => (one.id === id ? { ...one, failed: false } : one)) });
  void flush();
}

/** Sends what waits, one after the other: the same id again is the same message. */
async function flush(): Promise<void> {
  if (sending || session === null) return;
  sending = true;
  try {
    for (;;) {
      const next = state.waiting.find((one) => !one.failed && !one.sent);
      if (next === undefined) return;
      const file = next.files[0];
      const body = {
        client_message_id: next.id,
        visitor_id: session.visitor_id,
        type: file === undefined ? "text" : kindOf(file.mime_type),
        text: next.text,
        attachments: next.files,
        sent_at: next.at,
      };
      await postMessage(session.session_token, body);
      stood(next);
    }
  } catch (error) {
    failed(error);
  } finally {
    sending = false;
  }
}

function failed(error: unknown): void {
  const status = error instanceof Refused ? error.status : 0;
  const first = state.waiting.find((one) => !one.failed && !one.sent);
  if (status === 401) {
    session = null;
    void connect();
  } else if (status >= 400 && status < 500 && status !== 429 && first !== undefined) {
    set({ waiting: state.waiting.map((one) => (one.id === first.id ? { ...one, failed: true } : one)) });
    setTimeout(() => void flush(), 0);
  } else {
    setTimeout(() => void flush(), pause);
  }
}

/** It is stored; the socket brings it as a message. */
function stood(one: Waiting): void {
  set({ waiting: state.waiting.map((other) => (other.id === one.id ? { ...other, sent: true } : other)) });
}

function kindOf(mime: string): string {
  const main = mime.split("/")[0] ?? "";
  return ["image", "video", "audio"].includes(main) ? main : "document";
}

/** Error: what the person should read. */
export async function attach(file: File): Promise<"ok" | "tooLarge" | "notSent"> {
  if (file.size > state.limit) return "tooLarge";
  if (session === null) return "notSent";
  try {
    const kept = await upload(session.session_token, file);
    queue({ text: null, files: [{ id: kept.id, mime_type: kept.mime_type, filename: kept.filename, size: kept.size }] });
    return "ok";
  } catch (error) {
    return error instanceof Refused && error.status === 413 ? "tooLarge" : "notSent";
  }
}

export async function giveEmail(email: string): Promise<boolean> {
  if (session === null) return false;
  try {
    await saveEmail(session.session_token, email);
    set({ hasEmail: true });
    return true;
  } catch {
    return false;
  }
}

/** How it was. What was said from another page already, or can be said no more, is done with too. */
export async function rate(rating: number, comment: string): Promise<boolean> {
  const id = state.conversation?.id;
  if (session === null || id === undefined) return false;
  try {
    await saveSatisfaction(session.session_token, id, rating, comment === "" ? null : comment);
  } catch (error) {
    if (!(error instanceof Refused) || ![404, 409].includes(error.status)) return false;
  }
  settle(id, "answered");
  return true;
}

export function declineToRate(): void {
  if (state.conversation !== null) settle(state.conversation.id, "declined");
}

function settle(id: string, how: "answered" | "declined"): void {
  keep(RATED, { id, how });
  set({ rated: { id, how } });
}

/** Somebody presses keys. */
export function typing(isEmpty: boolean): void {
  clearTimeout(typingStops);
  if (isEmpty) return stopTyping();
  typingStops = window.setTimeout(stopTyping, TYPING_STOPS);
  if (Date.now() - typingTold < TYPING_TOLD || line?.readyState !== WebSocket.OPEN) return;
  typingTold = Date.now();
  line.send(JSON.stringify({ type: "typing.start" }));
}

function stopTyping(): void {
  if (typingTold === 0) return;
  typingTold = 0;
  if (line?.readyState === WebSocket.OPEN) line.send(JSON.stringify({ type: "typing.stop" }));
}
addEventListener("online", () => {
  pause = FIRST_PAUSE;
  if (!state.connected && state.phase !== "refused") void connect();
});
