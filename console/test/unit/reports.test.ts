// Reports are drawn as they were told: nothing is added up that cannot be.
import { describe, expect, it } from "vitest";
import { LAYOUTS, barsOf, linesOf, shown } from "../../apps/console/dashboard/reports";
import { duration } from "../../lib/i18n/when";

const at = (hour: number) => `2026-01-05T0${hour}:00:00Z`;
const team = (slug: string) => ({ id: slug, slug, name: slug });

describe("a report", () => {
  it("adds up counts of several rows at one time", () => {
    const rows = [1, 1, 2].map((hour) => ({ bucket: at(hour), team: team("a"), opened: 2, closed: 1, open_at_end: 3 }));
    const { times, series, unit } = linesOf(rows, LAYOUTS.backlog, { opened: "Began" });
    expect(times).toHaveLength(2);
    expect(series[0]).toEqual({ label: "Began", values: [4, 2] });
    expect(unit).toBe("");
  });

  it("gives each of several teams a line of its own where figures cannot be added", () => {
    const rows = [
      { bucket: at(1), team: team("a"), p50: 10, p95: 20, p99: 30 },
      { bucket: at(1), team: team("b"), p50: 100, p95: 200, p99: 300 },
      { bucket: at(2), team: team("b"), p50: 100, p95: 200, p99: 300 },
    ];
    const { series, unit } = linesOf(rows, LAYOUTS["first-response"], {});
    expect(series).toEqual([{ label: "a", values: [0.33, null] }, { label: "b", values: [3.33, 3.33] }]);
    expect(unit).toBe("min");
    expect(linesOf(rows.slice(1), LAYOUTS["first-response"], {}).series).toHaveLength(3);
  });

  it("puts bars in order, each against what it is of", () => {
    const rows = [
      { agent: { id: "1", name: "Ana" }, active: 1, capacity: 5 },
      { agent: { id: "2", name: "Bo" }, active: 4, capacity: 4 },
    ];
    expect(barsOf(rows, LAYOUTS.utilisation, {})).toEqual([{ name: "Bo", key: "2", value: 4, of: 4 }, { name: "Ana", key: "1", value: 1, of: 5 }]);
  });

  it("writes times as people say them, shares in percent, and nothing for what there is none of", () => {
    expect([42, 303, 3600, 7500, 259_200].map(duration)).toEqual(["42 s", "5 min 3 s", "1 h", "2 h 5 min", "3 d"]);
    expect(shown(0.256, "booking_rate", "–")).toBe("26 %");
    expect(shown(null, "p50", "none")).toBe("none");
  });
});
