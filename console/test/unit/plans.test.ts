// Ladders and schedules as forms: what is read from a row is written into the body as it was.
import { describe, expect, it } from "vitest";
import type { Value } from "../../lib/api/rows";
import { bodyOf, formOf, type Field } from "../../apps/console/admin/fields";

describe("a plan in a form", () => {
  const ladder: readonly Field[] = [{ name: "steps", kind: "steps", required: true }];
  const schedule: readonly Field[] = [
    { name: "rotations", kind: "rotations" },
    { name: "overrides", kind: "overrides" },
  ];

  it("keeps a ladder's steps, and sends a way's own settings only with that way", () => {
    const steps: Value = [
      { notify: [{ type: "role", id: "supervisor" }], channels: ["console", "sms"], wait_s: 90, sms_inbox: "sms-main" },
      { notify: [], channels: ["slack"], wait_s: 300, slack_url: "https://hooks.slack.com/…" },
    ];
    const form = formOf(ladder, { id: "1", version: 1, steps });
    expect(bodyOf(ladder, form, null)).toEqual({ steps });
    const silent = { plan: "steps", entries: [{ notify: [], channels: ["console"], wait: "1,5", slack_url: "https://x", sms_inbox: "sms-main" }] } as const;
    expect(bodyOf(ladder, { steps: silent }, form)).toEqual({ steps: [{ notify: [], channels: ["console"], wait_s: 90 }] });
  });

  it("keeps turns and exceptions, whatever the reader's clocks say", () => {
    const rotations: Value = [{ users: ["a", "b"], days: 7, handoff: "09:00", starts_on: "2026-01-05", hours: [{ weekday: 0, open: "09:00", close: "17:00" }] }];
    const overrides: Value = [{ user: "c", from: "2026-07-01T06:00:00.000Z", until: "2026-07-02T06:00:00.000Z" }];
    const form = formOf(schedule, { id: "1", version: 1, rotations, overrides });
    expect(bodyOf(schedule, form, null)).toEqual({ rotations, overrides });
    expect(bodyOf(schedule, form, form)).toEqual({});
  });

  it("starts a new ladder with one step and a new schedule with one set of turns", () => {
    const body = bodyOf(ladder, formOf(ladder, null), null);
    expect(body).toEqual({ steps: [{ notify: [], channels: ["console"], wait_s: 300 }] });
    expect(bodyOf(schedule, formOf(schedule, null), null)).toMatchObject({ rotations: [{ users: [], days: 7 }], overrides: [] });
  });
});
