// What a signed-in console works with: the store, the socket that feeds it, the outbox, and the fetches for what is on
// screen. Loads are shared while they run and keyed by what they load.
import { listDrafts, listToolCalls } from "../api/assistants";
import { getConversation, listConversations, listMessages, listNotes, listPresent, markRead } from "../api/hub";
import { ApiError } from "../api/http";
import { accessToken, renew } from "../api/session";
import { listAlerts } from "../api/alerts";
import { Alarms } from "./alarms";
import { Drafts } from "./drafts";
import { applyFrame, type Frame } from "./frames";
import { keptFor } from "./kept-outbox";
import { Outbox } from "./outbox";
import { paced } from "./pace";
import { ReadMarks } from "./read-marks";
import { Signals } from "./signals";
import { Socket, type Phase } from "./socket";
import { Store, type Viewer } from "./store";
import { Talk } from "./talk";
import { filterOf, viewKey, type View } from "./views";

const THREAD_PAGE = 50;
const CACHED_THREADS = 30;
/** Who may be told of an alert. */
const TOLD: readonly string[] = ["admin", "supervisor", "team_lead", "dispatcher", "support_agent", "auditor"];
/** Who takes part in the talk among colleagues. */
const TALKING: readonly string[] = ["admin", "supervisor", "team_lead", "support_agent", "dispatcher"];
const RECONSIDER_MS = 30_000;
/** A clock that is off by less is the same clock, seen over a slow line. */
const CLOCK_MOVED_MS = 5000;

export class Workspace {
  readonly store: Store;
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  readonly signals: Signals;
  readonly alarms = new Alarms(async () => (await listAlerts({ status: "open", severity: "critical" })).data);
  readonly talk: Talk;
  readonly #socket: Socket;
  readonly #frameListeners = new Set<(frame: Frame) => void>();
  readonly #clockListeners = new Set<() => void>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #phaseListeners = new Set<() => void>();
  readonly #onScreen = new Map<string, number>();
  readonly #reconsider: ReturnType<typeof setInterval>;
  readonly #readMarks = new ReadMarks(markRead);
  readonly #role: string;
  #serverOffset = 0;

