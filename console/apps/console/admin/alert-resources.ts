// What becomes an alert, who is told of it, and who is on call.
import { alertTexts } from "../../../lib/i18n/alerts";
import { KEEPERS, OFFICE } from "./readers";
import type { Resource } from "./resources";

/** The figures of the signals page that a rule can watch. */
export const FIGURES = [
  "STUCK_SCHEDULING",
  "COMPLETION_REJECTION_SPIKE",
  "IDEMPOTENCY_CONFLICT_SPIKE",
  "AUTH_POLICY_FAILURE_SPIKE",
  "SLA_BREACH",
  "BOOKING_EXHAUSTED",
  "OUTBOX_DEAD_LETTER",
  "INVOICE_SYNC_FAILED",
  "INTEGRATION_CIRCUIT_OPEN",
  "WEBHOOK_SIGNATURE_SPIKE",
  "INBOX_UNHEALTHY",
  "QUEUE_BACKLOG",
  "SLOW_FRT",
  "HIGH_AGENT_LOAD",
] as const;

const OF_EVENTS = { field: "when.metric", is: [""] } as const;
const OF_FIGURES = { field: "when.metric", is: FIGURES } as const;

export const ALERT_RESOURCES = {
  "alert-rules": {
    path: "/api/v1/alert-rules",
    readers: OFFICE,
    writers: KEEPERS,
    columns: ["name", "order", "when", "severity", "ladder_id", "enabled"],
    inOrderOf: "order",
    state: { field: "enabled", off: "false" },
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "order", kind: "number", first: "100" },
      { name: "when.metric", label: "when.metric", kind: "choice", choices: FIGURES, part: "when", whole: true },
      { name: "when.at_least", kind: "number", part: "when", when: OF_FIGURES },
      { name: "when.clear_at", kind: "number", part: "when", when: OF_FIGURES },
      { name: "when.for_s", kind: "number", part: "when", when: OF_FIGURES },
      { name: "when.events", kind: "words", part: "when", when: OF_EVENTS },
      { name: "when.codes", kind: "words", part: "when", when: OF_EVENTS },
      { name: "when.teams", kind: "refs", from: "teams", part: "when", when: OF_EVENTS },
      { name: "when.inboxes", kind: "refs", from: "inboxes", part: "when", when: OF_EVENTS },
      { name: "when.priorities", kind: "choices", choices: ["low", "normal", "high", "urgent"], part: "when", when: OF_EVENTS },
      { name: "severity", kind: "choice", choices: ["critical", "warning", "info"], part: "then" },
      { name: "ladder_id", kind: "ref", from: "escalation-ladders", part: "then" },
      { name: "group_by", kind: "choices", choices: ["code", "conversation", "ticket", "team", "inbox"], part: "then" },
      { name: "enabled", kind: "toggle", first: true },
    ],
  },
  "escalation-ladders": {
    path: "/api/v1/escalation-ladders",
    readers: OFFICE,
    writers: KEEPERS,
    columns: ["name", "steps", "repeat", "next", "is_active"],
    state: { field: "is_active", off: "false" },
    width: "sm:max-w-xl",
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "steps", kind: "steps", required: true },
      { name: "repeat", kind: "number" },
      { name: "next", kind: "ref", from: "escalation-ladders" },
      { name: "is_active", kind: "toggle", only: "change" },
    ],
  },
  "on-call-schedules": {
    path: "/api/v1/on-call-schedules",
    readers: OFFICE,
    writers: KEEPERS,
    columns: ["name", "timezone", "rotations", "overrides", "is_active"],
    state: { field: "is_active", off: "false" },
    width: "sm:max-w-xl",
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "timezone", kind: "text", required: true, first: "UTC" },
      { name: "rotations", kind: "rotations", required: true },
      { name: "overrides", kind: "overrides" },
      { name: "is_active", kind: "toggle", only: "change" },
    ],
  },
  "notification-templates": {
    path: "/api/v1/notification-templates",
    readers: OFFICE,
    writers: KEEPERS,
    columns: ["code", "subject", "version", "enabled"],
    state: { field: "enabled", off: "false" },
    width: "sm:max-w-xl",
    fields: [
      { name: "code", label: "alert_code", kind: "choice", choices: ["*", ...Object.keys(alertTexts.en.codes).filter((code) => code !== "CONVERSATION_NEW")], required: true, only: "create" },
      { name: "language", kind: "choice", choices: ["en", "fr"], required: true, first: "en", only: "create" },
      { name: "subject", kind: "text", required: true },
      { name: "text", kind: "long", required: true },
      { name: "enabled", kind: "toggle", only: "change" },
    ],
  },
} satisfies Record<string, Resource>;
