// The talk among colleagues: whatever the order of answers and events, each message stands once and in its place.
import { afterEach, describe, expect, it, vi } from "vitest";
import type { TalkMessage, TalkThread } from "../../lib/api/talk";
import type { Frame } from "../../lib/realtime/frames";
import { Talk } from "../../lib/realtime/talk";

const ME = "u-me";
const message = (seq: number, by = "u-them", client: string | null = null): TalkMessage => ({
  id: `m${seq}`,
  thread_id: "t",
  seq,
  author: { id: by, name: by },
  text: `message ${seq}`,
  mentions: [],
  client_message_id: client,
  conversation_id: null,
  created_at: new Date(1_700_000_000_000 + seq * 1000).toISOString(),
});
const thread = (seq: number, unread: number): TalkThread => ({
  id: "t",
  kind: "direct",
  title: null,
  team: null,
  members: [
    { id: ME, name: "Me", last_read_seq: 0 },
    { id: "u-them", name: "Them", last_read_seq: 0 },
  ],
  last_seq: seq,
  unread_count: unread,
  last_message: null,
  last_message_at: new Date(1_700_000_000_000 + seq * 1000).toISOString(),
  created_at: new Date(1_700_000_000_000).toISOString(),
});
const told = (one: TalkMessage): Frame => ({ event: "internal.message", cursor: null, ts: null, data: { message: one, thread_id: "t", mentioned: false } });

/** Answers calls by their method and the end of their path. */
function answering(answers: Record<string, (body: { client_message_id?: string }) => unknown>): void {
  vi.stubGlobal(
    "fetch",
    vi.fn((input: RequestInfo | URL, init?: RequestInit) => {
      const path = new URL(String(input), "http://localhost").pathname;
      const found = Object.entries(answers).find(([key]) => `${init?.method ?? "GET"} ${path}`.endsWith(key));
      if (found === undefined) return Promise.resolve(new Response(JSON.stringify({ error: { code: "NOT_FOUND", message: path } }), { status: 404 }));
      const body = typeof init?.body === "string" ? (JSON.parse(init.body) as { client_message_id?: string }) : {};
      return Promise.resolve().then(() => new Response(JSON.stringify(found[1](body)), { status: 200, headers: { "content-type": "application/json" } }));
    }),
  );
}

afterEach(() => vi.unstubAllGlobals());

describe("the talk", () => {
  it("holds each message once and in order, whether it was fetched, heard, or both", async () => {
    answering({ "/threads": () => ({ data: [thread(2, 1)], next_cursor: null }), "/t/messages": () => ({ data: [message(1), message(2)], next_cursor: null }) });
    const talk = new Talk(ME);
    await talk.load();
    const opening = talk.open("t");
    talk.hear(told(message(3)));
    await opening;
    talk.hear(told(message(2)));
    expect(talk.room("t").messages.map((one) => one.seq)).toEqual([1, 2, 3]);
    expect(talk.picture().threads[0]?.last_seq).toBe(3);
    expect(talk.picture().threads[0]?.unread_count).toBe(2);
    expect(talk.picture().unread).toBe(1);
  });

  it("puts what was said in the place of what was on its way, whichever of answer and event comes first", async () => {
    for (const first of ["event", "answer"]) {
      const talk = new Talk(ME);
      answering({
        "/threads": () => ({ data: [thread(0, 0)], next_cursor: null }),
        "GET /api/v1/internal/threads/t/messages": () => ({ data: [], next_cursor: null }),
        "POST /api/v1/internal/threads/t/messages": (body) => {
          const said = message(1, ME, body.client_message_id ?? null);
          if (first === "event") talk.hear(told(said));
          return said;
        },
      });
      await talk.load();
      await talk.open("t");
      const saying = talk.say("t", "message 1");
      expect(talk.room("t").unsaid).toHaveLength(1);
      await saying;
      talk.hear(told(message(1, ME, null)));
      expect(talk.room("t").unsaid).toEqual([]);
      expect(talk.room("t").messages).toHaveLength(1);
      expect(talk.picture().unread).toBe(0);
    }
  });

  it("keeps what was refused, and says why", async () => {
    answering({ "/threads": () => ({ data: [thread(0, 0)], next_cursor: null }) });
    const talk = new Talk(ME);
    await talk.load();
    await talk.say("t", "lost?");
    expect(talk.room("t").unsaid.map((one) => [one.text, one.error !== null])).toEqual([["lost?", true]]);
  });

  it("forgets a thread that one was taken out of", async () => {
    answering({ "/threads": () => ({ data: [thread(0, 0)], next_cursor: null }) });
    const talk = new Talk(ME);
    await talk.load();
    const without = { ...thread(0, 0), members: [{ id: "u-them", name: "Them", last_read_seq: 0 }] };
    talk.hear({ event: "internal.thread", cursor: null, ts: null, data: { thread: without } });
    expect(talk.picture().threads).toEqual([]);
  });
});
