// The commands of the action bar: in which order they stand, what each asks for, and where it leads. What is possible the
// server says; a test holds the fields against the API document.
import type { TicketView } from "../../../lib/api/dispatch";
import type { Me } from "../../../lib/api/model";
import type { Body } from "../../../lib/api/rows";
import type { Field } from "../admin/fields";

export interface Command {
  /** Its place in the API document. */
  path: string;
  fields: readonly Field[];
  /** States it leads to; none when the state stays. */
  to: readonly string[];
  /** Only what was changed is sent. */
  changes?: true;
  /** Leaves the usual way: before and after are shown. */
  overrides?: true;
  /** What is sent without being asked for. */
  fixed?: (ticket: TicketView, me: Me, now: number) => Body;
  /** Asks for more than fields: a file, a checklist, an offered window. */
  form?: "evidence" | "checklist" | "offer";
}

const PRIORITIES = ["EMERGENCY", "URGENT", "ROUTINE"] as const;
const URGENCIES = ["LOW", "MEDIUM", "HIGH", "CRITICAL"] as const;
const REASON: Field = { name: "reason", kind: "long", required: true };
const LONG_REASON: Field = { ...REASON, least: 10 };
const at = (path: string) => `/tickets/{ticket_id}/${path}`;
const now = (_ticket: TicketView, _me: Me, moment: number): Body => ({ timestamp: new Date(moment).toISOString() });
const given = (name: string, value: string | undefined): Body => (value === undefined ? {} : { [name]: value });
const DONE: readonly Field[] = [
  { name: "completion_notes", kind: "long" },
  { name: "no_signature_reason", kind: "text" },
];

