// What is critical and open stands on every screen until one person acknowledges it.
import { describe, expect, it } from "vitest";
import type { Alert } from "../../lib/api/alerts";
import { Alarms } from "../../lib/realtime/alarms";

const alert = (id: string, version: number, state = "open", severity = "critical"): Alert =>
  ({ id, version, state, severity, code: "EMERGENCY", rule: {}, first_at: `2026-01-05T12:00:0${id}Z` }) as unknown as Alert;
const frame = (event: string, told: Alert) => ({ event, cursor: null, ts: null, data: { alert: told as unknown as Record<string, unknown> } });

describe("alarms", () => {
  it("come with events, newest first, and go when somebody acknowledges", () => {
    const alarms = new Alarms(async () => []);
    alarms.hear(frame("alert.raised", alert("1", 1)));
    alarms.hear(frame("alert.raised", alert("2", 1)));
    alarms.hear(frame("alert.raised", alert("3", 1, "open", "warning")));
    expect(alarms.open().map((one) => one.key)).toEqual(["2", "1"]);
    alarms.hear(frame("alert.updated", alert("2", 2, "acknowledged")));
    expect(alarms.open().map((one) => one.key)).toEqual(["1"]);
    // An older word that comes late brings nothing back.
    alarms.hear(frame("alert.updated", alert("2", 1)));
    expect(alarms.open().map((one) => one.key)).toEqual(["1"]);
  });

  it("of an emergency come before there is an alert, which then takes their place", () => {
    const alarms = new Alarms(async () => []);
    const early = (code: string) => ({ event: "alert.raised", cursor: null, ts: "2026-01-05T12:00:00Z", data: { alert: { code, conversation_id: "c" } } });
    alarms.hear(early("SLA_WARNING"));
    expect(alarms.open()).toEqual([]);
    alarms.hear(early("EMERGENCY"));
    expect(alarms.open()).toMatchObject([{ code: "EMERGENCY", conversationId: "c", alert: null }]);
    alarms.hear(frame("alert.updated", { ...alert("1", 1), conversation_id: "c" }));
    expect(alarms.open().map((one) => one.key)).toEqual(["1"]);
  });

  it("are as the server lists them after a gap", async () => {
    const alarms = new Alarms(async () => [alert("2", 3)]);
    alarms.hear(frame("alert.raised", alert("1", 1)));
    await alarms.load();
    expect(alarms.open().map((one) => one.key)).toEqual(["2"]);
  });
});