  constructor(viewer: Viewer) {
    this.#role = viewer.role;
    this.store = new Store(viewer, { now: () => this.now(), schedule: paced() });
    this.outbox = new Outbox(this.store, keptFor(viewer.id));
    this.drafts = new Drafts(viewer.id);
    this.talk = new Talk(viewer.id);
    this.#socket = new Socket({
      token: accessToken,
      renew,
      onFrame: (frame) => {
        this.#readClock(frame);
        applyFrame(this.store, frame);
        this.#follow(frame);
      },
      onPhase: (phase) => this.#onPhase(phase),
      onGap: () => this.#refetch(),
    });
    this.signals = new Signals((frame) => this.#socket.send(frame));
    this.#reconsider = setInterval(() => this.store.reconsider(), RECONSIDER_MS);
    window.addEventListener("beforeunload", this.#guard);
    this.#socket.start();
  }

  dispose(): void {
    this.signals.dispose();
    this.#socket.stop();
    this.drafts.dispose();
    clearInterval(this.#reconsider);
    window.removeEventListener("beforeunload", this.#guard);
  }

  /** Milliseconds by the server's clock. */
  now(): number {
    return Date.now() + this.#serverOffset;
  }

  /** Hears when the server's clock turned out to be another than thought: what counts down is counted anew. */
  onClock(listener: () => void): () => void {
    this.#clockListeners.add(listener);
    return () => this.#clockListeners.delete(listener);
  }

  phase = (): Phase => this.#socket.phase;

  onPhase = (listener: () => void): (() => void) => {
    this.#phaseListeners.add(listener);
    return () => this.#phaseListeners.delete(listener);
  };

  /** Hears every frame after the store took it: for sounds and notes. */
  onFrame(listener: (frame: Frame) => void): () => void {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  loadList(view: View): Promise<void> {
    const key = viewKey(view);
    return this.#once(`list:${key}`, async () => {
      if (this.store.list(key)?.load !== "ready") this.store.setList(view, { load: "loading", error: null });
      const before = this.store.holding(view);
      try {
        const page = await listConversations(filterOf(view, this.store.userId), null);
        if (view.q !== "") this.store.setList(view, { ids: [] });
        this.store.mergeFirstPage(view, before, page.data, page.next_cursor);
        this.store.setList(view, { load: "ready", error: null });
      } catch (error) {
        this.store.setList(view, { load: this.store.list(key)?.ids.length ? "ready" : "error", error });
      }
    });
  }

  loadMore(view: View): Promise<void> {
    const key = viewKey(view);
    const cursor = this.store.list(key)?.cursor ?? null;
    if (cursor === null) return Promise.resolve();
    return this.#once(`list:${key}`, async () => {
      this.store.setList(view, { more: "loading" });
      try {
        const page = await listConversations(filterOf(view, this.store.userId), cursor);
        this.store.mergePage(view, page.data, page.next_cursor);
        this.store.setList(view, { more: "idle" });
      } catch {
        this.store.setList(view, { more: "error" });
      }
    });
  }

  /** Says that a thread is on screen; it is loaded when it is not yet, and dropped again when many others came after. */
  openThread(id: string): () => void {
    this.#onScreen.set(id, (this.#onScreen.get(id) ?? 0) + 1);
    if (this.store.thread(id).load !== "ready") void this.loadThread(id);
    else void this.loadAssistants(id);
    this.#forgetOldThreads();
    return () => {
      const count = (this.#onScreen.get(id) ?? 1) - 1;
      if (count > 0) this.#onScreen.set(id, count);
      else this.#onScreen.delete(id);
    };
  }

  loadThread(id: string): Promise<void> {
    void this.loadAssistants(id);
    return this.#once(`thread:${id}`, async () => {
      const held = this.store.thread(id);
      if (held.load !== "ready") this.store.setThread(id, { load: "loading", error: null });
      try {
        const [conversation, messages, notes] = await Promise.all([getConversation(id), newestMessages(id), listNotes(id)]);
        const hole = (messages[0]?.seq ?? 0) > (held.messages.at(-1)?.seq ?? Number.MAX_SAFE_INTEGER) + 1;
        this.store.setThread(id, hole ? { messages: [] } : {});
        this.store.mergeConversation(conversation, "answer");
        this.store.mergeMessages(id, messages);
        this.store.mergeNotes(id, notes.data);
        const older = messages.length >= THREAD_PAGE && (messages[0]?.seq ?? 0) > 1 ? "more" : "none";
        this.store.setThread(id, { load: "ready", error: null, ...(held.load === "ready" && !hole ? {} : { older }) });
      } catch (error) {
        this.store.setThread(id, { load: held.load === "ready" ? "ready" : "error", error });
      }
    });
  }

  /** What assistants did and propose there. Whoever may not see it sees the messages all the same. */
  loadAssistants(id: string): Promise<void> {
    return this.#once(`assistants:${id}`, async () => {
      try {
        const [calls, drafts] = await Promise.all([listToolCalls(id), listDrafts(id)]);
        this.store.setThread(id, { calls: calls.data.toReversed(), drafts: drafts.data.toReversed() });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
      }
    });
  }

  loadOlder(id: string): Promise<void> {
    const thread = this.store.thread(id);
    const first = thread.messages[0];
    if (thread.older !== "more" || first === undefined) return Promise.resolve();
    return this.#once(`older:${id}`, async () => {
      this.store.setThread(id, { older: "loading" });
      try {
        const page = await listMessages(id, { before_seq: first.seq }, THREAD_PAGE);
        this.store.mergeMessages(id, page.data);
        this.store.setThread(id, { older: page.data.length >= THREAD_PAGE ? "more" : "none" });
      } catch {
        this.store.setThread(id, { older: "more" });
      }
    });
  }

  /** Tells the server how far this user has read: once for each place, whatever it counts afterwards. */
  async read(id: string, seq: number): Promise<void> {
    this.store.clearUnread(id);
    try {
      const answer = await this.#readMarks.tell(id, seq);
      if (answer !== null) this.store.mergeConversation(answer, "answer");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** There is a session again: connects at once. */
  comeBack(): void {
    this.#socket.hurry();
    this.outbox.resume();
  }

  /** Asks anew for what is on screen: other rights, other rows. */
  askAnew(): void {
    if (this.phase() === "live") this.#refetch();
  }

  setPresence(status: "online" | "away"): void {
    this.#socket.send({ type: "presence.set", status });
    this.store.setPresence(this.store.userId, status);
  }

  #onPhase(phase: Phase): void {
    if (phase === "live") {
      this.store.clearPassing();
      this.signals.tellAgain();
      this.outbox.resume();
    }
    for (const listener of this.#phaseListeners) listener();
  }

  /** What passes carries the server's time; what is told again after a gap carries the time it happened. */
  #readClock(frame: Frame): void {
    if (frame.ts === null || (frame.cursor !== null && frame.event !== "hello")) return;
    const offset = Date.parse(frame.ts) - Date.now();
    const moved = Math.abs(offset - this.#serverOffset) > CLOCK_MOVED_MS;
    this.#serverOffset = offset;
    if (!moved) return;
    this.store.reconsider();
    for (const listener of this.#clockListeners) listener();
  }

  /** What an assistant does comes as a mark alone; its rows are fetched for a thread on screen. */
  #follow(frame: Frame): void {
    const { conversation_id: id } = frame.data;
    const isAssistants = frame.event === "tool.called" || frame.event.startsWith("draft.");
    if (isAssistants && typeof id === "string" && this.#onScreen.has(id)) this.#after(`assistants:${id}`, () => this.loadAssistants(id));
    this.alarms.hear(frame);
    this.talk.hear(frame);
    // Somebody who has just come learns at once who is here already.
    if (frame.event === "conversation.viewers" && typeof id === "string") this.signals.meet(id, frame.data["user"], frame.data["active"] === false ? "gone" : "here");
    for (const listener of this.#frameListeners) listener(frame);
  }

  /** Events were missed: fetch the lists and threads on screen again and forget the others. */
  #refetch(): void {
    this.#after("present", () => this.#loadPresent());
    if (TOLD.includes(this.#role)) this.#after("alarms", () => this.#once("alarms", () => this.alarms.load()));
    if (TALKING.includes(this.#role)) this.#after("talk", () => this.#once("talk", () => this.talk.load()));
    for (const { view, load } of this.store.lists()) {
      if (load !== "idle") this.#after(`list:${viewKey(view)}`, () => this.loadList(view));
    }
    for (const id of this.store.openThreads()) {
      if (this.#onScreen.has(id)) this.#after(`thread:${id}`, () => this.loadThread(id));
      else if (this.store.thread(id).outgoing.length === 0) this.store.dropThread(id);
    }
  }

  #loadPresent(): Promise<void> {
    return this.#once("present", async () => {
      try {
        for (const person of (await listPresent()).data) this.store.setPresence(person.user.id, person.status);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
      }
    });
  }

  #forgetOldThreads(): void {
    const idle = this.store
      .openThreads()
      .filter((id) => !this.#onScreen.has(id) && this.store.thread(id).outgoing.length === 0);
    for (const id of idle.slice(0, Math.max(0, idle.length - CACHED_THREADS))) this.store.dropThread(id);
  }

  readonly #guard = (event: BeforeUnloadEvent): void => {
    if (this.outbox.hasWaiting()) event.preventDefault();
  };

  /** A fetch under way may have been answered before the gap closed, so it is not enough. */
  #after(key: string, load: () => Promise<void>): void {
    void (this.#running.get(key) ?? Promise.resolve()).then(load);
  }

  #once(key: string, load: () => Promise<void>): Promise<void> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = load().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }
}

/** The newest page of a thread, oldest first. */
async function newestMessages(id: string) {
  const page = await listMessages(id, { before_seq: Number.MAX_SAFE_INTEGER }, THREAD_PAGE);
  return page.data;
}
