// What colleagues see of this person at once: which conversation is on screen, and that something is being written.
import type { Mode } from "./store";

const TYPING_REPEAT_MS = 3000;
const TYPING_IDLE_MS = 2500;
const VIEWING_REPEAT_MS = 4000;

type Send = (frame: Record<string, unknown>) => void;

export class Signals {
  readonly #send: Send;
  readonly #beat: ReturnType<typeof setInterval>;
  #viewed: string | null = null;
  #typed: { conversationId: string; mode: Mode; at: number; stop: ReturnType<typeof setTimeout> } | null = null;

  constructor(send: Send) {
    this.#send = send;
    this.#beat = setInterval(() => this.#look(), VIEWING_REPEAT_MS);
    document.addEventListener("visibilitychange", this.#look);
  }

  dispose(): void {
    clearInterval(this.#beat);
    document.removeEventListener("visibilitychange", this.#look);
    this.stopTyping();
  }

  /** Which conversation is on screen; null for none. */
  view(conversationId: string | null): void {
    if (this.#viewed !== null && this.#viewed !== conversationId) this.#send({ type: "viewing.stop", conversation_id: this.#viewed });
    this.#viewed = conversationId;
    this.#look();
  }

  /** Says it again: after a new connection, and before the last word runs out. */
  readonly #look = (): void => {
    if (this.#viewed === null) return;
    this.#send({ type: document.hidden ? "viewing.stop" : "viewing.start", conversation_id: this.#viewed });
  };

  renew(): void {
    this.#look();
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
}
