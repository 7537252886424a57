// What can be administered: where it is kept, who may change it, which fields it has. A test holds the fields against the
// API document.
import { isRecord } from "../../../lib/api/http";
import { choiceName } from "./choice-name";
import type { Field } from "./fields";
import { ALERT_RESOURCES } from "./alert-resources";
import { AUTOMATION_RESOURCES } from "./automation-resources";
import { FLOW_RESOURCES } from "./flow-resources";
import { ADMIN, DESK, KEEPERS, OFFICE, READERS } from "./readers";
import { URGENCIES } from "./urgencies";

export type ResourceName = keyof typeof RESOURCES;

export interface Resource {
  path: string;
  /** Who sees the page, and who may change its rows. */
  readers: readonly string[];
  writers: readonly string[];
  /** Columns of the list, by field; the first names the row. */
  columns: readonly string[];
  fields: readonly Field[];
  search?: boolean;
  /** How a change is sent. */
  method?: "PATCH" | "PUT";
  /** What says that a row is out of use. */
  state: { field: "is_active" | "active" | "enabled" | "status"; off: string };
  /** The rows stand in the order of this field. */
  inOrderOf?: string;
  /** What its rows have in common with no other rows at the path: asked for in lists, and said of each new one. */
  only?: Readonly<Record<string, string>>;
  /** How wide its drawer is. */
  width?: string;
}

const ACTIVE_STATUS: Field = { name: "status", kind: "choice", choices: ["active", "inactive"], only: "change" };
const IS_ACTIVE: Field = { name: "is_active", kind: "toggle", only: "change" };

export const ROLES = [
  "admin",
  "supervisor",
  "team_lead",
  "support_agent",
  "dispatcher",
  "technician",
  "vendor",
  "qa",
  "approver",
  "finance",
  "auditor",
] as const;

