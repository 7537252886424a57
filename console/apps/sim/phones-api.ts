// The simulator's own interface: its phones, what they do, and what happens on them.
import { ApiError, call } from "../../lib/api/http";

export type PhoneChannel = "whatsapp" | "sms" | "voice";

export interface PhoneMedia {
  url: string;
  mime_type: string | null;
  filename: string | null;
}

export interface PhoneMessage {
  id: string;
  from: "phone" | "business";
  business: string;
  text: string | null;
  media: readonly PhoneMedia[];
  at: string;
  status: string;
  reply_to: string | null;
  error_code: number | null;
}

export interface Phone {
  address: string;
  name: string;
  channel: PhoneChannel;
  thread: readonly PhoneMessage[];
}

export interface Mail {
  id: string;
  from: "phone" | "business";
  business: string;
  writer: string | null;
  answer_to: string;
  subject: string;
  text: string;
  media: readonly PhoneMedia[];
  reply_to: string | null;
  at: string;
  status: string;
  error_code: string | null;
}

export interface Mailbox {
  address: string;
  name: string;
  mails: readonly Mail[];
}

export type ProviderName = "meta" | "twilio" | "mail";
export type Faults = Record<string, number | boolean>;
export type FaultBoard = Record<ProviderName, Faults>;

const phone = (address: string) => `/sim/api/phones/${encodeURIComponent(address)}`;

export async function listPhones(): Promise<readonly Phone[]> {
  return (await call<{ data: readonly Phone[] }>("/sim/api/phones")).data;
}

export interface Picture {
  mime_type: string;
  filename: string;
  base64: string;
}

export function say(address: string, body: { channel: PhoneChannel; text?: string; media?: Picture }): Promise<unknown> {
  return call(`${phone(address)}/messages`, { method: "POST", body });
}

export function readAll(address: string, channel: PhoneChannel): Promise<unknown> {
  return call(`${phone(address)}/read`, { method: "POST", body: { channel } });
}

export async function getFaults(): Promise<FaultBoard> {
  return (await call<{ data: FaultBoard }>("/sim/api/faults")).data;
}

export async function setFaults(provider: ProviderName, faults: Faults): Promise<FaultBoard> {
  return (await call<{ data: FaultBoard }>("/sim/api/faults", { method: "PUT", body: { [provider]: faults } })).data;
}

export async function listMailboxes(): Promise<readonly Mailbox[]> {
  return (await call<{ data: readonly Mailbox[] }>("/sim/api/mailboxes")).data;
}

export function writeMail(address: string, body: { subject?: string; text: string; reply_to?: string }): Promise<unknown> {
  return call(`/sim/api/mailboxes/${encodeURIComponent(address)}/mails`, { method: "POST", body });
}

/** A request of ours to a fake provider. */
export interface WireRequest {
  provider: string;
  at: string;
  method: string;
  path: string;
  status: number | null;
}

/** An attempt of a fake provider to tell us something. */
export interface WireWebhook {
  provider: string;
  at: string;
  url: string;
  about: string;
  attempt: number;
  status: number | null;
}

export async function readWire(): Promise<{ requests: readonly WireRequest[]; webhooks: readonly WireWebhook[] }> {
  return (await call<{ data: { requests: readonly WireRequest[]; webhooks: readonly WireWebhook[] } }>("/sim/api/wire")).data;
}

/** What time it is in the demo, and by how many seconds that is ahead of the machine. */
export interface DemoClock {
  now: string;
  ahead_s: number;
}

/** The demo's clock; `null` where it cannot be moved. */
export async function readClock(): Promise<DemoClock | null> {
  try {
    return await call<DemoClock>("/sim/api/clock");
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

export function moveClock(seconds: number): Promise<DemoClock> {
  return call("/sim/api/clock", { method: "POST", body: { forward_s: seconds } });
}

/** Forgets everything on the phones and on the wire. */
export const reset = (): Promise<unknown> => call("/sim/api/reset", { method: "POST" });
