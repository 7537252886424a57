// How a row of the administration becomes a form and a form a body.
import type { Body, Row, Value } from "../../../lib/api/rows";
import { isPlan, readPlan, writePlan, type Plan, type PlanKind } from "./plans";

export type Kind =
  | "text"
  | "long"
  | "secret"
  | "number"
  | "money"
  | "date"
  | "toggle"
  | "choice"
  | "words"
  | "secrets"
  | "hours"
  /** Weekly opening hours, and several days. */
  | "openings"
  | "days"
  /** When time counts: always, by a team's hours, or by hours of its own. */
  | "calendar"
  /** Kept in seconds, asked in minutes. */
  | "minutes"
  /** Yes, no, or nothing said; several of a fixed list. */
  | "either"
  | "choices"
  | "json"
  /** A moment, from a moment until another, several of those. */
  | "moment"
  | "window"
  | "windows"
  /** One row of another kind, and several of them. */
  | "ref"
  | "refs"
  /** Steps of a ladder, people who take turns, and exceptions. */
  | PlanKind;

/** What of a row stands for it. */
export type NamedBy = "id" | "slug" | "name" | "incident_type";

export interface Field {
  /** Its name in the body; `bill_to.city` stands inside an object. */
  name: string;
  kind: Kind;
  /** What it is called, when its name is taken. */
  label?: string;
  required?: boolean;
  choices?: readonly string[];
  /** Which rows a `ref` chooses from, or a `text` is offered, and by what they are named. */
  from?: string;
  by?: NamedBy;
  /** Where it may be set; both when missing. */
  only?: "create" | "change";
  /** Shown only when this holds. */
  when?: { field: string; is: readonly string[] };
  /** Shortest text that counts as an answer. */
  least?: number;
  /** What a new row starts with. */
  first?: string | boolean | readonly string[];
  /** The object it stands in is sent even when nothing in it is filled in. */
  whole?: true;
  /** The part of the form it stands in, which gets a heading. */
  part?: "when" | "then";
}

export interface Shift {
  weekday: number;
  start: string;
  end: string;
  enabled: boolean;
}

/** From when until when, as the browser's fields write it. */
export interface Span {
  start: string;
  end: string;
}

/** When time counts. */
export interface OwnCalendar {
  counts: "always" | "team" | "own";
  timezone: string;
  hours: readonly Shift[];
  holidays: readonly string[];
}

/** What a form holds: text for nearly everything. */
export type FormValue = string | boolean | readonly string[] | readonly Shift[] | readonly Span[] | OwnCalendar | Plan;
export type Form = Readonly<Record<string, FormValue>>;

export function emptyValue(field: Field): FormValue {
  switch (field.kind) {
    case "toggle":
      return field.first === true;
    case "words":
    case "secrets":
    case "refs":
    case "choices":
    case "days":
      return Array.isArray(field.first) ? (field.first as readonly string[]) : [];
    case "hours":
    case "openings":
      return [];
    case "calendar":
      return { counts: "always", timezone: "", hours: [], holidays: [] };
    case "window":
    case "windows":
      return [{ start: "", end: "" }];
    case "steps":
    case "rotations":
    case "overrides":
    case "actions":
      return readPlan(field.kind, null);
    default:
      return typeof field.first === "string" ? field.first : "";
  }
}

export function formOf(fields: readonly Field[], row: Row | null): Form {
  return Object.fromEntries(fields.map((field) => [field.name, row === null ? emptyValue(field) : readValue(field, row)]));
}

function at(row: Readonly<Record<string, Value>>, name: string): Value {
  let found: Value = row;
  for (const part of name.split(".")) {
    if (found === null || typeof found !== "object" || Array.isArray(found)) return null;
    found = (found as Record<string, Value>)[part] ?? null;
  }
  return found;
}

/** A link is given by id, slug or name, and told as an object or under a name of its own. */
function linked(field: Field, row: Row): Value {
  const value = at(row, field.name);
  if (value !== null) return value;
  return at(row, `${field.name}_id`);
}

function readValue(field: Field, row: Row): FormValue {
  const value = field.kind === "ref" ? linked(field, row) : at(row, field.name);
  if (value === null) return emptyValue({ ...field, first: "" });
  switch (field.kind) {
    case "toggle":
      return value === true;
    case "money":
      return typeof value === "number" ? (value / 100).toFixed(2) : "";
    case "minutes":
      return typeof value === "number" ? String(Math.round((value / 60) * 100) / 100) : "";
    case "either":
      return value === true ? "yes" : "no";
    case "openings":
      return shiftsOf(value);
    case "steps":
    case "rotations":
    case "overrides":
    case "actions":
      return readPlan(field.kind, value);
    case "calendar":
      return calendarOf(value);
    case "words":
    case "secrets":
    case "refs":
    case "choices":
    case "days":
      return Array.isArray(value) ? value.map((each) => keyOf(field, each as Value)) : [];
    case "hours":
      return Array.isArray(value) ? (value as unknown as Shift[]) : [];
    case "ref":
      return keyOf(field, value);
    case "json":
      return JSON.stringify(value, null, 2);
    case "date":
      return typeof value === "string" ? value.slice(0, 10) : "";
    default:
      return String(value);
  }
}

/** Openings are shifts that are told by other names. */
export function shiftsOf(value: Value): readonly Shift[] {
  const openings = Array.isArray(value) ? (value as readonly { weekday: number; open: string; close: string }[]) : [];
  return openings.map(({ weekday, open, close }) => ({ weekday, start: open, end: close, enabled: true }));
}

