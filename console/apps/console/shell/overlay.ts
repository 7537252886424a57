// The one dialog that is open, and who asked for it: buttons, keys and the palette all go through here.
import { useSyncExternalStore } from "react";

export type Overlay =
  | { kind: "sheet" }
  | { kind: "palette" }
  | { kind: "close" | "transfer" | "ticket" | "template" | "assign" | "snooze" | "state" | "merge" | "macro"; conversationId: string };

let shown: Overlay | null = null;
const listeners = new Set<() => void>();

export function show(overlay: Overlay): void {
  publish(overlay);
}

export function hide(): void {
  publish(null);
}

export function useOverlay(): Overlay | null {
  return useSyncExternalStore(subscribe, () => shown);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function publish(next: Overlay | null): void {
  shown = next;
  for (const listener of listeners) listener();
}
