// The rows that are selected, to act on all of them at once.
import { useSyncExternalStore } from "react";

let selected: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

export function useSelection(): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, selection);
}

export function selection(): ReadonlySet<string> {
  return selected;
}

export function toggle(id: string): void {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  publish(next);
}

export function select(ids: readonly string[]): void {
  publish(new Set([...selected, ...ids]));
}

export function deselect(ids: readonly string[]): void {
  if (!ids.some((id) => selected.has(id))) return;
  const gone = new Set(ids);
  publish(new Set([...selected].filter((id) => !gone.has(id))));
}

export function clearSelection(): void {
  if (selected.size > 0) publish(new Set());
}

function publish(next: ReadonlySet<string>): void {
  selected = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
