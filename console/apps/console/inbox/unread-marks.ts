// Conversations one marked as unread for oneself, until they are opened again or something new arrives in them.
import { useCallback, useSyncExternalStore } from "react";
import { isRecord } from "../../../lib/api/http";
import type { Conversation } from "../../../lib/api/model";

/** The newest sequence of each when it was marked. */
export type Marks = Readonly<Record<string, number>>;

const PREFIX = "patchbay.unread.";
const held = new Map<string, Marks>();
const listeners = new Set<() => void>();

export function useMarks(userId: string): Marks {
  return useSyncExternalStore(subscribe, useCallback(() => marksOf(userId), [userId]));
}

export function isMarkedUnread(marks: Marks, conversation: Conversation): boolean {
  return marks[conversation.id] === conversation.last_seq;
}

export function markUnread(userId: string, conversation: Conversation): void {
  keep(userId, { ...marksOf(userId), [conversation.id]: conversation.last_seq });
}

export function unmark(userId: string, conversationId: string): void {
  const { [conversationId]: mark, ...rest } = marksOf(userId);
  if (mark !== undefined) keep(userId, rest);
}

function marksOf(userId: string): Marks {
  const known = held.get(userId);
  if (known !== undefined) return known;
  const read = stored(userId);
  held.set(userId, read);
  return read;
}

function stored(userId: string): Marks {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(PREFIX + userId) ?? "{}");
    return isRecord(value) ? (value as Marks) : {};
  } catch {
    return {};
  }
}

function keep(userId: string, marks: Marks): void {
  held.set(userId, marks);
  localStorage.setItem(PREFIX + userId, JSON.stringify(marks));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
