// What a person has chosen for this browser, beside theme and language: how dense lists are, what makes a sound, which
// keys work. Every tab follows.
import { useSyncExternalStore } from "react";

export type Density = "comfortable" | "compact";
export const SOUND_EVENTS = ["mine", "unassigned", "mention", "escalation"] as const;
export type SoundEvent = (typeof SOUND_EVENTS)[number];

export interface Preferences {
  density: Density;
  /** Single letters as shortcuts; chords with Mod always work. */
  singleKeys: boolean;
  /** What makes a sound. */
  sounds: Readonly<Record<SoundEvent, boolean>>;
  /** Notes of the system while the tab is hidden, never with words of a message. */
  desktopNotes: boolean;
  /** What sends in chat channels. */
  sendWith: "enter" | "mod_enter";
  /** Where to go after a conversation was closed. */
  afterClose: "next" | "list";
}

const STORED = "patchbay.preferences";
const FIRST: Preferences = {
  density: "comfortable",
  singleKeys: true,
  sounds: { mine: true, unassigned: true, mention: true, escalation: true },
  desktopNotes: false,
  sendWith: "enter",
  afterClose: "next",
};

const listeners = new Set<() => void>();
let current = read();
apply();

export function preferences(): Preferences {
  return current;
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  localStorage.setItem(STORED, JSON.stringify(current));
  publish();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}

function read(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? "{}") as Partial<Preferences>;
    return { ...FIRST, ...stored, sounds: { ...FIRST.sounds, ...stored.sounds } };
  } catch {
    return FIRST;
  }
}

function apply(): void {
  document.documentElement.dataset["density"] = current.density;
}

function publish(): void {
  apply();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

addEventListener("storage", (event) => {
  if (event.key !== STORED) return;
  current = read();
  publish();
});
