import { FORGETFUL } from "../../lib/realtime/kept-outbox";
import { describe, expect, it, vi } from "vitest";
import type { Outgoing as Sent } from "../../lib/api/hub";
import { ApiError } from "../../lib/api/http";
import type { Message } from "../../lib/api/model";
import { MOVED, Outbox, answeredSeq } from "../../lib/realtime/outbox";
import { Store } from "../../lib/realtime/store";
import { message } from "./rows";

type Post = (id: string, out: Sent) => Promise<Message>;

function outboxWith(post: Post): { store: Store; outbox: Outbox } {
  const store = new Store({ id: "me", role: "team_lead" }, { now: () => 0, schedule: () => undefined });
  store.setThread("c1", { load: "ready" });
  return { store, outbox: new Outbox(store, FORGETFUL, post) };
}

function confirmed(seq: number, out: Sent): Message {
  return message(seq, { message_id: `m-${out.client_message_id}`, client_message_id: out.client_message_id, direction: "outbound", sender: { type: "agent", id: "me", name: "Me" }, status: "pending", content: { type: "text", text: out.text } });
}

const refusal = (status: number, code: string) => new ApiError(status, code, "no", null, {});

describe("the outbox", () => {
  it("shows a bubble before the server has answered", () => {
    const { store, outbox } = outboxWith(() => new Promise(() => undefined));
    outbox.send("c1", "hello", 1);
    expect(store.thread("c1").outgoing.map((one) => [one.text, one.state])).toEqual([["hello", "queued"]]);
  });

  it("sends ten texts in the order they were written, one at a time", async () => {
    const texts: string[] = [];
    let running = 0;
    let most = 0;
    const { store, outbox } = outboxWith(async (_, out) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      running -= 1;
      texts.push(out.text);
      return confirmed(texts.length, out);
    });
    for (let index = 0; index < 10; index += 1) outbox.send("c1", `text ${index}`, 0);
    await vi.waitFor(() => expect(store.thread("c1").outgoing).toEqual([]));
    expect(texts).toEqual(Array.from({ length: 10 }, (_, index) => `text ${index}`));
    expect(most).toBe(1);
  });

  it("repeats under the same client id when the server cannot be reached", async () => {
    const ids: string[] = [];
    const { store, outbox } = outboxWith(async (_, out) => {
      ids.push(out.client_message_id);
      if (ids.length === 1) throw refusal(0, "NETWORK");
      return confirmed(1, out);
    });
    outbox.send("c1", "hello", null);
    await vi.waitFor(() => expect(ids).toHaveLength(1));
    expect(store.thread("c1").outgoing[0]?.state).toBe("queued");
    await new Promise((resolve) => setTimeout(resolve, 0));
    outbox.resume();
    await vi.waitFor(() => expect(store.thread("c1").outgoing).toEqual([]));
    expect(new Set(ids).size).toBe(1);
  });

  it("marks a refused message failed, and a retry keeps its bubble", async () => {
    let refuse = true;
    const { store, outbox } = outboxWith(async (_, out) => {
      if (refuse) throw refusal(409, "CONTACT_OPTED_OUT");
      return confirmed(1, out);
    });
    outbox.send("c1", "hello", null);
    await vi.waitFor(() => expect(store.thread("c1").outgoing[0]?.state).toBe("failed"));
    const id = store.thread("c1").outgoing[0]?.client_message_id ?? "";
    refuse = false;
    outbox.retry("c1", id);
    await vi.waitFor(() => expect(store.thread("c1").messages.map((one) => one.client_message_id)).toEqual([id]));
  });

  it("gives the text back when a colleague answered first", async () => {
    const { store, outbox } = outboxWith(async () => {
      throw refusal(409, MOVED);
    });
    outbox.send("c1", "one", 3);
    outbox.send("c1", "two", 3);
    await vi.waitFor(() => expect(store.stopped("c1")).toEqual({ text: "one\ntwo", file: null, after_seq: 3 }));
    expect(store.thread("c1").outgoing).toEqual([]);
  });

  it("does not count our own messages as news to ourselves", async () => {
    const seen: (number | null)[] = [];
    const { store, outbox } = outboxWith(async (_, out) => {
      seen.push(out.seen_seq);
      return confirmed(5 + seen.length, out);
    });
    store.mergeMessages("c1", [message(5)]);
    outbox.send("c1", "one", 5);
    outbox.send("c1", "two", 5);
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    expect(seen).toEqual([5, 6]);
  });

  it("counts what a colleague wrote since the reply was begun as unseen, and nothing else", () => {
    const ours = (seq: number, id: string, type: "agent" | "ai" | "system" = "agent") => message(seq, { direction: "outbound", sender: { type, id, name: id } });
    expect(answeredSeq([message(1), message(2)], 1, "me")).toBe(2);
    expect(answeredSeq([message(1), ours(2, "ada"), message(3)], 1, "me")).toBe(1);
    expect(answeredSeq([message(1), message(2), ours(3, "bot", "ai"), ours(4, "ada")], 1, "me")).toBe(2);
    expect(answeredSeq([message(1), ours(2, "me"), ours(3, "hub", "system")], 1, "me")).toBe(3);
    expect(answeredSeq([message(1), ours(2, "ada")], 2, "me")).toBe(2);
    expect(answeredSeq([message(1), ours(2, "ada")], null, "me")).toBe(2);
    expect(answeredSeq([], null, "me")).toBe(null);
  });
});