const TABLE = {
  triage: {
    path: at("triage"),
    to: ["TRIAGED", "READY_TO_SCHEDULE", "APPROVAL_REQUIRED"],
    fields: [
      { name: "incident_type", kind: "text", required: true, from: "incident-templates", by: "incident_type" },
      { name: "priority", kind: "choice", choices: PRIORITIES, required: true },
      { name: "workflow_outcome", kind: "choice", choices: ["TRIAGED", "READY_TO_SCHEDULE", "APPROVAL_REQUIRED"], first: "READY_TO_SCHEDULE" },
      { name: "category", kind: "text" },
      { name: "nte_cents", kind: "money" },
      { name: "estimate_cents", kind: "money" },
      { name: "identity_confidence", kind: "number" },
      { name: "classification_confidence", kind: "number" },
      { name: "approval_reason", kind: "text", when: { field: "workflow_outcome", is: ["APPROVAL_REQUIRED"] } },
      { name: "risk_flags", kind: "words" },
      { name: "sop_handoff_acknowledged", kind: "toggle" },
    ],
  },
  request_info: {
    path: at("info/request"),
    to: ["NEEDS_INFO"],
    fields: [
      { name: "missing_fields", kind: "words", required: true },
      { name: "message", kind: "long" },
    ],
  },
  decide_approval: {
    path: at("approval/decide"),
    to: ["READY_TO_SCHEDULE", "IN_PROGRESS", "TRIAGED"],
    fields: [
      { name: "decision", kind: "choice", choices: ["APPROVED", "DENIED"], required: true, first: "APPROVED" },
      { name: "notes", kind: "long" },
    ],
    fixed: (ticket) => given("approval_id", ticket.pending_approval?.id),
  },
  update: {
    path: "/tickets/{ticket_id}",
    to: [],
    changes: true,
    fields: [
      { name: "urgency", kind: "choice", choices: URGENCIES },
      { name: "description", kind: "long" },
    ],
  },
  release_review: { path: at("review/release"), to: [], fields: [{ name: "note", kind: "long" }] },
  escalate: {
    path: at("escalate"),
    to: [],
    fields: [{ name: "target", kind: "choice", choices: ["supervisor", "dispatcher", "account_owner"], required: true, first: "supervisor" }, REASON],
  },
  cancel: { path: at("cancel"), to: ["CANCELLED"], fields: [REASON, { name: "cancellation_code", kind: "text" }] },
  propose_schedule: { path: at("schedule/propose"), to: ["SCHEDULE_PROPOSED"], fields: [{ name: "options", kind: "windows", required: true }] },
  confirm_schedule: {
    path: at("schedule/confirm"),
    to: ["SCHEDULED"],
    form: "offer",
    fields: [
      { name: "start", kind: "moment", required: true },
      { name: "end", kind: "moment", required: true },
      { name: "override_reason", kind: "text" },
    ],
  },
  reject_schedule: { path: at("schedule/reject"), to: ["READY_TO_SCHEDULE"], fields: [REASON] },
  hold_schedule: {
    path: at("schedule/hold"),
    to: ["PENDING_CUSTOMER_CONFIRMATION"],
    fields: [
      { name: "hold_reason", kind: "choice", choices: ["CUSTOMER_PENDING", "CUSTOMER_UNREACHABLE", "CUSTOMER_CONFIRMATION_STALE"], required: true, first: "CUSTOMER_PENDING" },
      { name: "confirmation_window", kind: "window", required: true },
    ],
  },
  release_schedule: {
    path: at("schedule/release"),
    to: ["SCHEDULE_PROPOSED", "SCHEDULED"],
    fields: [],
    fixed: (ticket) => given("customer_confirmation_id", ticket.active_hold?.hold_id),
  },
  rollback_schedule: {
    path: at("schedule/rollback"),
    to: ["READY_TO_SCHEDULE"],
    fields: [REASON],
    fixed: (ticket) => given("confirmation_id", ticket.active_hold?.hold_id),
  },
  reschedule: {
    path: at("schedule/reschedule"),
    to: ["SCHEDULED"],
    fields: [
      { name: "start", kind: "moment", required: true },
      { name: "end", kind: "moment", required: true },
      { name: "attribution", kind: "choice", choices: ["customer", "provider"], required: true, first: "customer" },
      REASON,
    ],
  },
  return_visit: { path: at("schedule/return-visit"), to: ["READY_TO_SCHEDULE"], fields: [REASON] },
  recommend: {
    path: at("assignment/recommend"),
    to: [],
    fields: [
      { name: "service_type", kind: "text", required: true, first: "DEFAULT" },
      { name: "preferred_window", kind: "window" },
    ],
  },
  dispatch: {
    path: at("assignment/dispatch"),
    to: ["DISPATCHED"],
    overrides: true,
    fields: [
      { name: "tech_id", kind: "ref", from: "technicians" },
      { name: "provider_id", kind: "ref", from: "vendors" },
      { name: "dispatch_mode", kind: "choice", choices: ["STANDARD", "EMERGENCY_BYPASS"], required: true, first: "STANDARD" },
      { name: "dispatch_rationale", kind: "long", least: 10, required: true, when: { field: "dispatch_mode", is: ["EMERGENCY_BYPASS"] } },
      { name: "dispatch_confirmation", kind: "toggle", when: { field: "dispatch_mode", is: ["EMERGENCY_BYPASS"] } },
      { name: "override_code", kind: "choice", choices: ["capacity", "skill_mismatch", "customer_request", "safety", "other"] },
      { name: "override_reason", kind: "long", least: 10, required: true, when: { field: "override_code", is: ["capacity", "skill_mismatch", "customer_request", "safety", "other"] } },
    ],
  },
  force_unassign: {
    path: at("dispatch/force-unassign"),
    to: ["SCHEDULED", "READY_TO_SCHEDULE"],
    overrides: true,
    fields: [{ name: "reassign_type", kind: "choice", choices: ["reassign_tech", "reassign_provider"], required: true }, LONG_REASON],
  },
  force_hold: { path: at("dispatch/force-hold"), to: ["ON_HOLD"], overrides: true, fields: [LONG_REASON] },
  check_in: { path: at("tech/check-in"), to: ["ON_SITE", "IN_PROGRESS"], fields: [], fixed: now },
  hold: {
    path: at("tech/hold"),
    to: ["ON_HOLD"],
    fields: [
      { name: "reason", kind: "choice", choices: ["PARTS_ORDERED", "SAFETY", "CUSTOMER_REQUEST", "OTHER"], required: true, first: "PARTS_ORDERED" },
      { name: "note", kind: "long", required: true },
    ],
  },
  resume: { path: at("tech/resume"), to: ["IN_PROGRESS", "DISPATCHED"], fields: [{ name: "note", kind: "text" }] },
  decline: { path: at("tech/decline"), to: ["SCHEDULED", "READY_TO_SCHEDULE"], fields: [REASON] },
  complete_work: { path: at("tech/complete"), to: ["COMPLETED_PENDING_VERIFICATION"], form: "checklist", fields: DONE },
  candidate: { path: at("closeout/candidate"), to: ["COMPLETED_PENDING_VERIFICATION"], form: "checklist", fields: DONE },
  add_evidence: { path: at("evidence"), to: [], form: "evidence", fields: [] },
  grant_exception: {
    path: at("closeout/evidence-exception"),
    to: [],
    overrides: true,
    fields: [
      { name: "evidence_keys", kind: "words", required: true },
      { name: "exception_reason", kind: "long", required: true, least: 10 },
      { name: "expires_at", kind: "moment", required: true },
    ],
  },
  verify: {
    path: at("qa/verify"),
    to: ["VERIFIED", "IN_PROGRESS"],
    fields: [
      { name: "result", kind: "choice", choices: ["PASS", "FAIL"], required: true, first: "PASS" },
      { name: "notes", kind: "long" },
    ],
    fixed: now,
  },
  generate_invoice: { path: at("billing/generate-invoice"), to: ["INVOICED"], fields: [{ name: "memo", kind: "text" }] },
  close: { path: at("close"), to: ["CLOSED"], fields: [{ name: "reason", kind: "text" }] },
  force_close: {
    path: at("force-close"),
    to: ["CLOSED"],
    overrides: true,
    fields: [
      { name: "override_code", kind: "choice", choices: ["safety", "customer_request", "other"], required: true, first: "other" },
      { name: "override_reason", kind: "long", required: true, least: 20 },
    ],
    fixed: (_ticket, me) => ({ approver_role: me.user.role }),
  },
  reopen: { path: at("closeout/reopen-after-verification"), to: ["IN_PROGRESS"], fields: [REASON, { name: "reopen_scope", kind: "text" }] },
} satisfies Record<string, Command>;

