// Views under a name of one's own: a filter that is kept, with a live count beside it.
import { useCallback, useSyncExternalStore } from "react";
import { isRecord } from "../../../lib/api/http";
import { viewKey, type View } from "../../../lib/realtime/views";
import { isViewName } from "../router";

export interface SavedView {
  id: string;
  name: string;
  view: View;
}

const PREFIX = "patchbay.views.";
const NONE: readonly SavedView[] = [];
const held = new Map<string, readonly SavedView[]>();
const listeners = new Set<() => void>();

export function useSavedViews(userId: string): readonly SavedView[] {
  return useSyncExternalStore(subscribe, useCallback(() => savedViews(userId), [userId]));
}

export function savedViews(userId: string): readonly SavedView[] {
  const known = held.get(userId);
  if (known !== undefined) return known;
  const read = stored(userId);
  held.set(userId, read);
  return read;
}

export function saveView(userId: string, name: string, view: View): void {
  keep(userId, [...savedViews(userId), { id: crypto.randomUUID(), name, view }]);
}

/** Gives a saved view the filters of another. */
export function changeView(userId: string, id: string, view: View): void {
  keep(userId, savedViews(userId).map((one) => (one.id === id ? { ...one, view } : one)));
}

/** Takes a saved view away; the answer brings it back in its place. */
export function removeView(userId: string, id: string): () => void {
  const before = savedViews(userId);
  keep(userId, before.filter((one) => one.id !== id));
  return () => keep(userId, before);
}

export function savedAs(views: readonly SavedView[], view: View): SavedView | null {
  return views.find((one) => viewKey(one.view) === viewKey(view)) ?? null;
}

function keep(userId: string, views: readonly SavedView[]): void {
  held.set(userId, views);
  localStorage.setItem(PREFIX + userId, JSON.stringify(views));
  publish();
}

function stored(userId: string): readonly SavedView[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(PREFIX + userId) ?? "[]");
    return Array.isArray(value) ? value.filter(isSaved) : NONE;
  } catch {
    return NONE;
  }
}

function isSaved(value: unknown): value is SavedView {
  if (!isRecord(value) || typeof value["id"] !== "string" || typeof value["name"] !== "string") return false;
  const { view } = value;
  return isRecord(view) && typeof view["name"] === "string" && isViewName(view["name"]) && typeof view["q"] === "string";
}

window.addEventListener("storage", (event) => {
  if (!event.key?.startsWith(PREFIX)) return;
  held.delete(event.key.slice(PREFIX.length));
  publish();
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function publish(): void {
  for (const listener of listeners) listener();
}
