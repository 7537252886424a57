import { describe, expect, it } from "vitest";
import { isSuspicious } from "../../apps/console/assistants/decision-rules";

describe("the alarm about texts around a draft", () => {
  it("is silent where nothing was found", () => {
    expect(isSuspicious({ score: 0, marks: [] })).toBe(false);
    expect(isSuspicious(null)).toBe(false);
  });

  it("rings for a score and for a mark", () => {
    expect(isSuspicious({ score: 3, marks: ["conversation"] })).toBe(true);
    expect(isSuspicious({ score: 0, marks: ["invisible_characters"] })).toBe(true);
  });
});
