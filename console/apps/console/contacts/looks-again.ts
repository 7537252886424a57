// What is shown of a contact beside an open conversation may change with every message (a STOP among them) and with what
// somebody records here: then whoever shows it looks again.
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { Conversation } from "../../../lib/api/model";

const listeners = new Set<() => void>();
let changes = 0;

/** Something about a contact was recorded on this page. */
export function contactChanged(): void {
  changes += 1;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls `reload` when what is known of the contact may be different from what was loaded. */
export function useLooksAgain(conversation: Conversation, reload: () => void): void {
  const recorded = useSyncExternalStore(subscribe, () => changes);
  const state = `${conversation.contact.id} ${conversation.last_seq} ${recorded}`;
  const seen = useRef(state);
  useEffect(() => {
    if (seen.current === state) return;
    seen.current = state;
    reload();
  }, [state, reload]);
}
