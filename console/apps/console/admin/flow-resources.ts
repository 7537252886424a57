// What says where conversations go, how soon they are answered, and who else is told.
import { ADMIN, AUDITED, KEEPERS, OFFICE } from "./readers";
import type { Resource } from "./resources";

const PRIORITIES = ["low", "normal", "high", "urgent"] as const;

export const FLOW_RESOURCES = {
  "routing-rules": {
    path: "/api/v1/routing-rules",
    readers: OFFICE,
    writers: KEEPERS,
    columns: ["name", "order", "when", "then", "enabled"],
    inOrderOf: "order",
    state: { field: "enabled", off: "false" },
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "order", kind: "number", first: "100" },
      { name: "stop", kind: "toggle", first: true },
      { name: "when.keywords_any", kind: "words", part: "when" },
      { name: "when.channel", kind: "choices", choices: ["whatsapp", "sms", "email", "chat", "voice"], part: "when" },
      { name: "when.menu_choice", kind: "choices", choices: ["1", "2", "3", "4"], part: "when" },
      { name: "when.language", kind: "choices", choices: ["en", "fr", "es"], part: "when" },
      { name: "when.regex", kind: "text", part: "when" },
      { name: "when.intent", kind: "words", part: "when" },
      { name: "when.intent_confidence_gte", kind: "number", part: "when" },
      { name: "when.customer_tags_any", kind: "words", part: "when" },
      { name: "when.site_zone", kind: "words", part: "when" },
      { name: "when.account_profile", kind: "choices", choices: ["facility", "property", "dealership"], part: "when" },
      { name: "when.in_business_hours", kind: "either", part: "when" },
      { name: "when.is_new_contact", kind: "either", part: "when" },
      { name: "then.team", kind: "ref", from: "teams", by: "slug", whole: true, part: "then" },
      { name: "then.priority", kind: "choice", choices: PRIORITIES, part: "then" },
      { name: "then.required_skills", kind: "words", part: "then" },
      { name: "then.tags", kind: "words", part: "then" },
      { name: "then.ask", kind: "choice", choices: ["product_interest", "issue_type", "transaction_number", "service_request"], part: "then" },
      { name: "then.open_ticket.incident_type", kind: "text", part: "then" },
      { name: "then.open_ticket.priority", kind: "choice", choices: ["EMERGENCY", "URGENT", "ROUTINE"], part: "then" },
      { name: "then.assign_to", kind: "ref", from: "users", part: "then" },
      { name: "then.notify", kind: "choices", choices: ["supervisors", "on_call"], part: "then" },
      { name: "enabled", kind: "toggle", first: true },
    ],
  },
  "sla-policies": {
    path: "/api/v1/sla-policies",
    readers: OFFICE,
    writers: KEEPERS,
    columns: ["team", "frt_s", "resolution_s", "escalation_s", "calendar", "is_active"],
    state: { field: "is_active", off: "false" },
    fields: [
      { name: "team", kind: "ref", from: "teams", by: "slug", required: true },
      { name: "priority", label: "of_priority", kind: "choice", choices: PRIORITIES, required: true, first: "normal" },
      { name: "frt_s", kind: "minutes" },
      { name: "resolution_s", kind: "minutes" },
      { name: "escalation_s", kind: "minutes" },
      { name: "warning_s", kind: "minutes" },
      { name: "calendar", kind: "calendar" },
      { name: "is_active", kind: "toggle", only: "change" },
    ],
  },
  webhooks: {
    path: "/api/v1/webhooks",
    readers: AUDITED,
    writers: ADMIN,
    columns: ["url", "events", "description", "last_delivered_at", "is_active"],
    state: { field: "is_active", off: "false" },
    width: "sm:max-w-2xl",
    fields: [
      { name: "url", kind: "text", required: true },
      { name: "events", kind: "words", required: true, first: ["*"] },
      { name: "description", kind: "text" },
      { name: "is_active", kind: "toggle", only: "change" },
    ],
  },
} satisfies Record<string, Resource>;
