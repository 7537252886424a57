import { describe, expect, it } from "vitest";
import { matching, slashAt } from "../../apps/console/composer/canned";
import { fieldsOf, filled, shapeOf } from "../../apps/console/composer/template-shape";
import { filledIn, firstGap } from "../../apps/console/composer/variables";
import { atSign } from "../../apps/console/composer/mentions";
import { itemsOf } from "../../apps/console/thread/items";
import { bodyOf, firstDraft, inTheirWords } from "../../apps/console/tickets/ticket-draft";
import type { Thread } from "../../lib/realtime/store";
import { initials } from "../../lib/ui/avatar";
import { conversation, message } from "./rows";

const thread = (part: Partial<Thread>): Thread => ({ messages: [], notes: [], outgoing: [], calls: [], drafts: [], load: "ready", older: "none", error: null, ...part });

describe("the lines of a thread", () => {
  it("puts a note between the messages it was written between", () => {
    const note = { id: "n1", conversation_id: "c1", text: "x", author: { id: "u", name: "Sam" }, created_at: message(2).timestamp };
    const kinds = itemsOf(thread({ messages: [message(1), message(3)], notes: [note] }), "me", null).map((item) => item.kind);
    expect(kinds).toEqual(["day", "message", "note", "message"]);
  });

  it("groups what one person says within a few minutes", () => {
    const items = itemsOf(thread({ messages: [message(1), message(2), message(3, { direction: "outbound", sender: { type: "agent", id: "me", name: "Me" } })] }), "me", null);
    expect(items.flatMap((item) => (item.kind === "message" ? [item.grouped] : []))).toEqual([false, true, false]);
  });

  it("keeps a bubble's key and grouping when it is confirmed", () => {
    const before = itemsOf(thread({ outgoing: [{ client_message_id: "k", conversation_id: "c1", text: "hi", file: null, at: message(1).timestamp, seen_seq: null, state: "queued", reason: null }] }), "me", null);
    const after = itemsOf(thread({ messages: [message(1, { client_message_id: "k", direction: "outbound", sender: { type: "agent", id: "me", name: "Me" } })] }), "me", null);
    expect(before.at(-1)).toMatchObject({ key: "k", grouped: false });
    expect(after.at(-1)).toMatchObject({ key: "k", grouped: false });
  });

  it("draws the line where the unread messages begin", () => {
    const kinds = itemsOf(thread({ messages: [message(1), message(2)] }), "me", 1).map((item) => item.kind);
    expect(kinds).toEqual(["day", "message", "unread", "message"]);
  });
});

describe("saved replies", () => {
  const reply = { is_active: true, team: null, version: 1, created_at: "2026-01-05T12:00:00Z", updated_at: "2026-01-05T12:00:00Z" };
  const replies = [
    { ...reply, id: "1", shortcut: "hello", title: "Greeting", text: "Hello there" },
    { ...reply, id: "2", shortcut: "eta", title: "On the way", text: "A technician says hello soon" },
  ];

  it("opens at a slash that starts a word, wherever the caret is", () => {
    expect(slashAt("/he", 3)).toEqual({ start: 0, end: 3, query: "he" });
    expect(slashAt("Dear Maya, /eta now", 15)).toEqual({ start: 11, end: 15, query: "eta" });
    expect(slashAt("and/or", 6)).toBeNull();
    expect(slashAt("https://x", 9)).toBeNull();
  });

  it("finds by short code first, then by title and text", () => {
    expect(matching(replies, "hel").map((one) => one.id)).toEqual(["1", "2"]);
    expect(matching(replies, "way").map((one) => one.id)).toEqual(["2"]);
    expect(matching(replies, "zzz")).toEqual([]);
  });
});

describe("small things", () => {
  it("reads what a template asks for", () => {
    expect(fieldsOf("Hello {{2}}, see you {{1}}, {{2}}")).toEqual(["1", "2"]);
    expect(fieldsOf("{{last}}, {{first}}")).toEqual(["last", "first"]);
    expect(filled("{{last}}, {{first}}", ["last", "first"], ["Diaz", ""])).toBe("Diaz, {{first}}");
    const components = [
      { type: "HEADER", format: "IMAGE" },
      { type: "BODY", text: "Your code: {{1}}" },
      { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "Yes" }, { type: "URL", text: "Track", url: "https://x.test/{{1}}" }, { type: "COPY_CODE", text: "Copy" }] },
    ];
    const template = { id: "t", name: "code", language: "en", category: "utility", body: "", status: "approved", inbox: { id: "i", name: "wa" }, components, param_count: 1, provider_id: null, synced_at: null, version: 1, created_at: "", updated_at: "" };
    expect(shapeOf(template)).toMatchObject({
      fields: ["1"],
      header: "image",
      buttons: [{ index: 1, kind: "url", text: "Track" }, { index: 2, kind: "copy_code", text: "Copy" }],
      titles: ["Yes", "Track", "Copy"],
    });
  });

  it("fills in what a saved reply can know and finds what it cannot", () => {
    const me = { user: { id: "me", full_name: "Sam Lee", role: "team_lead", email: null, teams: [] }, permissions: [] };
    const text = filledIn("Hi {{ contact.first_name }}, {{agent.name}} comes on {{date}}.", conversation("c1", 1), me);
    expect(text).toBe("Hi Maya, Sam Lee comes on {{date}}.");
    expect(firstGap(text)).toEqual({ name: "date", start: 26, end: 34 });
    expect(firstGap("nothing to fill")).toBeNull();
  });

  it("hears an at sign where a name may begin", () => {
    expect(atSign("Ask @An", 7)).toEqual({ start: 4, end: 7, query: "An" });
    expect(atSign("Ask @Ana Mor", 12)?.query).toBe("Ana Mor");
    expect(atSign("a@b", 3)).toBeNull();
  });

  it("writes people as initials", () => {
    expect(["Maya Lindqvist", "Tomás", "+15550101001", "ada.moreau"].map(initials)).toEqual(["ML", "T", "01", "AM"]);
  });

  it("starts a ticket from what the customer said, and sends only what its kind takes", () => {
    const draft = inTheirWords(firstDraft(conversation("c1", 1)), null, [message(1, { content: { type: "text", text: "The  gate is stuck\nagain" } })]);
    expect(draft).toMatchObject({ summary: "The gate is stuck again", contact_phone: "+15550101001" });
    expect(Object.keys(bodyOf(draft))).toEqual(["mode", "account_id", "site_id", "summary"]);
    expect(Object.keys(bodyOf({ ...draft, mode: "intake" }))).toContain("identity_confidence");
  });
});
