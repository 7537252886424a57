// The phones as the page shows them: loaded once, then changed by the event stream; loaded again after every gap.
import { useSyncExternalStore } from "react";
import { isRecord } from "../../lib/api/http";
import {
  getFaults,
  listMailboxes,
  listPhones,
  readClock,
  type DemoClock,
  type FaultBoard,
  type Mail,
  type Mailbox,
  type Phone,
  type PhoneChannel,
  type PhoneMessage,
} from "./phones-api";

export interface Phones {
  load: "loading" | "ready" | "error";
  phones: readonly Phone[];
  mailboxes: readonly Mailbox[];
  faults: FaultBoard | null;
  clock: DemoClock | null;
  error: unknown;
}

let state: Phones = { load: "loading", phones: [], mailboxes: [], faults: null, clock: null, error: null };
const listeners = new Set<() => void>();

export function usePhones(): Phones {
  return useSyncExternalStore(subscribe, () => state);
}

/** Follows the simulator for as long as the page lives. */
export function followPhones(): void {
  const events = new EventSource("/sim/api/events");
  const on = (name: string, run: (data: unknown) => void) =>
    events.addEventListener(name, (event: MessageEvent<unknown>) => run(parse(event.data)));
  events.addEventListener("open", () => void reloadPhones());
  events.addEventListener("error", () => {
    if (state.load === "loading") void reloadPhones();
  });
  on("message", (data) => {
    const change = changeOf(data, "message");
    if (change !== null) changeThread(change.address, change.channel, (thread) => withMessage(thread, change.value as unknown as PhoneMessage));
  });
  on("status", (data) => {
    const body = changeOf(data, "status");
    if (body === null) return;
    const { id, status, error_code } = body.value;
    changeThread(body.address, body.channel, (thread) =>
      thread.map((message) =>
        message.id === id
          ? { ...message, status: String(status), error_code: typeof error_code === "number" ? error_code : null }
          : message,
      ),
    );
  });
  on("mail", (data) => {
    if (!isRecord(data) || typeof data["address"] !== "string" || !isRecord(data["mail"])) return;
    changeMailbox(data["address"], data["mail"] as unknown as Mail);
  });
  on("clock", (data) => {
    if (isRecord(data) && typeof data["now"] === "string" && typeof data["ahead_s"] === "number") keepClock({ now: data["now"], ahead_s: data["ahead_s"] });
  });
  on("faults", () => void reloadFaults());
  on("reset", () => void reloadPhones());
}

export async function reloadPhones(): Promise<void> {
  try {
    const [phones, mailboxes, faults, clock] = await Promise.all([listPhones(), listMailboxes(), getFaults(), readClock()]);
    publish({ load: "ready", phones, mailboxes, faults, clock, error: null });
  } catch (error) {
    publish({ ...state, load: state.phones.length > 0 ? "ready" : "error", error });
  }
}

export function keepFaults(faults: FaultBoard): void {
  publish({ ...state, faults });
}

export function keepClock(clock: DemoClock): void {
  publish({ ...state, clock });
}

async function reloadFaults(): Promise<void> {
  try {
    keepFaults(await getFaults());
  } catch (error) {
    publish({ ...state, error });
  }
}

function withMessage(thread: readonly PhoneMessage[], message: PhoneMessage): readonly PhoneMessage[] {
  const known = thread.some((one) => one.id === message.id);
  return known ? thread.map((one) => (one.id === message.id ? message : one)) : [...thread, message];
}

function changeThread(address: string, channel: PhoneChannel, change: (thread: readonly PhoneMessage[]) => readonly PhoneMessage[]): void {
  const phones = state.phones.map((phone) =>
    phone.address === address && phone.channel === channel ? { ...phone, thread: change(phone.thread) } : phone,
  );
  publish({ ...state, phones });
}

/** Mails of ours show once they are delivered. */
function changeMailbox(address: string, mail: Mail): void {
  if (mail.from === "business" && mail.status !== "delivered" && mail.status !== "read") return;
  const mailboxes = state.mailboxes.map((box) => {
    if (box.address !== address) return box;
    const known = box.mails.some((one) => one.id === mail.id);
    return { ...box, mails: known ? box.mails.map((one) => (one.id === mail.id ? mail : one)) : [...box.mails, mail] };
  });
  publish({ ...state, mailboxes });
}

interface Change {
  address: string;
  channel: PhoneChannel;
  value: Record<string, unknown>;
}

/** The body of an event: whose phone, and what came to it. */
function changeOf(data: unknown, kind: "message" | "status"): Change | null {
  if (!isRecord(data)) return null;
  const { address, channel } = data;
  if (typeof address !== "string" || (channel !== "whatsapp" && channel !== "sms" && channel !== "voice")) return null;
  const value = kind === "message" ? data["message"] : data;
  return isRecord(value) ? { address, channel, value } : null;
}

function parse(text: unknown): unknown {
  try {
    return typeof text === "string" ? (JSON.parse(text) as unknown) : null;
  } catch {
    return null;
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function publish(next: Phones): void {
  state = next;
  for (const listener of listeners) listener();
}
