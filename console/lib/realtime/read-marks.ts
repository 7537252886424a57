// How far somebody has read, as the server was told. It is told once for each place: an answer that still counts something
// unread must not be answered by saying the same again, for that would never end.

export class ReadMarks<Answer> {
  readonly #tell: (id: string, seq: number) => Promise<Answer>;
  readonly #told = new Map<string, number>();
  readonly #running = new Map<string, Promise<Answer | null>>();

  constructor(tell: (id: string, seq: number) => Promise<Answer>) {
    this.#tell = tell;
  }

  /** The server's answer; nothing when it knows already. While one call runs, what is read meanwhile is told in one more. */
  async tell(id: string, seq: number): Promise<Answer | null> {
    if (seq <= (this.#told.get(id) ?? -1)) return null;
    this.#told.set(id, seq);
    const before = this.#running.get(id);
    if (before !== undefined) {
      await before.catch(() => null);
      // Somebody read on while this one waited: theirs says it all.
      if (this.#told.get(id) !== seq) return null;
    }
    const running = this.#tell(id, seq);
    this.#running.set(id, running);
    try {
      return await running;
    } catch (error) {
      // It may be told again: when the thread is opened the next time, or something new is read.
      if (this.#told.get(id) === seq) this.#told.delete(id);
      throw error;
    } finally {
      if (this.#running.get(id) === running) this.#running.delete(id);
    }
  }
}
