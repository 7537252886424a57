// Messages on their way out: shown at once, sent in order within a conversation, kept while the server is away,
// repeated only under the client id they were born with.
import { sendMessage } from "../api/hub";
import { ApiError } from "../api/http";
import type { Message } from "../api/model";
import { FORGETFUL, type Kept } from "./kept-outbox";
import type { Outgoing, SentFile, Store } from "./store";

/** The server's word for "somebody answered while you were writing". */
export const MOVED = "CONVERSATION_MOVED";

/** Whose words may make a reply needless; what the hub says by itself does not. */
const COLLEAGUES: readonly string[] = ["agent", "ai"];

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15_000;

type Post = typeof sendMessage;

/** Whether the server took a message, or it came back to the writer. */
export type Sent = "taken" | "held";

export class Outbox {
  readonly #store: Store;
  readonly #kept: Kept;
  readonly #post: Post;
  readonly #running = new Set<string>();
  readonly #ends = new Map<string, (end: Sent) => void>();
  readonly #failures = new Map<string, number>();

  constructor(store: Store, kept: Kept = FORGETFUL, post: Post = sendMessage) {
    this.#store = store;
    this.#kept = kept;
    this.#post = post;
    store.retire(kept.retired());
    for (const one of kept.all()) store.setOutgoing(one.conversation_id, (held) => [...held, one]);
  }

