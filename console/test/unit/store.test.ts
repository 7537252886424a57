import { describe, expect, it, vi } from "vitest";
import { applyFrame, parseFrame, type Frame } from "../../lib/realtime/frames";
import type { Conversation } from "../../lib/api/model";
import { byActivity } from "../../lib/realtime/merge";
import { Store } from "../../lib/realtime/store";
import { plainView, viewKey, type View } from "../../lib/realtime/views";
import { conversation, message, randomFrom, shuffled } from "./rows";

const ALL = plainView("all");
const MINE = plainView("mine");
const KEY = viewKey(ALL);

function storeWithThread(): { store: Store; flushes: (() => void)[] } {
  const flushes: (() => void)[] = [];
  const store = new Store({ id: "me", role: "team_lead" }, { now: () => Date.UTC(2026, 0, 5), schedule: (flush) => flushes.push(flush) });
  store.setThread("c1", { load: "ready" });
  return { store, flushes };
}

function frame(event: string, data: Record<string, unknown>): Frame {
  return { event, cursor: "1", ts: null, data };
}

const seqs = (store: Store) => store.thread("c1").messages.map((one) => one.seq);

describe("rule 1: the higher version wins", () => {
  it("keeps what is held when an older or equal version arrives", () => {
    const { store } = storeWithThread();
    store.mergeConversation(conversation("c1", 4, { status: "assigned" }), "event");
    store.mergeConversation(conversation("c1", 3, { status: "queued" }), "event");
    store.mergeConversation(conversation("c1", 4, { status: "queued" }), "event");
    expect(store.conversation("c1")?.status).toBe("assigned");
  });

  it("takes an answer to our own command at the same version", () => {
    const { store } = storeWithThread();
    store.mergeConversation(conversation("c1", 4, { unread_count: 2 }), "event");
    store.mergeConversation(conversation("c1", 4, { unread_count: 0 }), "answer");
    expect(store.conversation("c1")?.unread_count).toBe(0);
  });

  it("never lets a late status move a message back", () => {
    const { store } = storeWithThread();
    store.mergeMessages("c1", [message(1, { direction: "outbound", status: "read", version: 4 })]);
    store.mergeMessages("c1", [message(1, { direction: "outbound", status: "delivered", version: 3 })]);
    expect(store.thread("c1").messages[0]?.status).toBe("read");
  });

  it("keeps the lattice when rows carry no version", () => {
    const { store } = storeWithThread();
    const bare = (status: "read" | "delivered") => {
      const { version: _, ...rest } = message(1, { status });
      return rest;
    };
    store.mergeMessages("c1", [bare("read")]);
    store.mergeMessages("c1", [bare("delivered")]);
    expect(store.thread("c1").messages[0]?.status).toBe("read");
  });
});

describe("rule 2: a confirmed message takes the place of its bubble", () => {
  it("leaves one bubble under the client id", () => {
    const { store } = storeWithThread();
    const outgoing = { client_message_id: "k1", conversation_id: "c1", text: "hi", file: null, at: "2026-01-05T12:00:00Z", seen_seq: 1, state: "queued" as const, reason: null };
    store.setOutgoing("c1", () => [outgoing]);
    store.mergeMessages("c1", [message(2, { client_message_id: "k1", direction: "outbound", status: "pending" })]);
    expect(store.thread("c1").outgoing).toEqual([]);
    expect(store.thread("c1").messages.map((one) => one.client_message_id)).toEqual(["k1"]);
  });
});

describe("rule 3: pages go in front, live rows at the end, each once", () => {
  it("keeps a live message that arrives while an older page is being fetched", () => {
    const { store } = storeWithThread();
    store.mergeMessages("c1", [message(51), message(52)]);
    store.mergeMessages("c1", [message(53)]);
    store.mergeMessages("c1", [message(49), message(50), message(51)]);
    expect(seqs(store)).toEqual([49, 50, 51, 52, 53]);
  });

  it("ends at the same picture whatever the order of pages and events", () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomFrom(seed);
      const rows = Array.from({ length: 40 }, (_, index) => message(index + 1));
      const later = rows.filter(() => random() < 0.5).map((row) => ({ ...row, version: 2, status: "read" as const }));
      const steps = shuffled(
        [rows.slice(0, 20), rows.slice(15, 35), rows.slice(30), ...later.map((row) => [row]), ...rows.map((row) => [row])],
        random,
      );
      const { store } = storeWithThread();
      for (const step of steps) store.mergeMessages("c1", step);
      expect(seqs(store), `seed ${seed}`).toEqual(rows.map((row) => row.seq));
      const read = store.thread("c1").messages.filter((row) => row.status === "read").map((row) => row.seq);
      expect(read, `seed ${seed}`).toEqual(later.map((row) => row.seq));
    }
  });

  it("follows the newest message in the list, whatever the order", () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = randomFrom(seed);
      const { store } = storeWithThread();
      const states = Array.from({ length: 8 }, (_, index) => conversation("c1", index + 1, { last_message: message(index + 1) }));
      const events = states.map((state) => frame("message.received", { message: state.last_message, conversation: state }));
      for (const event of shuffled(events, random)) applyFrame(store, event);
      expect(store.conversation("c1")?.version, `seed ${seed}`).toBe(8);
      expect(store.conversation("c1")?.last_message?.seq, `seed ${seed}`).toBe(8);
    }
  });
});

