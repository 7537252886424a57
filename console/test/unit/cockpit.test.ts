// Countdown and reasons of the cockpit.
import { describe, expect, it } from "vitest";
import { canonical, mayApprove } from "../../apps/console/assistants/decision-rules";
import { factsOf } from "../../apps/console/cockpit/reason";
import { standing } from "../../apps/console/cockpit/sla-chip";
import type { Draft } from "../../lib/api/decisions";
import type { QueueItem } from "../../lib/api/dispatch";
import type { Me } from "../../lib/api/model";
import { cockpitTexts } from "../../lib/i18n/cockpit";

const MINUTE = 60_000;
const item = (minutes: number, state = "NEW") => ({ state, sla_timer_remaining_minutes: minutes, sla_status: minutes < 0 ? "breach" : "healthy" }) as QueueItem;

describe("the time that is left", () => {
  it("69: turns from green to amber at 30 minutes and to red at 0, by the clock alone", () => {
    const at = (passed: number) => standing(item(60), 0, passed * MINUTE).status;
    expect([at(0), at(29), at(30), at(60), at(61)]).toEqual(["healthy", "healthy", "warning", "warning", "breach"]);
  });

  it("stands still while a ticket is on hold", () => {
    expect(standing(item(60, "ON_HOLD"), 0, 90 * MINUTE)).toEqual({ left: 60 * MINUTE, status: "healthy" });
  });
});

describe("a policy error", () => {
  it("says which state is needed and who may", () => {
    const error = { code: "X", message: "no", dimension: "state", allowed_from_states: ["SCHEDULED"], from_state: "NEW", allowed_roles: ["dispatcher", "system"] };
    expect(factsOf(error, cockpitTexts.en, { dispatcher: "Dispatcher" })).toEqual(["Only: Dispatcher.", "Needs: Scheduled. It is: New."]);
  });

  it("lists what is missing", () => {
    const error = { code: "X", message: "no", dimension: "evidence", missing_evidence_keys: ["photo_after"], missing_checklist_keys: ["site_clean"] };
    expect(factsOf(error, cockpitTexts.en, {})).toEqual(["Missing: photo_after.", "Not checked: site_clean."]);
  });
});

describe("who may approve a draft", () => {
  const me = (role: string, id = "me") => ({ user: { id, role } }) as unknown as Me;
  const draft = (amount: number) => ({ state: "AWAITING_HUMAN", amount_minor: amount, requested_by: { id: "ai", role: "ai_agent" }, expires_at: "2026-01-02T00:00:00Z" }) as Draft;
  const now = Date.parse("2026-01-01T00:00:00Z");

  it("goes by role, amount, maker and conversation", () => {
    expect(mayApprove(me("support_agent"), draft(100), null, now)).toBe("role");
    expect(mayApprove(me("supervisor"), draft(500_000), null, now)).toBeNull();
    expect(mayApprove(me("supervisor"), draft(500_001), null, now)).toBe("amount");
    expect(mayApprove(me("admin"), draft(1_000_000), null, now)).toBeNull();
    expect(mayApprove(me("admin", "ai"), draft(100), null, now)).toBe("own");
    expect(mayApprove(me("admin"), draft(100), "me", now)).toBe("conversation");
    expect(mayApprove(me("admin"), draft(100), null, now + 48 * 3_600_000)).toBe("expired");
  });

  it("shows one spelling of one call", () => {
    expect(canonical({ b: [{ d: 1, c: 2 }], a: null })).toBe(canonical({ a: null, b: [{ c: 2, d: 1 }] }));
  });
});