const RESOURCE_TABLE = {
  inboxes: {
    path: "/api/v1/inboxes",
    readers: OFFICE,
    writers: ADMIN,
    columns: ["name", "channel", "address", "team", "health", "waiting"],
    state: { field: "is_active", off: "false" },
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "channel", kind: "choice", choices: ["whatsapp", "sms", "email", "chat"], required: true, only: "create", first: "whatsapp" },
      { name: "address", kind: "text", when: { field: "channel", is: ["whatsapp", "sms", "email"] } },
      { name: "team", kind: "ref", from: "teams", by: "slug" },
      { name: "triage", kind: "choice", choices: ["direct", "menu"], first: "direct" },
      { name: "account", kind: "ref", from: "accounts" },
      { name: "phone_number_id", kind: "text", when: { field: "channel", is: ["whatsapp"] } },
      { name: "business_account_id", kind: "text", when: { field: "channel", is: ["whatsapp"] } },
      { name: "access_token", kind: "secret", when: { field: "channel", is: ["whatsapp"] } },
      { name: "verify_token", kind: "secret", when: { field: "channel", is: ["whatsapp"] } },
      { name: "app_secrets", kind: "secrets", when: { field: "channel", is: ["whatsapp"] } },
      { name: "account_sid", kind: "text", when: { field: "channel", is: ["sms"] } },
      { name: "auth_tokens", kind: "secrets", when: { field: "channel", is: ["sms"] } },
      { name: "voice", kind: "toggle", when: { field: "channel", is: ["sms"] } },
      { name: "inbound", kind: "choice", choices: ["mailgun", "sendgrid", "postmark", "smtp"], when: { field: "channel", is: ["email"] } },
      { name: "signing_keys", kind: "secrets", when: { field: "channel", is: ["email"] } },
      { name: "smtp_url", kind: "secret", when: { field: "channel", is: ["email"] } },
      { name: "reply_domain", kind: "text", when: { field: "channel", is: ["email"] } },
      { name: "reply_token_secret", kind: "secret", when: { field: "channel", is: ["email"] } },
      { name: "dkim", kind: "choice", choices: ["verify", "off"], when: { field: "channel", is: ["email"] } },
      { name: "greeting", kind: "long", when: { field: "channel", is: ["chat"] } },
      { name: "identity_mode", kind: "choice", choices: ["hmac", "jwt"], when: { field: "channel", is: ["chat"] } },
      { name: "identity_secrets", kind: "secrets", when: { field: "channel", is: ["chat"] } },
      { name: "require_identity", kind: "toggle", when: { field: "channel", is: ["chat"] } },
      { name: "allowed_origins", kind: "words", when: { field: "channel", is: ["chat"] } },
      { name: "timezone", kind: "text", when: { field: "channel", is: ["chat"] } },
      { name: "api_base", kind: "text", when: { field: "channel", is: ["whatsapp", "sms"] } },
      IS_ACTIVE,
    ],
  },
  teams: {
    path: "/api/v1/teams",
    readers: READERS,
    writers: ADMIN,
    columns: ["name", "slug", "timezone", "is_active"],
    state: { field: "is_active", off: "false" },
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "slug", kind: "text", required: true },
      { name: "auto_assign", kind: "toggle" },
      { name: "timezone", kind: "text" },
      { name: "business_hours", kind: "openings" },
      { name: "holidays", kind: "days" },
      IS_ACTIVE,
    ],
  },
  users: {
    path: "/api/v1/users",
    readers: OFFICE,
    writers: ADMIN,
    columns: ["full_name", "email", "role", "teams", "is_active"],
    state: { field: "is_active", off: "false" },
    fields: [
      { name: "full_name", kind: "text", required: true },
      { name: "email", kind: "text", required: true },
      { name: "role", kind: "choice", choices: ROLES, required: true, first: "support_agent" },
      { name: "teams", kind: "refs", from: "teams", by: "slug" },
      { name: "password", kind: "secret" },
      { name: "max_concurrent_conversations", kind: "number" },
      IS_ACTIVE,
    ],
  },
  "canned-responses": {
    path: "/api/v1/canned-responses",
    readers: OFFICE,
    writers: ADMIN,
    columns: ["shortcut", "title", "text", "team", "is_active"],
    state: { field: "is_active", off: "false" },
    fields: [
      { name: "shortcut", kind: "text", required: true },
      { name: "title", kind: "text", required: true },
      { name: "text", kind: "long", required: true },
      { name: "team", kind: "ref", from: "teams", by: "slug" },
      IS_ACTIVE,
    ],
  },
  templates: {
    path: "/api/v1/templates",
    readers: OFFICE,
    writers: ADMIN,
    columns: ["name", "language", "category", "status", "body"],
    state: { field: "status", off: "DISABLED" },
    fields: [
      { name: "inbox", kind: "ref", from: "inboxes", by: "name", only: "create" },
      { name: "name", kind: "text", required: true },
      { name: "language", kind: "text", required: true, first: "en_US" },
      { name: "category", kind: "choice", choices: ["UTILITY", "MARKETING", "AUTHENTICATION"], required: true, first: "UTILITY" },
      { name: "body", kind: "long", required: true },
      { name: "status", kind: "choice", choices: ["PENDING", "APPROVED", "REJECTED", "PAUSED", "DISABLED"], first: "PENDING" },
    ],
  },
  services: {
    path: "/api/v1/services",
    readers: READERS,
    writers: KEEPERS,
    search: true,
    columns: ["name", "code", "category", "base_price_cents", "default_duration_min", "status"],
    state: { field: "status", off: "archived" },
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "code", kind: "text", required: true },
      { name: "base_price_cents", kind: "money", required: true },
      { name: "currency", kind: "text" },
      { name: "category", kind: "text" },
      { name: "skill_key", kind: "text" },
      { name: "default_duration_min", kind: "number" },
      { name: "requires_approval", kind: "toggle" },
      { name: "tax_code", kind: "text" },
      { name: "status", kind: "choice", choices: ["active", "archived"], only: "change" },
    ],
  },
  zones: {
    path: "/api/v1/zones",
    readers: READERS,
    writers: KEEPERS,
    search: true,
    columns: ["name", "description", "radius_km", "region_weight", "status"],
    state: { field: "status", off: "inactive" },
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "description", kind: "text" },
      { name: "account_id", kind: "ref", from: "accounts", only: "create" },
      { name: "centroid_lat", kind: "number" },
      { name: "centroid_lon", kind: "number" },
      { name: "radius_km", kind: "number" },
      { name: "region_weight", kind: "number" },
      ACTIVE_STATUS,
    ],
  },
  accounts: {
    path: "/api/v1/accounts",
    readers: READERS,
    writers: ADMIN,
    search: true,
    columns: ["name", "profile", "sla_tier", "timezone", "status"],
    state: { field: "status", off: "inactive" },
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "profile", kind: "choice", choices: ["facility", "property", "dealership"], first: "facility" },
      { name: "sla_tier", kind: "choice", choices: ["standard", "priority", "critical"], first: "standard" },
      { name: "currency", kind: "text" },
      { name: "locale", kind: "text" },
      { name: "timezone", kind: "text" },
      { name: "default_nte_cents", kind: "money" },
      ACTIVE_STATUS,
    ],
  },
  sites: {
    path: "/api/v1/sites",
    readers: READERS,
    writers: ADMIN,
    search: true,
    columns: ["name", "code", "city", "phone", "zone_id", "status"],
    state: { field: "status", off: "inactive" },
    fields: [
      { name: "account_id", kind: "ref", from: "accounts", required: true, only: "create" },
      { name: "name", kind: "text", required: true },
      { name: "code", kind: "text" },
      { name: "address1", kind: "text", required: true },
      { name: "address2", kind: "text" },
      { name: "unit", kind: "text" },
      { name: "city", kind: "text", required: true },
      { name: "region", kind: "text" },
      { name: "postal_code", kind: "text" },
      { name: "country", kind: "text", required: true },
      { name: "timezone", kind: "text", required: true },
      { name: "phone", kind: "text" },
      { name: "email", kind: "text" },
      { name: "zone_id", kind: "ref", from: "zones" },
      { name: "access_instructions", kind: "long" },
      { name: "exclusive_technician_id", kind: "ref", from: "technicians" },
      { name: "is_audit_flagged", kind: "toggle" },
      { name: "bill_to.name", kind: "text" },
      { name: "bill_to.address1", kind: "text" },
      { name: "bill_to.city", kind: "text" },
      { name: "bill_to.country", kind: "text" },
      ACTIVE_STATUS,
    ],
  },
  assets: {
    path: "/api/v1/assets",
    readers: READERS,
    writers: DESK,
    search: true,
    columns: ["make", "kind", "model", "year", "vin", "site_id", "status"],
    state: { field: "status", off: "inactive" },
    fields: [
      { name: "account_id", kind: "ref", from: "accounts", required: true, only: "create" },
      { name: "site_id", kind: "ref", from: "sites" },
      { name: "kind", kind: "choice", choices: ["vehicle", "equipment"], required: true, first: "equipment" },
      { name: "make", kind: "text" },
      { name: "model", kind: "text" },
      { name: "year", kind: "number" },
      { name: "serial", kind: "text" },
      { name: "vin", kind: "text", when: { field: "kind", is: ["vehicle"] } },
      { name: "stock_no", kind: "text" },
      { name: "tag", kind: "text" },
      { name: "install_date", kind: "date" },
      { name: "warranty_end", kind: "date" },
      ACTIVE_STATUS,
    ],
  },
  technicians: {
    path: "/api/v1/technicians",
    readers: READERS,
    writers: DESK,
    search: true,
    columns: ["name", "phone_e164", "skills", "zones", "availability", "status"],
    state: { field: "status", off: "deactivated" },
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "phone_e164", kind: "text" },
      { name: "email", kind: "text" },
      { name: "skills", kind: "words" },
      { name: "zones", kind: "refs", from: "zones" },
      { name: "home_zone_id", kind: "ref", from: "zones" },
      { name: "availability", kind: "choice", choices: ["AVAILABLE", "BUSY", "OFFLINE", "ON_LEAVE"], first: "AVAILABLE" },
      { name: "max_active_jobs", kind: "number" },
      { name: "priority_rank", kind: "number" },
      { name: "user_id", kind: "ref", from: "users" },
      { name: "working_hours", kind: "hours" },
      { name: "status", kind: "choice", choices: ["active", "deactivated"], only: "change" },
    ],
  },
  vendors: {
    path: "/vendors",
    method: "PUT",
    readers: READERS,
    writers: DESK,
    search: true,
    columns: ["name", "phones", "specialties", "priority", "available_24_7", "status"],
    state: { field: "status", off: "inactive" },
    fields: [
      { name: "name", kind: "text", required: true },
      { name: "phones", kind: "words" },
      { name: "email", kind: "text" },
      { name: "specialties", kind: "words" },
      { name: "priority", kind: "number" },
      { name: "available_24_7", kind: "toggle" },
      { name: "hours", kind: "hours" },
      { name: "notes", kind: "long" },
      ACTIVE_STATUS,
    ],
  },
  "ranking-rules": {
    path: "/api/v1/ranking-rules",
    readers: READERS,
    writers: KEEPERS,
    columns: ["description", "site_id", "service_id", "vehicle_make", "urgency_match", "target_urgency", "ranking_score", "is_active"],
    state: { field: "is_active", off: "false" },
    fields: [
      { name: "description", kind: "text", required: true },
      { name: "site_id", kind: "ref", from: "sites" },
      { name: "service_id", kind: "ref", from: "services" },
      { name: "vehicle_make", kind: "text" },
      { name: "urgency_match", kind: "choice", choices: URGENCIES },
      { name: "target_urgency", kind: "choice", choices: URGENCIES, required: true, first: "HIGH" },
      { name: "ranking_score", kind: "number" },
      { name: "is_active", kind: "toggle", first: true },
    ],
  },
  "incident-templates": {
    path: "/api/v1/incident-templates",
    readers: READERS,
    writers: KEEPERS,
    search: true,
    columns: ["incident_type", "default_priority", "sla_minutes", "required_evidence_keys", "high_risk", "active"],
    state: { field: "active", off: "false" },
    fields: [
      { name: "incident_type", kind: "text", required: true, only: "create" },
      { name: "default_priority", kind: "choice", choices: ["EMERGENCY", "URGENT", "ROUTINE"], first: "ROUTINE" },
      { name: "required_evidence_keys", kind: "words", required: true },
      { name: "required_checklist_keys", kind: "words" },
      { name: "required_intake_fields", kind: "words" },
      { name: "sla_minutes", kind: "number" },
      { name: "default_nte_cents", kind: "money" },
      { name: "high_risk", kind: "toggle" },
      { name: "active", kind: "toggle", first: true },
    ],
  },
  ...FLOW_RESOURCES,
  ...AUTOMATION_RESOURCES,
  ...ALERT_RESOURCES,
} satisfies Record<string, Resource>;