export function openingsOf(shifts: readonly Shift[]): Value {
  return shifts.map(({ weekday, start, end }) => ({ weekday, open: start, close: end }));
}

/** When time counts, as the server tells it. */
export function calendarOf(value: Value): OwnCalendar {
  const none = { timezone: "", hours: [], holidays: [] };
  if (value === null || typeof value !== "object" || Array.isArray(value)) return { counts: value === "team" ? "team" : "always", ...none };
  const own = value as Record<string, Value>;
  const holidays = Array.isArray(own["holidays"]) ? own["holidays"].map(String) : [];
  return { counts: "own", timezone: String(own["timezone"] ?? ""), hours: shiftsOf(own["hours"] ?? null), holidays };
}

function isCalendar(value: FormValue): value is OwnCalendar {
  return typeof value === "object" && "counts" in value;
}

function writeCalendar({ counts, timezone, hours, holidays }: OwnCalendar): Value {
  return counts === "own" ? { timezone: timezone.trim(), hours: openingsOf(hours), holidays } : counts;
}

function keyOf(field: Field, value: Value): string {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return String(value ?? "");
  const named = value as Record<string, Value>;
  return String(named[field.by ?? "id"] ?? named["id"] ?? "");
}

export class Unreadable extends Error {
  readonly field: string;
  readonly reason: "required" | "number" | "json" | "short";
  constructor(field: string, reason: Unreadable["reason"]) {
    super(reason);
    this.field = field;
    this.reason = reason;
  }
}

/** The value of a field for the body; `undefined` leaves it out. Throws `Unreadable`. */
function writeValue(field: Field, value: FormValue, isNew: boolean): Value | undefined {
  if (typeof value === "string") {
    const text = field.kind === "long" || field.kind === "json" ? value : value.trim();
    if (text === "") {
      if (field.required === true) throw new Unreadable(field.name, "required");
      // A secret that is left empty stays as it is.
      return isNew || field.kind === "secret" ? undefined : null;
    }
    if (field.least !== undefined && text.length < field.least) throw new Unreadable(field.name, "short");
    if (field.kind === "moment") return new Date(text).toISOString();
    if (field.kind === "either") return text === "yes";
    if (field.kind === "number" || field.kind === "money" || field.kind === "minutes") {
      const number = Number(text.replace(",", "."));
      if (!Number.isFinite(number)) throw new Unreadable(field.name, "number");
      if (field.kind === "minutes") return Math.round(number * 60);
      return field.kind === "money" ? Math.round(number * 100) : number;
    }
    if (field.kind === "json") {
      try {
        return JSON.parse(text) as Value;
      } catch {
        throw new Unreadable(field.name, "json");
      }
    }
    return text;
  }
  if (typeof value === "boolean") return value;
  if (isPlan(value)) return writePlan(value);
  if (isCalendar(value)) return writeCalendar(value);
  if (field.kind === "window" || field.kind === "windows") return writeSpans(field, value as readonly Span[]);
  if (value.length === 0) {
    if (field.required === true) throw new Unreadable(field.name, "required");
    if (isNew || field.kind === "secrets") return undefined;
  }
  return field.kind === "openings" ? openingsOf(value as readonly Shift[]) : (value as unknown as Value);
}

function writeSpans(field: Field, spans: readonly Span[]): Value | undefined {
  const whole = spans.filter((span) => span.start !== "" && span.end !== "").map((span) => ({ start: new Date(span.start).toISOString(), end: new Date(span.end).toISOString() }));
  if (whole.length === 0) {
    if (field.required === true) throw new Unreadable(field.name, "required");
    return undefined;
  }
  return field.kind === "window" ? whole[0] : whole;
}

export function isShown(field: Field, form: Form, isNew: boolean): boolean {
  if (field.only !== undefined && (field.only === "create") !== isNew) return false;
  return field.when === undefined || field.when.is.includes(String(form[field.when.field] ?? ""));
}

export function sameValue(a: FormValue | undefined, b: FormValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The body of a new row, or of a change: only what was changed, and only what is shown. Throws `Unreadable`. */
export function bodyOf(fields: readonly Field[], form: Form, before: Form | null): Body {
  const body: Body = {};
  for (const field of fields) {
    if (!isShown(field, form, before === null)) continue;
    const value = form[field.name] ?? emptyValue(field);
    const whole = field.name.split(".")[0] ?? field.name;
    const nested = whole !== field.name;
    const changed = before === null || (nested ? fields.some((one) => one.name.startsWith(`${whole}.`) && !sameValue(form[one.name], before[one.name])) : !sameValue(value, before[field.name]));
    if (!changed) continue;
    if (field.whole === true) body[whole] ??= {};
    const written = writeValue(field, value, before === null);
    if (written === undefined || (nested && written === null)) continue;
    body[whole] = nested ? placed(body[whole] ?? null, field.name.slice(whole.length + 1).split("."), written) : written;
  }
  return body;
}

/** An object with one more value, at a place inside it. */
function placed(object: Value, [name = "", ...deeper]: readonly string[], value: Value): Value {
  const held = object !== null && typeof object === "object" && !Array.isArray(object) ? (object as Record<string, Value>) : {};
  return { ...held, [name]: deeper.length === 0 ? value : placed(held[name] ?? null, deeper, value) };
}
