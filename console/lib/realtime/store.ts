// Everything live, once: conversations, threads, lists, typing, presence. Fetches and events go through the same merge;
// components subscribe to one key. Changes are published together, once a frame.
import type { Conversation, Message, Note, PresenceStatus } from "../api/model";
import { reordered, type Placed } from "./listed";
import { byActivity, mergeMessages, newerConversation, withLastMessage, type Source } from "./merge";
import type { Clock, List, Onlooker, Outgoing, Stopped, Thread, Typist } from "./picture";
import { Rows, type Change } from "./rows";
import { belongs, viewKey, type View } from "./views";

export type { Clock, List, Load, Mode, Onlooker, Outgoing, SentFile, Stopped, Thread, Typist } from "./picture";

/** The key of whatever happens to any row or list. */
export const ROWS = "rows";

const EMPTY_THREAD: Thread = { messages: [], notes: [], outgoing: [], calls: [], drafts: [], load: "idle", older: "none", error: null };
const NOBODY: readonly Typist[] = [];
const UNSEEN: readonly Onlooker[] = [];

/** For whom the picture is: decides which views a row belongs to. */
export interface Viewer {
  id: string;
  role: string;
}

export class Store {
  readonly userId: string;
  readonly #viewer: Viewer;
  readonly #clock: Clock;
  readonly #rows = new Rows();
  readonly #threads = new Map<string, Thread>();
  readonly #lists = new Map<string, List>();
  readonly #typing = new Map<string, readonly Typist[]>();
  readonly #onlookers = new Map<string, readonly Onlooker[]>();
  readonly #presence = new Map<string, PresenceStatus>();
  readonly #queues = new Map<string, number>();
  readonly #stopped = new Map<string, Stopped>();
  readonly #retired = new Set<string>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #dirty = new Set<string>();
  readonly #inside = new WeakMap<readonly string[], Set<string>>();
  /** Rows whose place in a list may have changed. */
  readonly #moved = new Map<string, Set<string>>();
  /** By what the rows of each list have their places. */
  readonly #placed = new Map<string, Placed>();
  #scheduled = false;

  constructor(viewer: Viewer, clock: Clock) {
    this.userId = viewer.id;
    this.#viewer = viewer;
    this.#clock = clock;
  }