describe("rule 4: many frames make one flush", () => {
  it("tells a listener once", () => {
    const { store, flushes } = storeWithThread();
    flushes.splice(0).forEach((flush) => flush());
    const listener = vi.fn<() => void>();
    store.subscribe("thread:c1", listener);
    for (let seq = 1; seq <= 100; seq += 1) store.mergeMessages("c1", [message(seq)]);
    expect(listener).not.toHaveBeenCalled();
    expect(flushes).toHaveLength(1);
    flushes.forEach((flush) => flush());
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("does not wake those who look at something else", () => {
    const { store, flushes } = storeWithThread();
    flushes.splice(0).forEach((flush) => flush());
    const other = vi.fn<() => void>();
    store.subscribe("conversation:c2", other);
    store.mergeConversation(conversation("c1", 1), "event");
    flushes.forEach((flush) => flush());
    expect(other).not.toHaveBeenCalled();
  });
});

describe("rule 5: views hold what belongs, sorted once a flush", () => {
  it("moves a conversation between views when it is taken, snoozed and closed", () => {
    const { store } = storeWithThread();
    store.setList(ALL, { load: "ready" });
    store.setList(MINE, { load: "ready" });
    const ids = () => [store.list(KEY)?.ids, store.list(viewKey(MINE))?.ids];
    store.mergeConversation(conversation("c1", 1), "event");
    expect(ids()).toEqual([["c1"], []]);
    store.mergeConversation(conversation("c1", 2, { status: "assigned", assigned_to: { id: "me", name: "Me" } }), "event");
    expect(ids()).toEqual([["c1"], ["c1"]]);
    store.mergeConversation(conversation("c1", 3, { status: "assigned", assigned_to: { id: "me", name: "Me" }, snoozed_until: "2026-02-01T00:00:00Z" }), "event");
    expect(ids()).toEqual([[], []]);
    store.mergeConversation(conversation("c1", 4, { status: "closed" }), "event");
    expect(ids()).toEqual([[], []]);
  });

  it("never lets an event enter a search, only the server's answer", () => {
    const { store } = storeWithThread();
    const search: View = { ...ALL, q: "gate" };
    store.setList(search, { load: "ready" });
    store.mergeConversation(conversation("c1", 1), "event");
    expect(store.list(viewKey(search))?.ids).toEqual([]);
    store.mergePage(search, [conversation("c2", 1)], null);
    expect(store.list(viewKey(search))?.ids).toEqual(["c2"]);
  });

  it("keeps the newest activity on top", () => {
    const { store } = storeWithThread();
    store.setList(ALL, { load: "ready" });
    for (const [id, seq] of [["a", 3], ["b", 1], ["c", 2]] as const) {
      store.mergeConversation(conversation(id, 1, { last_message: message(seq, { conversation_id: id, message_id: id }) }), "event");
    }
    store.flush();
    expect(store.list(KEY)?.ids).toEqual(["a", "c", "b"]);
    store.mergeMessages("b", [message(9, { conversation_id: "b", message_id: "b9" })]);
    store.flush();
    expect(store.list(KEY)?.ids).toEqual(["b", "a", "c"]);
  });

  it("adds a fetched page once, whatever came live before", () => {
    const { store } = storeWithThread();
    store.setList(ALL, { load: "ready" });
    store.mergeConversation(conversation("c1", 2), "event");
    store.mergePage(ALL, [conversation("c1", 1), conversation("c2", 1)], "next");
    expect([...(store.list(KEY)?.ids ?? [])].sort()).toEqual(["c1", "c2"]);
    expect(store.conversation("c1")?.version).toBe(2);
  });
});

describe("a refetch after a gap", () => {
  it("drops what left the view unseen, and keeps what came live meanwhile", () => {
    const { store } = storeWithThread();
    store.setList(ALL, { load: "ready" });
    for (const id of ["left", "stays"]) store.mergeConversation(conversation(id, 1), "event");
    const before = store.holding(ALL);
    store.mergeConversation(conversation("live", 1), "event");
    store.mergeFirstPage(ALL, before, [conversation("stays", 1)], null);
    expect([...(store.list(KEY)?.ids ?? [])].sort()).toEqual(["live", "stays"]);
  });

  it("leaves alone what lies beyond the fetched page", () => {
    const { store } = storeWithThread();
    store.setList(ALL, { load: "ready" });
    const at = (id: string, seq: number) => conversation(id, 1, { last_message: message(seq, { conversation_id: id, message_id: id }) });
    for (const row of [at("a", 9), at("b", 8), at("z", 1)]) store.mergeConversation(row, "event");
    store.mergeFirstPage(ALL, store.holding(ALL), [at("b", 8)], "next");
    store.flush();
    expect(store.list(KEY)?.ids).toEqual(["b", "z"]);
  });
});

describe("what the feed leaves out", () => {
  it("keeps the last message and the tickets a newer row does not carry", () => {
    const { store } = storeWithThread();
    store.mergeConversation(conversation("c1", 1, { last_message: message(3), tickets: [{ id: "t", code: "T-1", state: "NEW" }] }), "event");
    const { last_message: _, tickets: __, ...rest } = conversation("c1", 2, { status: "assigned" });
    store.mergeConversation(rest, "event");
    expect(store.conversation("c1")).toMatchObject({ version: 2, status: "assigned", last_message: { seq: 3 }, tickets: [{ code: "T-1" }] });
  });

  it("takes a conversation that a colleague took out of an agent's lists", () => {
    const store = new Store({ id: "me", role: "support_agent" }, { now: () => 0, schedule: () => undefined });
    store.setList(ALL, { load: "ready" });
    store.mergeConversation(conversation("c1", 1), "event");
    expect(store.list(KEY)?.ids).toEqual(["c1"]);
    store.mergeConversation(conversation("c1", 2, { status: "assigned", assigned_to: { id: "other", name: "Sam" } }), "event");
    expect(store.list(KEY)?.ids).toEqual([]);
  });
});

describe("frames", () => {
  it("puts a note into the thread once", () => {
    const { store } = storeWithThread();
    const note = { id: "n1", conversation_id: "c1", text: "call first", author: { id: "u2", name: "Sam" }, created_at: "2026-01-05T12:00:00Z" };
    applyFrame(store, frame("conversation.note", { note, conversation_id: "c1" }));
    applyFrame(store, frame("conversation.note", { note, conversation_id: "c1" }));
    expect(store.thread("c1").notes).toEqual([note]);
  });

  it("clears typing by itself after six seconds", () => {
    vi.useFakeTimers();
    const { store } = storeWithThread();
    const typing = { conversation_id: "c1", user: { id: "u2", name: "Sam" }, mode: "reply", active: true };
    applyFrame(store, frame("agent.typing", typing));
    expect(store.typing("c1").map((one) => one.name)).toEqual(["Sam"]);
    vi.advanceTimersByTime(6001);
    expect(store.typing("c1")).toEqual([]);
    vi.useRealTimers();
  });

  it("shows a ticket's new state on its conversation", () => {
    const { store } = storeWithThread();
    store.mergeConversation(conversation("c1", 1, { tickets: [{ id: "t", code: "T-1", state: "NEW" }] }), "event");
    applyFrame(store, frame("ticket.updated", { ticket: { id: "t", state: "TRIAGED" } }));
    expect(store.conversation("c1")?.tickets?.[0]?.state).toBe("TRIAGED");
  });

  it("shows it on every conversation the ticket is linked to now, and on no other", () => {
    const { store } = storeWithThread();
    const linked = (state: string) => ({ tickets: [{ id: "t", code: "T-1", state }] });
    store.mergeConversation(conversation("c1", 1, linked("NEW")), "event");
    store.mergeConversation(conversation("c2", 1, linked("NEW")), "event");
    store.mergeConversation(conversation("c3", 1), "event");
    store.mergeConversation(conversation("c2", 2, { tickets: [] }), "event");
    store.mergeConversation(conversation("c4", 1, { tickets: [{ id: "other", code: "T-2", state: "NEW" }] }), "event");
    store.mergeConversation(conversation("c4", 2, linked("NEW")), "event");
    store.flush();
    const heard: string[] = [];
    for (const id of ["c1", "c2", "c3", "c4"]) store.subscribe(`conversation:${id}`, () => heard.push(id));
    applyFrame(store, frame("ticket.updated", { ticket: { id: "t", state: "TRIAGED" } }));
    store.flush();
    expect(heard).toEqual(["c1", "c4"]);
    expect(["c1", "c2", "c3", "c4"].map((id) => store.conversation(id)?.tickets?.[0]?.state)).toEqual(["TRIAGED", undefined, undefined, "TRIAGED"]);
    applyFrame(store, frame("ticket.updated", { ticket: { id: "t", state: "TRIAGED" } }));
    store.flush();
    expect(heard).toEqual(["c1", "c4"]);
  });

  it("leaves unknown events and broken frames alone", () => {
    const { store } = storeWithThread();
    applyFrame(store, frame("something.new", { value: 1 }));
    expect(parseFrame("{")).toBeNull();
    expect(parseFrame('{"cursor":"1"}')).toBeNull();
  });
});

describe("rule 6: our own changes lie over the server's rows", () => {
  const tagged = (tag: string) => (row: Conversation): Conversation => ({ ...row, tags: [...row.tags, tag] });

  it("shows a change at once and keeps the server's news under it", () => {
    const { store } = storeWithThread();
    const mine = tagged("mine");
    store.mergeConversation(conversation("c1", 1, { tags: [] }), "event");
    store.assume("c1", mine);
    store.mergeConversation(conversation("c1", 2, { tags: ["theirs"], status: "assigned" }), "event");
    expect(store.conversation("c1")).toMatchObject({ tags: ["theirs", "mine"], status: "assigned" });
  });

  it("takes back a refused change and nothing else, whatever the order", () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomFrom(seed);
      const { store } = storeWithThread();
      store.mergeConversation(conversation("c1", 1, { tags: [] }), "event");
      const changes = ["a", "b", "c", "d"].map((tag) => ({ tag, change: tagged(tag), refused: random() < 0.5 }));
      for (const { change } of changes) store.assume("c1", change);
      expect(store.conversation("c1")?.tags).toEqual(["a", "b", "c", "d"]);
      const accepted: string[] = [];
      let version = 1;
      for (const { tag, change, refused } of shuffled(changes, random)) {
        if (!refused) {
          accepted.push(tag);
          version += 1;
          const row = conversation("c1", version, { tags: [...accepted] });
          // The answer and the event may come in either order, and the event twice.
          for (const source of shuffled(["answer", "event", "event"] as const, random)) store.mergeConversation(row, source);
        }
        store.settle("c1", change);
      }
      expect(store.conversation("c1")?.tags, `seed ${seed}`).toEqual(accepted);
    }
  });

  it("moves a row between views and back when the change is refused", () => {
    const { store } = storeWithThread();
    store.setList(ALL, { load: "ready" });
    store.mergeConversation(conversation("c1", 1), "event");
    const closing = (row: Conversation): Conversation => ({ ...row, status: "closed" });
    store.assume("c1", closing);
    expect(store.list(KEY)?.ids).toEqual([]);
    store.settle("c1", closing);
    expect(store.list(KEY)?.ids).toEqual(["c1"]);
  });
});

