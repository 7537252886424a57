// Whether the writer answers the customer or leaves a note, per conversation, and a way to ask for the text field.
import { useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import type { Mode } from "../../../lib/realtime/store";

const modes = new Map<string, Mode>();
const listeners = new Set<() => void>();

export function useMode(conversationId: string): Mode {
  return useSyncExternalStore(subscribe, () => modes.get(conversationId) ?? "reply");
}

export function setMode(conversationId: string, mode: Mode): void {
  modes.set(conversationId, mode);
  for (const listener of listeners) listener();
}

/** Switches the composer to a mode and puts the cursor at the end of its text, at once: the next key is typed there. */
export function focusComposer(conversationId: string, mode: Mode): void {
  flushSync(() => setMode(conversationId, mode));
  const field = document.getElementById("composer");
  if (!(field instanceof HTMLTextAreaElement) || document.activeElement === field) return;
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

let asked: string | null = null;

/** Opens the saved replies over the reply that is being written. */
export function askSavedReplies(conversationId: string): void {
  focusComposer(conversationId, "reply");
  asked = conversationId;
  for (const listener of listeners) listener();
}

/** Whether the saved replies were asked for there. */
export function useAskedReplies(conversationId: string): boolean {
  return useSyncExternalStore(subscribe, () => asked === conversationId);
}

export function answeredReplies(): void {
  asked = null;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
