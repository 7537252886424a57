// What the hub does by itself when something happens, and what agents have done with one word.
import type { Field } from "./fields";
import { KEEPERS, READERS } from "./readers";
import type { Resource } from "./resources";

const EVENTS = ["message.received", "message.sent", "conversation.new", "conversation.assigned", "conversation.updated", "triage.completed"] as const;
const THEN: Field = { name: "then", kind: "actions", required: true };
const COMMON = {
  path: "/api/v1/automations",
  readers: READERS,
  writers: KEEPERS,
  inOrderOf: "order",
  state: { field: "enabled", off: "false" },
  width: "sm:max-w-2xl",
} as const;

export const AUTOMATION_RESOURCES = {
  automations: {
    ...COMMON,
    only: { kind: "automation" },
    columns: ["name", "order", "on", "when", "then", "enabled"],
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "order", kind: "number", first: "100" },
      { name: "on", kind: "choices", choices: EVENTS, required: true, first: ["message.received"] },
      { name: "when.keywords_any", kind: "words", whole: true, part: "when" },
      { name: "when.regex", kind: "text", part: "when" },
      { name: "when.channels", kind: "choices", choices: ["whatsapp", "sms", "email", "chat", "voice"], part: "when" },
      { name: "when.inboxes", kind: "refs", from: "inboxes", by: "name", part: "when" },
      { name: "when.teams", kind: "refs", from: "teams", by: "slug", part: "when" },
      { name: "when.statuses", kind: "choices", choices: ["new", "triage", "queued", "assigned", "pending_agent", "pending_customer", "closed"], part: "when" },
      { name: "when.priorities", kind: "choices", choices: ["low", "normal", "high", "urgent"], part: "when" },
      { name: "when.tags_any", kind: "words", part: "when" },
      { name: "when.tags_none", kind: "words", part: "when" },
      { name: "when.senders", kind: "choices", choices: ["customer", "agent", "ai", "system", "vendor"], part: "when" },
      { name: "when.assigned", kind: "either", part: "when" },
      { name: "when.in_business_hours", kind: "either", part: "when" },
      THEN,
      { name: "enabled", kind: "toggle", first: true },
    ],
  },
  macros: {
    ...COMMON,
    only: { kind: "macro" },
    columns: ["name", "order", "then", "enabled"],
    fields: [{ name: "name", kind: "text", required: true }, { name: "order", kind: "number", first: "100" }, THEN, { name: "enabled", kind: "toggle", first: true }],
  },
} satisfies Record<string, Resource>;
