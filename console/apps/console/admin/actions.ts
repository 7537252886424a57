// What an automation or a macro does: one action after the other, as the form holds it and as the API says it.
import type { Value } from "../../../lib/api/rows";

export const ACTIONS = ["tag", "untag", "priority", "assign", "reply", "note", "snooze", "close", "ticket"] as const;
export const CLOSE_REASONS = ["resolved", "spam", "customer_unresponsive"] as const;
export const TICKET_PRIORITIES = ["EMERGENCY", "URGENT", "ROUTINE"] as const;

/** One action with every field that some action has; only those of its kind are asked and sent. */
export interface Action {
  type: string;
  tags: readonly string[];
  priority: string;
  /** Whom it is given to: `team ID` or `user ID`. */
  to: string;
  text: string;
  minutes: string;
  reason: string;
  incident_type: string;
  ticket_priority: string;
}

export const NEW_ACTION: Action = { type: "tag", tags: [], priority: "high", to: "", text: "", minutes: "60", reason: "resolved", incident_type: "", ticket_priority: "ROUTINE" };

type Entry = Readonly<Record<string, Value>>;
const word = (value: Value | undefined): string => (value === null || value === undefined ? "" : String(value));

export function readAction(said: Entry): Action {
  const type = word(said["type"]);
  const to = said["team"] ? `team ${word(said["team"])}` : said["user"] ? `user ${word(said["user"])}` : "";
  const tags = Array.isArray(said["tags"]) ? said["tags"].map((one: unknown) => String(one)) : [];
  return {
    ...NEW_ACTION,
    type,
    tags,
    to,
    text: word(said["text"]),
    ...(said["priority"] ? (type === "ticket" ? { ticket_priority: word(said["priority"]) } : { priority: word(said["priority"]) }) : {}),
    ...(said["minutes"] ? { minutes: word(said["minutes"]) } : {}),
    ...(said["reason"] ? { reason: word(said["reason"]) } : {}),
    incident_type: word(said["incident_type"]),
  };
}

export function writeAction(action: Action): Value {
  const { type } = action;
  switch (type) {
    case "tag":
    case "untag":
      // Tags are in lower case everywhere; what is typed otherwise means the same.
      return { type, tags: action.tags.map((tag) => tag.toLowerCase()) };
    case "priority":
      return { type, priority: action.priority };
    case "assign": {
      const [kind, id] = action.to.split(" ");
      return id === undefined ? { type } : { type, [kind ?? "team"]: id };
    }
    case "reply":
    case "note":
      return { type, text: action.text };
    case "snooze": {
      const minutes = Number(action.minutes.trim().replace(",", "."));
      return { type, minutes: Number.isFinite(minutes) ? Math.round(minutes) : 0 };
    }
    case "close":
      return { type, reason: action.reason };
    default:
      return { type, priority: action.ticket_priority, ...(action.incident_type.trim() === "" ? {} : { incident_type: action.incident_type.trim() }) };
  }
}