  /** Shows and sends a text, with a file or without; tells how it ended. `seenSeq` is the newest message the writer had on screen; null sends whatever came since. */
  send(conversationId: string, text: string, seenSeq: number | null, file: SentFile | null = null): Promise<Sent> {
    const outgoing: Outgoing = {
      client_message_id: crypto.randomUUID(),
      conversation_id: conversationId,
      text,
      file,
      at: new Date().toISOString(),
      seen_seq: seenSeq,
      state: "queued",
      reason: null,
    };
    this.#change(conversationId, (held) => [...held, outgoing]);
    this.#store.flush();
    const end = new Promise<Sent>((resolve) => this.#ends.set(outgoing.client_message_id, resolve));
    void this.#pump(conversationId);
    return end;
  }

  /** Tries a failed message again, under its own client id. Whoever asks has seen what came since. */
  retry(conversationId: string, clientId: string): void {
    const seen_seq = newestSeq(this.#store.thread(conversationId).messages);
    this.#change(conversationId, (held) =>
      held.map((one) => (one.client_message_id === clientId ? { ...one, state: "queued", reason: null, request: null, seen_seq } : one)),
    );
    this.#store.flush();
    void this.#pump(conversationId);
  }

  /** Sends the words of a message that failed at the provider anew; the new bubble takes the old one's place. */
  sendAnew(failed: Message): Promise<Sent> {
    this.#kept.retire(failed.message_id);
    this.#store.retire([failed.message_id]);
    return this.send(failed.conversation_id, failed.content.text ?? "", null);
  }

  discard(conversationId: string, clientId: string): void {
    this.#change(conversationId, (held) => held.filter((one) => one.client_message_id !== clientId));
    this.#store.flush();
  }

  /** The connection is back: everything that waited goes out now. */
  resume(): void {
    this.#failures.clear();
    for (const id of this.#store.openThreads()) void this.#pump(id);
  }

  hasWaiting(): boolean {
    return this.#store.openThreads().some((id) => this.#store.thread(id).outgoing.some((one) => one.state === "queued"));
  }

  async #pump(conversationId: string): Promise<void> {
    if (this.#running.has(conversationId)) return;
    this.#running.add(conversationId);
    try {
      for (let next = this.#next(conversationId); next !== undefined; next = this.#next(conversationId)) {
        if (!(await this.#attempt(next))) return;
      }
    } finally {
      this.#running.delete(conversationId);
    }
  }

  #next(conversationId: string): Outgoing | undefined {
    return this.#store.thread(conversationId).outgoing.find((one) => one.state === "queued");
  }

  /** False when the queue has to wait. */
  async #attempt(next: Outgoing): Promise<boolean> {
    const { conversation_id: id, client_message_id: clientId, text } = next;
    try {
      const message = await this.#post(id, {
        text,
        media: next.file?.media ?? null,
        client_message_id: clientId,
        seen_seq: this.#seenSeq(next),
      });
      this.#failures.delete(id);
      this.#kept.drop(clientId);
      this.#end(clientId, "taken");
      this.#store.mergeMessages(id, [{ ...message, client_message_id: message.client_message_id ?? clientId }]);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === MOVED) {
        this.#stop(next);
      } else if (error.isTemporary || error.status === 401) {
        this.#wait(id);
        return false;
      } else {
        this.#fail(next, error);
        this.#end(clientId, "held");
      }
      return true;
    }
  }

  /** Our own messages since the key press do not count as news to ourselves. */
  #seenSeq(next: Outgoing): number | null {
    if (next.seen_seq === null) return null;
    let seen = next.seen_seq;
    for (const message of this.#store.thread(next.conversation_id).messages) {
      const mine = message.direction === "outbound" && message.sender.id === this.#store.userId;
      if (message.seq === seen + 1 && mine) seen = message.seq;
    }
    return seen;
  }

  /** Takes the stopped text, and whatever was queued behind it, out of the thread and back to the writer. */
  #stop(stopped: Outgoing): void {
    const id = stopped.conversation_id;
    const waiting = this.#store.thread(id).outgoing.filter((one) => one.state === "queued");
    for (const one of waiting) this.#end(one.client_message_id, "held");
    this.#change(id, (held) => held.filter((one) => one.state !== "queued"));
    this.#store.setStopped(id, {
      text: waiting.flatMap((one) => (one.text === "" ? [] : [one.text])).join("\n"),
      file: waiting.find((one) => one.file !== null)?.file ?? null,
      after_seq: stopped.seen_seq ?? 0,
    });
    this.#store.flush();
  }

  #fail(failed: Outgoing, error: ApiError): void {
    const told = { state: "failed", reason: error.message, request: error.requestId } as const;
    this.#change(failed.conversation_id, (held) =>
      held.map((one) => (one.client_message_id === failed.client_message_id ? { ...one, ...told } : one)),
    );
  }

  #end(clientId: string, end: Sent): void {
    this.#ends.get(clientId)?.(end);
    this.#ends.delete(clientId);
  }

  /** Changes what is on its way, here and in what is kept. */
  #change(conversationId: string, change: (held: readonly Outgoing[]) => readonly Outgoing[]): void {
    const before = this.#store.thread(conversationId).outgoing;
    this.#store.setOutgoing(conversationId, change);
    const after = this.#store.thread(conversationId).outgoing;
    const left = new Set(after.map((one) => one.client_message_id));
    for (const one of before) if (!left.has(one.client_message_id)) this.#kept.drop(one.client_message_id);
    for (const one of after) if (!before.includes(one)) this.#kept.save(one);
  }

  #wait(conversationId: string): void {
    const failures = this.#failures.get(conversationId) ?? 0;
    this.#failures.set(conversationId, failures + 1);
    const delay = Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS) * (0.5 + Math.random() / 2);
    setTimeout(() => void this.#pump(conversationId), delay);
  }
}

/** The newest sequence number the writer can have seen. */
export function newestSeq(messages: readonly Message[]): number | null {
  return messages.at(-1)?.seq ?? null;
}

/**
 * The newest one that a reply answers. What a colleague wrote since it was begun came onto the screen of somebody who was
 * writing: it does not count as seen.
 */
export function answeredSeq(messages: readonly Message[], begunAt: number | null, me: string): number | null {
  const news = begunAt === null ? undefined : messages.find((one) => one.seq > begunAt && one.direction === "outbound" && COLLEAGUES.includes(one.sender.type) && one.sender.id !== me);
  return news === undefined ? newestSeq(messages) : news.seq - 1;
}