  subscribe(key: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
    };
  }

  conversation(id: string): Conversation | null {
    return this.#rows.shown(id) ?? null;
  }

  thread(id: string): Thread {
    return this.#threads.get(id) ?? EMPTY_THREAD;
  }

  list(key: string): List | null {
    return this.#lists.get(key) ?? null;
  }

  lists(): readonly List[] {
    return [...this.#lists.values()];
  }

  openThreads(): readonly string[] {
    return [...this.#threads.keys()];
  }

  typing(conversationId: string): readonly Typist[] {
    return this.#typing.get(conversationId) ?? NOBODY;
  }

  /** Colleagues who have it open, in the order they came. */
  onlookers(conversationId: string): readonly Onlooker[] {
    return this.#onlookers.get(conversationId) ?? UNSEEN;
  }

  /** A failed message another one stands for now. */
  isRetired(messageId: string): boolean {
    return this.#retired.has(messageId);
  }

  retire(messageIds: readonly string[]): void {
    for (const id of messageIds) this.#retired.add(id);
  }

  presence(userId: string): PresenceStatus | null {
    return this.#presence.get(userId) ?? null;
  }

  queued(team: string): number | null {
    return this.#queues.get(team) ?? null;
  }

  stopped(conversationId: string): Stopped | null {
    return this.#stopped.get(conversationId) ?? null;
  }

  mergeConversation(next: Conversation, source: Source): void {
    const held = this.#rows.told(next.id);
    let kept = newerConversation(held, next, source);
    if (held?.last_message && kept !== held) kept = withLastMessage(kept, held.last_message);
    const newest = this.#threads.get(next.id)?.messages.at(-1);
    if (newest !== undefined) kept = withLastMessage(kept, newest);
    if (kept !== held) this.#tell(kept);
  }

  /** Shows a change of ours before the server has confirmed it; `settle` takes it back, whatever the answer was. */
  assume(id: string, change: Change): void {
    if (this.#rows.lay(id, change)) this.#shownAnew(id);
    this.flush();
  }

  settle(id: string, change: Change): void {
    if (this.#rows.lift(id, change)) this.#shownAnew(id);
  }

  /** A ticket moved on: every conversation linked to it shows the new state. */
  mergeTicketState(ticketId: string, state: string): void {
    for (const held of this.#rows.linked(ticketId)) {
      const tickets = held.tickets?.map((ticket) => (ticket.id === ticketId ? { ...ticket, state } : ticket)) ?? [];
      if (tickets.some((ticket, at) => ticket.state !== held.tickets?.[at]?.state)) this.#tell({ ...held, tickets });
    }
  }

  /** Clears the unread mark here before the server says so. */
  clearUnread(id: string): void {
    const held = this.#rows.told(id);
    if (held !== undefined && held.unread_count > 0) this.#tell({ ...held, unread_count: 0 });
  }

  /** Adds rows to a thread somebody has open; a row carrying one of our client ids takes that bubble's place. */
  mergeMessages(conversationId: string, rows: readonly Message[]): void {
    const last = rows.reduce<Message | null>((best, row) => (best === null || row.seq >= best.seq ? row : best), null);
    const held = this.#rows.told(conversationId);
    if (held !== undefined && last !== null) {
      const next = withLastMessage(held, last);
      if (next !== held) this.#tell(next);
    }
    const thread = this.#threads.get(conversationId);
    if (thread === undefined) return;
    const messages = mergeMessages(thread.messages, rows);
    const confirmed = new Set(rows.map((row) => row.client_message_id));
    const outgoing = thread.outgoing.some((one) => confirmed.has(one.client_message_id))
      ? thread.outgoing.filter((one) => !confirmed.has(one.client_message_id))
      : thread.outgoing;
    if (messages === thread.messages && outgoing === thread.outgoing) return;
    this.setThread(conversationId, { messages, outgoing });
  }

  mergeNotes(conversationId: string, rows: readonly Note[]): void {
    const thread = this.#threads.get(conversationId);
    if (thread === undefined) return;
    const known = new Set(thread.notes.map((note) => note.id));
    const fresh = rows.filter((note) => !known.has(note.id));
    if (fresh.length === 0) return;
    const notes = [...thread.notes, ...fresh].sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
    this.setThread(conversationId, { notes });
  }

  setThread(id: string, change: Partial<Thread>): void {
    this.#threads.set(id, { ...this.thread(id), ...change });
    this.#mark(`thread:${id}`);
  }

  dropThread(id: string): void {
    if (this.#threads.delete(id)) this.#mark(`thread:${id}`);
  }

  setOutgoing(conversationId: string, change: (held: readonly Outgoing[]) => readonly Outgoing[]): void {
    this.setThread(conversationId, { outgoing: change(this.thread(conversationId).outgoing) });
  }

  setStopped(conversationId: string, stopped: Stopped | null): void {
    if (stopped === null) this.#stopped.delete(conversationId);
    else this.#stopped.set(conversationId, stopped);
    this.#mark(`stopped:${conversationId}`);
  }

  setList(view: View, change: Partial<List>): void {
    const key = viewKey(view);
    const held = this.#lists.get(key) ?? { view, ids: [], cursor: null, load: "idle", more: "idle", error: null };
    this.#lists.set(key, { ...held, ...change });
    this.#mark(`list:${key}`);
    this.#mark(ROWS);
  }

  /** What a view holds now; given back to `mergeFirstPage` it tells what was there before the fetch began. */
  holding(view: View): ReadonlyMap<string, Conversation> {
    const ids = this.#lists.get(viewKey(view))?.ids ?? [];
    return new Map(ids.flatMap((id) => this.#rows.shown(id) ?? []).map((row) => [row.id, row]));
  }

  /** Adds a fetched first page, and drops what the server would have listed there but did not: it left unseen. */
  mergeFirstPage(view: View, before: ReadonlyMap<string, Conversation>, rows: readonly Conversation[], cursor: string | null): void {
    const listed = new Set(rows.map((row) => row.id));
    const last = rows.at(-1);
    const inPage = (row: Conversation) => cursor === null || (last !== undefined && byActivity(row, last) < 0);
    const gone = [...before.values()].filter((row) => !listed.has(row.id) && this.#rows.shown(row.id) === row && inPage(row));
    if (gone.length > 0) {
      const left = new Set(gone.map((row) => row.id));
      this.setList(view, { ids: (this.#lists.get(viewKey(view))?.ids ?? []).filter((id) => !left.has(id)) });
    }
    this.mergePage(view, rows, cursor);
  }

  /** Adds a fetched page to a view. */
  mergePage(view: View, rows: readonly Conversation[], cursor: string | null): void {
    for (const row of rows) this.mergeConversation(row, "event");
    const key = viewKey(view);
    const ids = new Set(this.#lists.get(key)?.ids);
    for (const row of rows) if (view.q !== "" || this.#belongs(view, row.id)) ids.add(row.id);
    this.setList(view, { ids: [...ids], cursor });
    this.#move(key, rows.map((row) => row.id));
  }

  /** Looks again at every view, for what changes by the clock alone: a snooze that has run out. */
  reconsider(): void {
    for (const conversation of this.#rows.all()) {
      if (conversation.snoozed_until !== null) this.#place(conversation);
    }
  }

  setTyping(conversationId: string, typist: Typist, phase: "active" | "stopped"): void {
    const others = this.typing(conversationId).filter((one) => one.id !== typist.id);
    this.#typing.set(conversationId, phase === "active" ? [...others, typist] : others);
    this.#mark(`typing:${conversationId}`);
  }

  setOnlooker(conversationId: string, person: Onlooker, phase: "here" | "gone"): void {
    const before = this.onlookers(conversationId);
    if (phase === "here" && before.some((one) => one.id === person.id)) return;
    const others = before.filter((one) => one.id !== person.id);
    this.#onlookers.set(conversationId, phase === "here" ? [...others, person] : others);
    this.#mark(`onlookers:${conversationId}`);
  }

  /** Forgets what passes: who types, and who looks. */
  clearPassing(): void {
    for (const id of this.#typing.keys()) this.#mark(`typing:${id}`);
    this.#typing.clear();
    for (const id of this.#onlookers.keys()) this.#mark(`onlookers:${id}`);
    this.#onlookers.clear();
  }

  setPresence(userId: string, status: PresenceStatus): void {
    this.#presence.set(userId, status);
    this.#mark("presence");
  }

  setQueued(team: string, count: number): void {
    this.#queues.set(team, count);
    this.#mark("queues");
  }

  /** Publishes now instead of with the next frame; for what the user just did. */
  flush(): void {
    this.#scheduled = false;
    for (const [key, moved] of this.#moved) this.#sort(key, moved);
    this.#moved.clear();
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    const due = new Set<() => void>();
    for (const key of dirty) for (const listener of this.#listeners.get(key) ?? []) due.add(listener);
    for (const listener of due) listener();
  }

  #tell(row: Conversation): void {
    if (this.#rows.tell(row)) this.#shownAnew(row.id);
  }

  #shownAnew(id: string): void {
    const row = this.#rows.shown(id);
    if (row === undefined) return;
    this.#mark(`conversation:${id}`);
    this.#mark(ROWS);
    this.#place(row);
  }

  #belongs(view: View, id: string): boolean {
    const conversation = this.#rows.shown(id);
    return conversation !== undefined && belongs(view, conversation, this.#viewer, this.#clock.now());
  }

  #place(conversation: Conversation): void {
    for (const [key, list] of this.#lists) {
      const inside = this.#members(list.ids).has(conversation.id);
      const fits = list.view.q === "" ? this.#belongs(list.view, conversation.id) : inside;
      if (fits) this.#move(key, [conversation.id]);
      if (fits === inside) continue;
      const ids = fits ? [...list.ids, conversation.id] : list.ids.filter((id) => id !== conversation.id);
      const members = this.#members(list.ids);
      if (fits) members.add(conversation.id);
      else members.delete(conversation.id);
      this.#inside.delete(list.ids);
      this.#inside.set(ids, members);
      this.setList(list.view, { ids });
    }
  }

  #move(key: string, ids: readonly string[]): void {
    const moved = this.#moved.get(key) ?? new Set();
    this.#moved.set(key, moved);
    for (const id of ids) moved.add(id);
  }

  #sort(key: string, moved: ReadonlySet<string>): void {
    const list = this.#lists.get(key);
    if (list === undefined || list.view.q !== "") return;
    const placed = this.#placed.get(key) ?? new Map();
    this.#placed.set(key, placed);
    const ids = reordered(list.ids, moved, (id) => this.#rows.shown(id), placed);
    if (ids === list.ids) return;
    // The same ids in another order.
    if (ids.length === list.ids.length) this.#inside.set(ids, this.#members(list.ids));
    this.setList(list.view, { ids });
  }

  /** The ids of a list, to be asked for one of them: lists of thousands are asked many times a second. */
  #members(ids: readonly string[]): Set<string> {
    const known = this.#inside.get(ids);
    if (known !== undefined) return known;
    const members = new Set(ids);
    this.#inside.set(ids, members);
    return members;
  }

  #mark(key: string): void {
    this.#dirty.add(key);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.schedule(() => this.flush());
  }
}