export type CommandId = keyof typeof TABLE;
export const COMMANDS: { readonly [Id in CommandId]: Command } = TABLE;

export function isCommand(id: string): id is CommandId {
  return id in COMMANDS;
}

/** The bar: groups in the order of the work, each command always in its place. */
export const BAR: readonly (readonly [group: string, commands: readonly CommandId[]])[] = [
  ["prepare", ["triage", "request_info", "decide_approval", "update", "release_review", "escalate", "cancel"]],
  ["schedule", ["propose_schedule", "confirm_schedule", "reject_schedule", "hold_schedule", "release_schedule", "rollback_schedule", "reschedule", "return_visit"]],
  ["assign", ["recommend", "dispatch", "force_unassign", "force_hold"]],
  ["work", ["check_in", "hold", "resume", "decline", "complete_work", "candidate"]],
  ["finish", ["add_evidence", "grant_exception", "verify", "generate_invoice", "close", "force_close", "reopen"]],
];

/** What usually comes next from a state. */
export const NEXT: Readonly<Record<string, CommandId>> = {
  NEW: "triage",
  NEEDS_INFO: "triage",
  TRIAGED: "triage",
  APPROVAL_REQUIRED: "decide_approval",
  READY_TO_SCHEDULE: "propose_schedule",
  SCHEDULE_PROPOSED: "confirm_schedule",
  PENDING_CUSTOMER_CONFIRMATION: "release_schedule",
  SCHEDULED: "dispatch",
  DISPATCHED: "check_in",
  IN_PROGRESS: "complete_work",
  ON_HOLD: "resume",
  COMPLETED_PENDING_VERIFICATION: "verify",
  VERIFIED: "generate_invoice",
  INVOICED: "close",
};

/** The states on the usual way, in its order. */
export const WAY = [
  "NEW",
  "TRIAGED",
  "READY_TO_SCHEDULE",
  "SCHEDULE_PROPOSED",
  "SCHEDULED",
  "DISPATCHED",
  "IN_PROGRESS",
  "COMPLETED_PENDING_VERIFICATION",
  "VERIFIED",
  "INVOICED",
  "CLOSED",
] as const;

/** States beside the usual way: shown when the ticket is or was there, or could go there. */
export const DETOURS: Readonly<Record<string, string>> = {
  NEEDS_INFO: "NEW",
  APPROVAL_REQUIRED: "TRIAGED",
  PENDING_CUSTOMER_CONFIRMATION: "SCHEDULE_PROPOSED",
  ON_SITE: "DISPATCHED",
  ON_HOLD: "IN_PROGRESS",
  CANCELLED: "CLOSED",
};

export const STATES = [...new Set(WAY.flatMap((state) => [state, ...Object.keys(DETOURS).filter((detour) => DETOURS[detour] === state)]))];
