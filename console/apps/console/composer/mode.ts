// Whether the writer answers the customer or leaves a note, per conversation, and a way to ask for the text field.
import { useSyncExternalStore } from "react";
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

/** Switches the composer to a mode and puts the cursor at the end of its text. */
export function focusComposer(conversationId: string, mode: Mode): void {
  setMode(conversationId, mode);
  requestAnimationFrame(() => {
    const field = document.getElementById("composer");
    if (!(field instanceof HTMLTextAreaElement)) return;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