export const RESOURCES: { readonly [Name in keyof typeof RESOURCE_TABLE]: Resource } = RESOURCE_TABLE;

/** The pages of the administration, in groups. */
export const GROUPS: readonly (readonly [group: "people" | "channels" | "flow" | "alerts" | "places" | "work", pages: readonly ResourceName[]])[] = [
  ["people", ["users", "teams", "technicians", "vendors"]],
  ["channels", ["inboxes", "canned-responses", "templates"]],
  ["flow", ["routing-rules", "automations", "macros", "sla-policies", "webhooks"]],
  ["alerts", ["alert-rules", "escalation-ladders", "on-call-schedules", "notification-templates"]],
  ["places", ["accounts", "sites", "zones", "assets"]],
  ["work", ["services", "ranking-rules", "incident-templates"]],
];

export function isResource(name: string): name is ResourceName {
  return name in RESOURCES;
}

/** What a row is called among people; `words` say what is a word of ours. */
export function nameOf(name: ResourceName, row: { readonly [field: string]: unknown }, words: Readonly<Record<string, string>> = {}): string {
  if (name === "notification-templates") return ["code", "language"].map((part) => choiceName(part, String(row[part]), words)).join(" · ");
  const first = RESOURCES[name].columns[0] ?? "id";
  const named = name === "assets" ? ["make", "model", "vin", "serial"] : name === "sla-policies" ? ["team", "priority"] : [first];
  const parts = named.flatMap((part) => {
    const value = row[part];
    if (!value) return [];
    if (isRecord(value)) return [String(value["slug"] ?? value["name"])];
    return [part === "priority" ? choiceName(part, String(value), words) : String(value)];
  });
  return parts.join(name === "assets" ? " " : " · ") || String(row["id"]).slice(-8);
}
