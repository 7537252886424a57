// Single-letter keys, outside text fields and dialogs, matched on the typed character so that every layout works.
// "g i" is one key after the other; "Mod+k" is with Ctrl or ⌘.
import { useEffect, useRef } from "react";
import { preferences } from "../../../lib/preferences";

export type KeyMap = Record<string, () => void>;

const SEQUENCE_MS = 1200;
let first: { key: string; at: number } | null = null;

export function useKeys(map: KeyMap): void {
  const held = useRef(map);
  useEffect(() => {
    held.current = map;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.altKey) return;
      const mod = event.metaKey || event.ctrlKey;
      const taken = isTaken(event.target);
      if (taken && (!mod || event.key.toLowerCase() === "z")) return;
      const action = held.current[nameOf(event, mod)];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

/** Remembers a first key of two. Registered before any map, so that every map sees the same. */
document.addEventListener(
  "keydown",
  (event) => {
    const { key } = event;
    pending = first !== null && Date.now() - first.at < SEQUENCE_MS ? `${first.key} ${key}` : null;
    first = key === "g" && pending === null && !isTaken(event.target) ? { key, at: Date.now() } : null;
  },
  { capture: true },
);
let pending: string | null = null;

function nameOf(event: KeyboardEvent, mod: boolean): string {
  const { key } = event;
  if (mod) return `Mod+${key.toLowerCase()}`;
  if (/^\p{L}$/u.test(key) && preferences().letters === "off") return "";
  return pending ?? key;
}

/** Text fields, dialogs and menus have their own use for letters. */
function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"], [role="menu"]') !== null) return true;
  return target instanceof HTMLElement && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}
