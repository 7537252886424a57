// The chosen language, and dates and times as it writes them.
import { useSyncExternalStore } from "react";
import { en, type Texts } from "./en";
import { fr } from "./fr";

export type Language = "en" | "fr";

const STORED = "patchbay.language";
const TEXTS: Record<Language, Texts> = { en, fr };
const listeners = new Set<() => void>();
let current: Language = initial();
document.documentElement.lang = current;

function initial(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "en" || stored === "fr") return stored;
  return navigator.language.startsWith("fr") ? "fr" : "en";
}

export function setLanguage(language: Language): void {
  current = language;
  localStorage.setItem(STORED, language);
  document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => current);
}

export function currentLanguage(): Language {
  return current;
}

export function useTexts(): Texts {
  return TEXTS[useLanguage()];
}

/** The texts of the moment, for what runs outside a component. */
export function texts(): Texts {
  return TEXTS[current];
}

/** A name and what it is, with the colon as the language sets it. */
export function named(name: string, value: string): string {
  return current === "fr" ? `${name}\u00a0: ${value}` : `${name}: ${value}`;
}
