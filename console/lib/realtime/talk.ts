// The talk among colleagues, live: its threads, what was said in those that are open, and what is on its way out.
import { ApiError, isRecord } from "../api/http";
import { getThread, listTalk, listThreads, readTalk, say, type TalkMessage, type TalkThread } from "../api/talk";
import type { Frame } from "./frames";

/** Something of ours that the server has not confirmed. */
export interface Unsaid {
  clientId: string;
  text: string;
  at: string;
  error: unknown;
}

export interface Room {
  messages: readonly TalkMessage[];
  unsaid: readonly Unsaid[];
  load: "idle" | "loading" | "ready" | "error";
  older: "none" | "more" | "loading";
  error: unknown;
}

export interface TalkPicture {
  load: "idle" | "ready" | "error";
  error: unknown;
  /** Newest first. */
  threads: readonly TalkThread[];
  /** In how many threads something is unread. */
  unread: number;
}

const PAGE = 50;
const EMPTY: Room = { messages: [], unsaid: [], load: "idle", older: "none", error: null };

export class Talk {
  readonly #userId: string;
  readonly #threads = new Map<string, TalkThread>();
  readonly #rooms = new Map<string, Room>();
  readonly #listeners = new Set<() => void>();
  readonly #drafts = new Map<string, string>();
  #picture: TalkPicture = { load: "idle", error: null, threads: [], unread: 0 };

  constructor(userId: string) {
    this.#userId = userId;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  picture = (): TalkPicture => this.#picture;

  room(id: string): Room {
    return this.#rooms.get(id) ?? EMPTY;
  }

  draft(id: string): string {
    return this.#drafts.get(id) ?? "";
  }

  setDraft(id: string, text: string): void {
    if (text === "") this.#drafts.delete(id);
    else this.#drafts.set(id, text);
    this.#publish();
  }

  /** Asks anew for the threads, and for what open ones have missed. */
  async load(): Promise<void> {
    try {
      const { data } = await listThreads();
      this.#threads.clear();
      for (const one of data) this.#threads.set(one.id, one);
      this.#publish({ load: "ready", error: null });
      for (const [id, room] of this.#rooms) if (room.load === "ready") void this.#catchUp(id, room);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#publish({ load: this.#picture.load === "ready" ? "ready" : "error", error });
    }
  }

  async open(id: string): Promise<void> {
    const held = this.room(id);
    if (held.load === "loading" || held.load === "ready") return;
    this.#setRoom(id, { load: "loading", error: null });
    try {
      const [asked, page] = await Promise.all([this.#threads.has(id) ? null : getThread(id), listTalk(id, {})]);
      // What was heard meanwhile is newer than what was asked for before.
      if (asked !== null && (this.#threads.get(id)?.last_seq ?? -1) < asked.last_seq) this.#threads.set(id, asked);
      this.#setRoom(id, { messages: merged(this.room(id).messages, page.data), load: "ready", older: page.data.length >= PAGE ? "more" : "none" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#setRoom(id, { load: "error", error });
    }
  }

  async loadOlder(id: string): Promise<void> {
    const room = this.room(id);
    const first = room.messages[0];
    if (room.older !== "more" || first === undefined) return;
    this.#setRoom(id, { older: "loading" });
    try {
      const page = await listTalk(id, { before_seq: first.seq });
      this.#setRoom(id, { messages: merged(this.room(id).messages, page.data), older: page.data.length >= PAGE ? "more" : "none" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#setRoom(id, { older: "more" });
    }
  }

  /** Everything in it is read; said once for each place. */
  async read(id: string): Promise<void> {
    const thread = this.#threads.get(id);
    if (thread === undefined || thread.unread_count === 0) return;
    const seq = this.room(id).messages.at(-1)?.seq ?? thread.last_seq;
    this.merge({ ...thread, unread_count: 0 });
    try {
      await readTalk(id, seq);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  async say(id: string, text: string): Promise<void> {
    const one: Unsaid = { clientId: crypto.randomUUID(), text, at: new Date().toISOString(), error: null };
    this.#setRoom(id, { unsaid: [...this.room(id).unsaid, one] });
    await this.#send(id, one);
  }

  async sayAgain(id: string, clientId: string): Promise<void> {
    const one = this.room(id).unsaid.find((each) => each.clientId === clientId);
    if (one === undefined) return;
    this.#replace(id, { ...one, error: null });
    await this.#send(id, one);
  }

  /** Takes a thread as it is now. */
  merge(thread: TalkThread): void {
    const held = this.#threads.get(thread.id);
    this.#threads.set(thread.id, { ...thread, last_message: thread.last_message ?? held?.last_message ?? null });
    this.#publish();
  }

  leave(id: string): void {
    this.#threads.delete(id);
    this.#rooms.delete(id);
    this.#publish();
  }

  hear(frame: Frame): void {
    if (frame.event === "internal.thread" && isRecord(frame.data["thread"])) {
      const thread = frame.data["thread"] as unknown as TalkThread;
      if (thread.members.some((member) => member.id === this.#userId)) this.merge(thread);
      else this.leave(thread.id);
    }
    if (frame.event === "internal.message" && isRecord(frame.data["message"])) this.#heard(frame.data["message"] as unknown as TalkMessage);
  }

  #heard(message: TalkMessage): void {
    this.#take(message);
    const thread = this.#threads.get(message.thread_id);
    if (thread === undefined) {
      getThread(message.thread_id).then(
        (found) => this.merge(found),
        (error: unknown) => {
          if (!(error instanceof ApiError)) throw error;
        },
      );
    } else if (message.seq > thread.last_seq) {
      const mine = message.author.id === this.#userId;
      this.merge({ ...thread, last_seq: message.seq, last_message: message, last_message_at: message.created_at, unread_count: mine ? thread.unread_count : thread.unread_count + 1 });
    }
  }

  async #send(id: string, one: Unsaid): Promise<void> {
    try {
      const message = await say(id, one.text, one.clientId);
      this.#take(message);
      this.#heard(message);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#replace(id, { ...one, error });
    }
  }

  /** A message in its place; it takes that of what we had on its way under the same name. */
  #take(message: TalkMessage): void {
    const room = this.#rooms.get(message.thread_id);
    if (room === undefined) return;
    this.#setRoom(message.thread_id, { messages: merged(room.messages, [message]), unsaid: room.unsaid.filter((one) => one.clientId !== message.client_message_id) });
  }

  #replace(id: string, one: Unsaid): void {
    this.#setRoom(id, { unsaid: this.room(id).unsaid.map((each) => (each.clientId === one.clientId ? one : each)) });
  }

  async #catchUp(id: string, room: Room): Promise<void> {
    try {
      const page = await listTalk(id, { after_seq: room.messages.at(-1)?.seq ?? 0 });
      this.#setRoom(id, { messages: merged(this.room(id).messages, page.data) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #setRoom(id: string, change: Partial<Room>): void {
    this.#rooms.set(id, { ...this.room(id), ...change });
    this.#publish();
  }

  #publish(change: Partial<TalkPicture> = {}): void {
    const threads = [...this.#threads.values()].sort((a, b) => Date.parse(b.last_message_at) - Date.parse(a.last_message_at));
    this.#picture = { ...this.#picture, threads, unread: threads.filter((one) => one.unread_count > 0).length, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** Messages by their sequence, each once. */
function merged(held: readonly TalkMessage[], more: readonly TalkMessage[]): readonly TalkMessage[] {
  const known = new Set(held.map((one) => one.id));
  const fresh = more.filter((one) => !known.has(one.id));
  return fresh.length === 0 ? held : [...held, ...fresh].sort((a, b) => a.seq - b.seq);
}
