// How close together the rows of tables stand; kept in this browser.
import { useSyncExternalStore } from "react";

export type Density = "comfortable" | "compact";

const STORED = "patchbay.density";
const listeners = new Set<() => void>();
apply();

export function density(): Density {
  return localStorage.getItem(STORED) === "compact" ? "compact" : "comfortable";
}

export function setDensity(next: Density): void {
  localStorage.setItem(STORED, next);
  apply();
  for (const listener of listeners) listener();
}

export function useDensity(): Density {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, density);
}

function apply(): void {
  document.documentElement.dataset["density"] = density();
}
