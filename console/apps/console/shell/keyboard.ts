// Single-letter keys, outside text fields and dialogs, matched on the typed character so that every layout works.
import { useEffect, useRef } from "react";

export type KeyMap = Record<string, () => void>;

export function useKeys(map: KeyMap): void {
  const held = useRef(map);
  useEffect(() => {
    held.current = map;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.altKey) return;
      const mod = event.metaKey || event.ctrlKey;
      if (!mod && isTaken(event.target)) return;
      const action = held.current[mod ? `Mod+${event.key.toLowerCase()}` : event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

/** Text fields, dialogs and menus have their own use for letters. */
function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"], [role="menu"]') !== null) return true;
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}
