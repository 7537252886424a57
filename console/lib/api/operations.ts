// The calls about how things stand: alerts, health, figures.
import { call, isRecord } from "./http";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type AlertReport = Schemas["Report"];
export type Ready = Schemas["ReadyBody"];
export type Health = Schemas["HealthBody"];

export const readAlerts = (): Promise<AlertReport> => call("/ops/alerts");
export const readHealth = (): Promise<Health> => call("/health");
export const readReady = (): Promise<Ready> => call("/health/ready");

export interface Figure {
  name: string;
  labels: string;
  value: number;
}

/** Every figure of the process, one line each. */
export async function readFigures(): Promise<readonly Figure[]> {
  const snapshot = await call<{ counters: Record<string, unknown>; gauges: Record<string, unknown> }>("/metrics");
  return [...lines(snapshot.counters, "count"), ...lines(snapshot.gauges, "value")].sort((a, b) => a.name.localeCompare(b.name));
}

function lines(group: Record<string, unknown>, number: "count" | "value"): readonly Figure[] {
  return Object.entries(group).flatMap(([name, held]) => {
    if (typeof held === "number") return [{ name, labels: "", value: held }];
    if (!Array.isArray(held)) return [];
    return held.filter(isRecord).map((set) => ({
      name,
      labels: Object.entries(set)
        .filter(([label]) => label !== number)
        .map(([label, value]) => `${label}=${String(value)}`)
        .join(", "),
      value: Number(set[number]),
    }));
  });
}
