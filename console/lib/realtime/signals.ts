// What colleagues see of this person at once: that a conversation is open here, and that something is being written.
import { isRecord } from "../api/http";
import type { Mode } from "./store";

const TYPING_REPEAT_MS = 3000;
const TYPING_IDLE_MS = 2500;
const VIEWING_REPEAT_MS = 12_000;

type Send = (frame: Record<string, unknown>) => void;

export class Signals {
  readonly #send: Send;
  #typed: { conversationId: string; mode: Mode; at: number; stop: ReturnType<typeof setTimeout> } | null = null;
  #viewed: { conversationId: string; again: ReturnType<typeof setInterval>; answered: Set<string> } | null = null;

  constructor(send: Send) {
    this.#send = send;
  }

  dispose(): void {
    this.stopTyping();
    this.#leave();
  }

  /** Tells colleagues that a conversation is open here, for as long as it is on a visible screen. */
  view(conversationId: string): () => void {
    const look = () => {
      if (document.hidden) this.#leave(conversationId);
      else this.#enter(conversationId);
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      this.#leave(conversationId);
    };
  }

  /** After the connection was lost nobody knows any more what is open here. */
  tellAgain(): void {
    if (this.#viewed !== null) this.#say(this.#viewed.conversationId);
  }

  /** Tells somebody who came to where we are that we are here: once for each time they come. */
  meet(conversationId: string, user: unknown, phase: "here" | "gone"): void {
    if (this.#viewed?.conversationId !== conversationId || !isRecord(user) || typeof user["id"] !== "string") return;
    const { answered } = this.#viewed;
    if (phase === "gone") answered.delete(user["id"]);
    else if (!answered.has(user["id"])) {
      answered.add(user["id"]);
      this.#say(conversationId);
    }
  }

  /** Tells colleagues that this person is writing; repeated while it goes on, ended after a silence. */
  typing(conversationId: string, mode: Mode): void {
    const now = Date.now();
    const before = this.#typed;
    if (before !== null && (before.conversationId !== conversationId || before.mode !== mode)) this.stopTyping();
    const due = this.#typed === null || now - this.#typed.at > TYPING_REPEAT_MS;
    if (this.#typed !== null) clearTimeout(this.#typed.stop);
    if (due) this.#send({ type: "typing.start", conversation_id: conversationId, mode });
    this.#typed = {
      conversationId,
      mode,
      at: due ? now : (this.#typed?.at ?? now),
      stop: setTimeout(() => this.stopTyping(), TYPING_IDLE_MS),
    };
  }

  stopTyping(): void {
    if (this.#typed === null) return;
    clearTimeout(this.#typed.stop);
    this.#send({ type: "typing.stop", conversation_id: this.#typed.conversationId });
    this.#typed = null;
  }

  #enter(conversationId: string): void {
    if (this.#viewed?.conversationId === conversationId) return;
    this.#leave();
    this.#viewed = { conversationId, again: setInterval(() => this.#say(conversationId), VIEWING_REPEAT_MS), answered: new Set() };
    this.#say(conversationId);
  }

  #leave(only?: string): void {
    if (this.#viewed === null || (only !== undefined && this.#viewed.conversationId !== only)) return;
    clearInterval(this.#viewed.again);
    this.#send({ type: "viewing.stop", conversation_id: this.#viewed.conversationId });
    this.#viewed = null;
  }

  #say(conversationId: string): void {
    this.#send({ type: "viewing.start", conversation_id: conversationId });
  }
}
