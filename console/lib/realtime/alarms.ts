// The critical alerts nobody looks after yet. They stand on every screen of those who may see them until one person
// acknowledges; then they are gone for all.
import type { Alert } from "../api/alerts";
import { ApiError, isRecord } from "../api/http";
import type { Frame } from "./frames";

/** What is known of an alarm. */
export interface Alarm {
  key: string;
  code: string;
  title: string;
  since: string;
  conversationId: string | null;
  ticketId: string | null;
  /** The alert; nothing in the moment before the rules have made one of what happened. */
  alert: Alert | null;
}

/** What is critical whatever a rule says of it: shown as soon as it is told, before there is an alert. */
const AT_ONCE: readonly string[] = ["EMERGENCY"];
/** So long what was told is shown without an alert. */
const EARLY_MS = 60_000;
const NONE: readonly Alarm[] = [];

export class Alarms {
  readonly #list: () => Promise<readonly Alert[]>;
  readonly #held = new Map<string, Alert>();
  readonly #early = new Map<string, Alarm>();
  readonly #listeners = new Set<() => void>();
  #shown: readonly Alarm[] = NONE;

  constructor(list: () => Promise<readonly Alert[]>) {
    this.#list = list;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Newest first. */
  open = (): readonly Alarm[] => this.#shown;

  /** Asks anew for what is open; whoever may not see alerts has none. */
  async load(): Promise<void> {
    try {
      const listed = await this.#list();
      const open = new Set(listed.map((one) => one.id));
      for (const one of this.#held.values()) if (!open.has(one.id)) this.#held.delete(one.id);
      for (const one of listed) this.#keep(one);
      this.#publish();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  hear(frame: Frame): void {
    if (frame.event !== "alert.raised" && frame.event !== "alert.updated") return;
    const told = frame.data["alert"];
    if (!isRecord(told)) return;
    if (typeof told["id"] === "string" && isRecord(told["rule"])) this.merge(told as unknown as Alert);
    else this.#tellEarly(told, frame.ts);
  }

  /** Takes a row as it is now. */
  merge(alert: Alert): void {
    this.#keep(alert);
    this.#publish();
  }

  #keep(alert: Alert): void {
    if (alert.version >= (this.#held.get(alert.id)?.version ?? 0)) this.#held.set(alert.id, alert);
    this.#early.delete(about(alert.code, alert.conversation_id ?? null));
  }

  #tellEarly(told: Record<string, unknown>, ts: string | null): void {
    const { code, conversation_id: conversation } = told;
    if (typeof code !== "string" || !AT_ONCE.includes(code)) return;
    const conversationId = typeof conversation === "string" ? conversation : null;
    const key = about(code, conversationId);
    this.#early.set(key, { key, code, title: code, since: ts ?? new Date().toISOString(), conversationId, ticketId: null, alert: null });
    setTimeout(() => this.#early.delete(key) && this.#publish(), EARLY_MS);
    this.#publish();
  }

  #publish(): void {
    const rows = [...this.#held.values()].filter((one) => one.state === "open" && one.severity === "critical").map(alarmOf);
    const open = [...this.#early.values(), ...rows];
    this.#shown = open.length === 0 ? NONE : open.sort((a, b) => Date.parse(b.since) - Date.parse(a.since));
    for (const listener of this.#listeners) listener();
  }
}

function about(code: string, conversationId: string | null): string {
  return `${code} ${conversationId ?? ""}`;
}

function alarmOf(alert: Alert): Alarm {
  return { key: alert.id, code: alert.code, title: alert.title, since: alert.first_at, conversationId: alert.conversation_id ?? null, ticketId: alert.ticket_id ?? null, alert };
}
