// The calls about what follows from a message: which rule takes it, and who else is told of it.
import { call } from "./http";
import { post, type Body } from "./rows";
import type { components } from "./schema";
import type { Page } from "./model";

type Schemas = components["schemas"];

export type DryRunAnswer = Omit<Schemas["DryRunBody"], "rules" | "then"> & {
  rules: readonly { id: string; version: number }[];
  then: Readonly<Record<string, unknown>>;
};
export type RankingDryRunAnswer = Schemas["RankingDryRunAnswer"];
export type Delivery = Schemas["WebhookDelivery"];
export type DeliveryDetail = Schemas["WebhookDeliveryDetail"];
export type DeliveryStatus = "pending" | "delivered" | "failed" | "canceled";

/** What the rules, or one that is not saved, would make of a message. Nothing is sent or stored. */
export function dryRun(body: Body): Promise<DryRunAnswer> {
  return call("/api/v1/routing-rules/dry-run", { method: "POST", body });
}

/** How a message would rank as a ticket by the rules in use, or by one that is not saved. Nothing is stored. */
export function rankingDryRun(body: Body): Promise<RankingDryRunAnswer> {
  return call("/api/v1/ranking-rules/dry-run", { method: "POST", body });
}

const hook = (id: string) => `/api/v1/webhooks/${encodeURIComponent(id)}`;

export function listDeliveries(id: string, query: { status?: DeliveryStatus; cursor?: string | null }): Promise<Page<Delivery>> {
  return call(`${hook(id)}/deliveries`, { query: { limit: 20, ...query } });
}

export const readDelivery = (id: string, delivery: string): Promise<DeliveryDetail> => call(`${hook(id)}/deliveries/${encodeURIComponent(delivery)}`);

export const replayDelivery = (id: string, delivery: string): Promise<Delivery> => post(`${hook(id)}/deliveries/${encodeURIComponent(delivery)}/replay`);

export const replayMissed = (id: string, since: string): Promise<{ replayed: number }> => post(`${hook(id)}/replay`, { since });

export const testWebhook = (id: string): Promise<Delivery> => post(`${hook(id)}/test`);

export const rotateSecret = (id: string, overlapSeconds: number): Promise<{ secret: string; previous_expires_at: string }> =>
  post(`${hook(id)}/rotate-secret`, { overlap_seconds: overlapSeconds });
