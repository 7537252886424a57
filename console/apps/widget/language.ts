// The language of the page around the frame, or the one it asked for.
import { textsOf, type Texts } from "./texts";

let language = navigator.language.slice(0, 2).toLowerCase();
const listeners = new Set<() => void>();

export function setLanguage(chosen: string): void {
  language = chosen.slice(0, 2).toLowerCase();
  document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

export function currentLanguage(): string {
  return language;
}

export function texts(): Texts {
  return textsOf(language);
}

export function subscribeLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
