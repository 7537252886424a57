import { describe, expect, it } from "vitest";
import { atHome, firstDraft, inTheirWords } from "../../apps/console/tickets/ticket-draft";
import { conversation, message } from "./rows";

describe("what a ticket begins with", () => {
  const from = (typed: string | null) => ({ ...firstDraft(conversation("c1", 1)), summary: typed });
  const said = [message(1, { content: { type: "text", text: "Hi" } }), message(2, { content: { type: "text", text: "The gate  will\nnot open" } })];

  it("is what the customer said, also when that comes after the dialog was opened", () => {
    const typed = from(null);
    expect(inTheirWords(typed, null, []).summary).toBe("");
    expect(inTheirWords(typed, null, said).summary).toBe("The gate will not open");
    expect(inTheirWords(typed, "North gate", said).summary).toBe("North gate");
  });

  it("is what somebody typed, be it nothing", () => {
    expect(inTheirWords(from("Gate"), null, said).summary).toBe("Gate");
    expect(inTheirWords(from(""), null, said).summary).toBe("");
  });

  it("is at the customer's place until another account is chosen", () => {
    const draft = inTheirWords(from(null), null, []);
    const home = { id: "s1", account_id: "a1", is_primary: true } as Parameters<typeof atHome>[1][number];
    expect(atHome(draft, [home])).toMatchObject({ account_id: "a1", site_id: "s1" });
    expect(atHome({ ...draft, account_id: "a2" }, [home])).toMatchObject({ account_id: "a2", site_id: "" });
  });
});
