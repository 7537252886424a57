// The conversations as they are shown: the server's rows with our own unconfirmed changes laid over them. A refused
// change takes back its own effect and nothing else.
import type { Conversation } from "../api/model";

/** A change of ours the server has not confirmed yet. */
export type Change = (row: Conversation) => Conversation;

export class Rows {
  readonly #told = new Map<string, Conversation>();
  readonly #shown = new Map<string, Conversation>();
  readonly #pending = new Map<string, readonly Change[]>();
  /** The conversations each ticket was ever linked to, so that its news need not look through all of them. */
  readonly #linked = new Map<string, Set<string>>();

  /** As the server said. */
  told(id: string): Conversation | undefined {
    return this.#told.get(id);
  }

  shown(id: string): Conversation | undefined {
    return this.#shown.get(id);
  }

  all(): Iterable<Conversation> {
    return this.#shown.values();
  }

  /** The server's rows that a ticket is linked to. */
  linked(ticketId: string): readonly Conversation[] {
    const rows = [...(this.#linked.get(ticketId) ?? [])].flatMap((id) => this.#told.get(id) ?? []);
    return rows.filter((row) => row.tickets?.some((ticket) => ticket.id === ticketId));
  }

  /** Takes the server's row. True when what is shown changed. */
  tell(row: Conversation): boolean {
    this.#told.set(row.id, row);
    for (const { id } of row.tickets ?? []) {
      const linked = this.#linked.get(id) ?? new Set();
      this.#linked.set(id, linked.add(row.id));
    }
    return this.#draw(row.id);
  }

  /** Lays a change over the row. */
  lay(id: string, change: Change): boolean {
    this.#pending.set(id, [...(this.#pending.get(id) ?? []), change]);
    return this.#draw(id);
  }

  /** Takes one change away again: it was refused, or the server's row has it now. */
  lift(id: string, change: Change): boolean {
    const left = (this.#pending.get(id) ?? []).filter((one) => one !== change);
    if (left.length === 0) this.#pending.delete(id);
    else this.#pending.set(id, left);
    return this.#draw(id);
  }

  #draw(id: string): boolean {
    const told = this.#told.get(id);
    if (told === undefined) return false;
    const next = (this.#pending.get(id) ?? []).reduce((row, change) => change(row), told);
    if (next === this.#shown.get(id)) return false;
    this.#shown.set(id, next);
    return true;
  }
}
