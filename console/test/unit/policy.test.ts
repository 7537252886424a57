import { describe, expect, it } from "vitest";
import { changes } from "../../apps/console/assistants/policy-diff";

describe("the changes of a policy", () => {
  it("name each place that differs, with both sides, and never the version", () => {
    const before = { version: 1, autonomy: "bounded", human_above_minor: { USD: 100000, CAD: 100000 }, tool: {} };
    const after = { version: 2, autonomy: "bounded", human_above_minor: { USD: 50000 }, tool: { search_tickets: { off: true } } };
    expect(changes(before, after)).toEqual([
      { place: "human_above_minor.CAD", before: "100000" },
      { place: "human_above_minor.USD", before: "100000", after: "50000" },
      { place: "tool.search_tickets.off", after: "true" },
    ]);
    expect(changes(before, { ...before, version: 9 })).toEqual([]);
  });
});
