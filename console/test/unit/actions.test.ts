// What an automation does, between the form and the API.
import { describe, expect, it } from "vitest";
import type { Value } from "../../lib/api/rows";
import { ACTIONS, NEW_ACTION, readAction, writeAction } from "../../apps/console/admin/actions";

const SAID: readonly Readonly<Record<string, Value>>[] = [
  { type: "tag", tags: ["refund"] },
  { type: "untag", tags: ["new"] },
  { type: "priority", priority: "urgent" },
  { type: "assign", team: "0190c8a0-0000-7000-8000-000000000001" },
  { type: "assign", user: "0190c8a0-0000-7000-8000-000000000002" },
  { type: "reply", text: "Thanks, {{name}}." },
  { type: "note", text: "Look at this." },
  { type: "snooze", minutes: 90 },
  { type: "close", reason: "spam" },
  { type: "ticket", priority: "URGENT", incident_type: "leak" },
];

describe("the actions of an automation", () => {
  it("come back from the form as they were said", () => {
    expect(SAID.map((one) => writeAction(readAction(one)))).toEqual(SAID);
    expect(new Set(SAID.map((one) => one.type))).toEqual(new Set(ACTIONS));
  });

  it("leave to the server what is wrong, and send only what belongs to them", () => {
    expect(writeAction({ ...NEW_ACTION, type: "assign" })).toEqual({ type: "assign" });
    expect(writeAction({ ...NEW_ACTION, type: "snooze", minutes: "soon" })).toEqual({ type: "snooze", minutes: 0 });
    expect(writeAction({ ...NEW_ACTION, tags: ["VIP"] })).toEqual({ type: "tag", tags: ["vip"] });
    expect(writeAction({ ...NEW_ACTION, type: "ticket", text: "left over" })).toEqual({ type: "ticket", priority: "ROUTINE" });
  });
});
