// Whether the details beside the thread are shown: remembered on a wide screen, a sheet over the thread on a narrow one.
import { useSyncExternalStore } from "react";
import { flushSync } from "react-dom";

const STORED = "patchbay.details";
const wide = matchMedia("(min-width: 1280px)");
const listeners = new Set<() => void>();
let beside = localStorage.getItem(STORED) !== "hidden";
let over = false;

export type Details = "hidden" | "beside" | "over";

export function toggleDetails(): void {
  if (wide.matches) {
    beside = !beside;
    localStorage.setItem(STORED, beside ? "shown" : "hidden");
  } else {
    over = !over;
  }
  publish();
}

/** Puts the cursor where a tag is added, and shows the details for it. */
export function focusTags(): void {
  if (document.getElementById("add-tag") === null) flushSync(toggleDetails);
  // A sheet over the thread takes the focus for itself first.
  setTimeout(() => document.getElementById("add-tag")?.focus(), 0);
}

export function closeDetails(): void {
  over = false;
  publish();
}

export function useDetails(): Details {
  return useSyncExternalStore(subscribe, () => (wide.matches ? (beside ? "beside" : "hidden") : over ? "over" : "hidden"));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function publish(): void {
  for (const listener of listeners) listener();
}

wide.addEventListener("change", publish);
