// Lists of objects in a form: the steps of a ladder, people who take turns, who takes over for a while, and what an
// automation does. How each is read from a row and written into a body.
import type { Value } from "../../../lib/api/rows";
import { NEW_ACTION, readAction, writeAction, type Action } from "./actions";
import { openingsOf, shiftsOf, type Shift } from "./fields";

export type PlanKind = "steps" | "rotations" | "overrides" | "actions";

/** Whom a step tells. */
export interface Target {
  type: string;
  id: string;
}

export interface Step {
  notify: readonly Target[];
  channels: readonly string[];
  /** Minutes until the next one. */
  wait: string;
  slack_url: string;
  sms_inbox: string;
}

export interface Rotation {
  users: readonly string[];
  days: string;
  handoff: string;
  starts_on: string;
  shifts: readonly Shift[];
}

/** Times as the browser's fields write them. */
export interface Override {
  user: string;
  from: string;
  until: string;
}

export type Plan =
  | { plan: "steps"; entries: readonly Step[] }
  | { plan: "rotations"; entries: readonly Rotation[] }
  | { plan: "overrides"; entries: readonly Override[] }
  | { plan: "actions"; entries: readonly Action[] };

export const NEW_STEP: Step = { notify: [], channels: ["console"], wait: "5", slack_url: "", sms_inbox: "" };
export const newRotation = (today: string): Rotation => ({ users: [], days: "7", handoff: "09:00", starts_on: today, shifts: [] });
export const NEW_OVERRIDE: Override = { user: "", from: "", until: "" };

export function isPlan(value: unknown): value is Plan {
  return typeof value === "object" && value !== null && "plan" in value;
}

type Entry = Readonly<Record<string, Value>>;

const text = (value: Value | undefined): string => (value === null || value === undefined ? "" : String(value));
const list = (value: Value | undefined): readonly Value[] => (Array.isArray(value) ? (value as readonly Value[]) : []);

export function readPlan(kind: PlanKind, value: Value): Plan {
  const entries = list(value) as readonly Entry[];
  switch (kind) {
    case "steps":
      return { plan: kind, entries: value === null ? [NEW_STEP] : entries.map(readStep) };
    case "rotations":
      return { plan: kind, entries: value === null ? [newRotation(new Date().toISOString().slice(0, 10))] : entries.map(readRotation) };
    case "overrides":
      return { plan: kind, entries: entries.map(({ user, from, until }) => ({ user: text(user), from: localOf(text(from)), until: localOf(text(until)) })) };
    case "actions":
      return { plan: kind, entries: value === null ? [NEW_ACTION] : entries.map(readAction) };
  }
}

function readStep({ notify, channels, wait_s, slack_url, sms_inbox }: Entry): Step {
  const targets = (list(notify) as readonly Entry[]).map(({ type, id }) => ({ type: text(type), id: text(id) }));
  return { notify: targets, channels: list(channels).map(text), wait: String(Number(wait_s ?? 300) / 60), slack_url: text(slack_url), sms_inbox: text(sms_inbox) };
}

function readRotation({ users, days, handoff, starts_on, hours }: Entry): Rotation {
  return { users: list(users).map(text), days: text(days), handoff: text(handoff), starts_on: text(starts_on), shifts: shiftsOf(hours ?? null) };
}

export function writePlan(plan: Plan): Value {
  switch (plan.plan) {
    case "steps":
      return plan.entries.map(writeStep);
    case "rotations":
      return plan.entries.map(({ users, days, handoff, starts_on, shifts }) => ({
        users,
        handoff: handoff.trim(),
        starts_on,
        ...(days.trim() === "" ? {} : { days: number(days) }),
        ...(shifts.length === 0 ? {} : { hours: openingsOf(shifts) }),
      }));
    case "overrides":
      return plan.entries.filter(({ user, from, until }) => user !== "" || from !== "" || until !== "").map(({ user, from, until }) => ({ user, from: isoOf(from), until: isoOf(until) }));
    case "actions":
      return plan.entries.map(writeAction);
  }
}

function writeStep({ notify, channels, wait, slack_url, sms_inbox }: Step): Value {
  return {
    notify: notify.map(({ type, id }) => ({ type, id })),
    channels,
    ...(wait.trim() === "" ? {} : { wait_s: Math.round(number(wait) * 60) }),
    ...(channels.includes("slack") && slack_url.trim() !== "" ? { slack_url: slack_url.trim() } : {}),
    ...(channels.includes("sms") && sms_inbox !== "" ? { sms_inbox } : {}),
  };
}

function number(written: string): number {
  const found = Number(written.trim().replace(",", "."));
  return Number.isFinite(found) ? found : -1;
}

/** A moment as the browser's field shows it, in the clocks of whoever looks. */
function localOf(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function isoOf(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
