// Unsent text, kept per user, conversation and mode, so that no text ever moves to another conversation.
import type { Mode } from "./store";

const SAVE_MS = 300;

export class Drafts {
  readonly #prefix: string;
  readonly #texts = new Map<string, string>();
  /** The newest message there was when a reply was begun, by conversation. */
  readonly #begun = new Map<string, number>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #listeners = new Set<() => void>();

  constructor(userId: string) {
    this.#prefix = `patchbay.draft.${userId}.`;
    for (let index = 0; index < localStorage.length; index += 1) {
      const key = localStorage.key(index);
      if (key?.startsWith(this.#prefix)) this.#texts.set(key.slice(this.#prefix.length), localStorage.getItem(key) ?? "");
    }
    window.addEventListener("pagehide", this.#saveAll);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get(conversationId: string, mode: Mode): string {
    return this.#texts.get(`${conversationId}.${mode}`) ?? "";
  }

  set(conversationId: string, mode: Mode, text: string): void {
    const key = `${conversationId}.${mode}`;
    if (text === "") this.#texts.delete(key);
    else this.#texts.set(key, text);
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => this.#save(key), SAVE_MS),
    );
    for (const listener of this.#listeners) listener();
  }

  /** A reply is begun under this message; null: there is none any more. */
  begin(conversationId: string, seq: number | null): void {
    if (seq === null) this.#begun.delete(conversationId);
    else this.#begun.set(conversationId, seq);
  }

  begunAt(conversationId: string): number | null {
    return this.#begun.get(conversationId) ?? null;
  }

  dispose(): void {
    this.#saveAll();
    window.removeEventListener("pagehide", this.#saveAll);
  }

  readonly #saveAll = (): void => {
    for (const key of Array.from(this.#timers.keys())) this.#save(key);
  };

  #save(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    const text = this.#texts.get(key);
    if (text === undefined) localStorage.removeItem(this.#prefix + key);
    else localStorage.setItem(this.#prefix + key, text);
  }
}