describe("a long list", () => {
  it("is in the same order as one sorted whole, whatever rose in it", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = randomFrom(seed);
      const { store } = storeWithThread();
      store.setList(ALL, { load: "ready" });
      const at = (id: string, version: number) => conversation(id, version, { last_message_at: new Date(Date.UTC(2026, 0, 4) + Math.floor(random() * 5000)).toISOString() });
      const ids = Array.from({ length: 60 }, (_, index) => `c${index}`);
      store.mergePage(ALL, ids.map((id) => at(id, 1)), null);
      store.flush();
      for (let round = 2; round < 12; round += 1) {
        for (const id of shuffled(ids, random).slice(0, 1 + Math.floor(random() * 4))) store.mergeConversation(at(id, round), "event");
        store.flush();
        const shown = store.list(KEY)?.ids ?? [];
        const rows = shown.flatMap((id) => store.conversation(id) ?? []);
        expect(shown, `seed ${seed}`).toEqual([...rows].sort(byActivity).map((row) => row.id));
        expect(shown).toHaveLength(60);
      }
    }
  });
});

describe("views with filters", () => {
  it("hold what fits every filter", () => {
    const { store } = storeWithThread();
    const view: View = { ...ALL, team: "support", tag: "gate" };
    store.setList(view, { load: "ready" });
    store.mergeConversation(conversation("c1", 1, { tags: ["gate"] }), "event");
    store.mergeConversation(conversation("c2", 1, { tags: [] }), "event");
    store.mergeConversation(conversation("c3", 1, { tags: ["gate"], team: { id: "t2", slug: "sales" } }), "event");
    expect(store.list(viewKey(view))?.ids).toEqual(["c1"]);
    store.mergeConversation(conversation("c2", 2, { tags: ["gate"] }), "event");
    store.mergeConversation(conversation("c1", 2, { tags: [] }), "event");
    expect(store.list(viewKey(view))?.ids).toEqual(["c2"]);
  });
});
