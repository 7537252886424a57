// What a person chose for themselves: kept in this browser, for whoever signs in here as that person.
import { useSyncExternalStore } from "react";

/** What a sound or a note on the desktop may be about. */
export const NOTICES = ["mine", "unassigned", "mention", "escalation"] as const;
export type NoticeKind = (typeof NOTICES)[number];
export type Switch = "on" | "off";
/** The key that sends: Enter alone, or with Ctrl (⌘). */
export type SendKey = "enter" | "mod";

export interface Preferences {
  sendChat: SendKey;
  sendMail: SendKey;
  /** Whether single letters act. */
  letters: Switch;
  /** Where one goes after closing a conversation. */
  afterClose: "next" | "list" | "stay";
  sound: Record<NoticeKind, Switch>;
  desktop: Record<NoticeKind, Switch>;
  /** Whether a note on the desktop repeats what was written. */
  noteText: Switch;
  /** From when to when neither sound nor note comes, as "22:00"; empty for never. */
  quietFrom: string;
  quietTo: string;
}

export const USUAL: Preferences = {
  sendChat: "enter",
  sendMail: "mod",
  letters: "on",
  afterClose: "next",
  sound: { mine: "on", unassigned: "on", mention: "on", escalation: "on" },
  desktop: { mine: "off", unassigned: "off", mention: "off", escalation: "off" },
  noteText: "off",
  quietFrom: "",
  quietTo: "",
};

const PREFIX = "patchbay.preferences.";
const listeners = new Set<() => void>();
let person = "";
let current: Preferences = USUAL;

/** Whose preferences count from now on. */
export function preferFor(userId: string): void {
  person = userId;
  current = stored(userId);
  publish();
}

export function preferences(): Preferences {
  return current;
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  localStorage.setItem(PREFIX + person, JSON.stringify(current));
  publish();
}

/** Whether a time of day lies in the quiet hours; they may go over midnight. */
export function isQuiet({ quietFrom, quietTo }: Preferences, at: Date): boolean {
  const from = minutes(quietFrom);
  const to = minutes(quietTo);
  if (from === null || to === null || from === to) return false;
  const now = at.getHours() * 60 + at.getMinutes();
  return from < to ? now >= from && now < to : now >= from || now < to;
}

function minutes(clock: string): number | null {
  const found = /^(\d\d?):(\d\d)$/.exec(clock);
  return found === null ? null : Number(found[1]) * 60 + Number(found[2]);
}

/** What was kept, laid over the usual: a newer version may know more fields, an older one fewer. */
function stored(userId: string): Preferences {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PREFIX + userId) ?? "{}");
    if (typeof kept !== "object" || kept === null) return USUAL;
    const known = kept as Partial<Preferences>;
    return { ...USUAL, ...known, sound: { ...USUAL.sound, ...known.sound }, desktop: { ...USUAL.desktop, ...known.desktop } };
  } catch {
    return USUAL;
  }
}

// Another tab of the same person changed something.
window.addEventListener("storage", (event) => {
  if (event.key !== PREFIX + person) return;
  current = stored(person);
  publish();
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function publish(): void {
  for (const listener of listeners) listener();
}
