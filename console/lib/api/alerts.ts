// The calls about alerts: what needs somebody's eye, and who looks after it.
import { call } from "./http";
import type { Page } from "./model";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Alert = Schemas["Alert"];
export type AlertDetail = Schemas["AlertDetail"];
export type OnCall = Schemas["OnCall"];
export type WordsPreview = Schemas["NotificationPreview"];
export type WordVersions = Schemas["NotificationTemplateVersions"];
export type AlertState = "open" | "acknowledged" | "snoozed" | "resolved";

const one = (id: string) => `/api/v1/alerts/${encodeURIComponent(id)}`;
const key = () => crypto.randomUUID();

export interface AlertQuery {
  status?: AlertState;
  severity?: string;
  cursor?: string | null;
  limit?: number;
}

export function listAlerts(query: AlertQuery): Promise<Page<Alert>> {
  return call("/api/v1/alerts", { query: { limit: 50, ...query } });
}

export const readAlert = (id: string): Promise<AlertDetail> => call(one(id));

export const acknowledge = (id: string): Promise<Alert> => call(`${one(id)}/acknowledge`, { method: "POST", idempotencyKey: key() });

export function snoozeAlert(id: string, minutes: number): Promise<Alert> {
  return call(`${one(id)}/snooze`, { method: "POST", body: { minutes }, idempotencyKey: key() });
}

export function resolveAlert(id: string): Promise<Alert> {
  return call(`${one(id)}/resolve`, { method: "POST", body: {}, idempotencyKey: key() });
}

export function assignAlert(id: string, userId: string): Promise<Alert> {
  return call(`${one(id)}/assign`, { method: "POST", body: { user_id: userId }, idempotencyKey: key() });
}

/** Who is on call by a schedule, now or at another time. */
export function whoIsOnCall(schedule: string, at: string | null): Promise<OnCall> {
  return call(`/api/v1/on-call-schedules/${encodeURIComponent(schedule)}/on-call`, { query: { at } });
}

const words = "/api/v1/notification-templates";

/** What words that are not saved become, and the standard ones. Nothing is stored. */
export function previewWords(body: Schemas["NotificationPreviewRequest"]): Promise<WordsPreview> {
  return call(`${words}/preview`, { method: "POST", body });
}

export const listWordVersions = (id: string): Promise<WordVersions> => call(`${words}/${encodeURIComponent(id)}/versions`);
