// While a list is scrolled its rows keep their order: what is read does not jump, and a frame has no more to draw than the
// rows that come into sight. News of a row are in it at once; its new place comes when the list rests.
import { useEffect, useRef, useState, type RefObject } from "react";
import type { List } from "../../../lib/realtime/store";

const REST_MS = 120;

export function useCalmIds(scroller: RefObject<HTMLElement | null>, list: List): readonly string[] {
  const latest = useRef(list);
  const [held, setHeld] = useState<List | null>(null);
  useEffect(() => {
    latest.current = list;
    // Another page at the end is what scrolling asks for.
    setHeld((before) => (before === null || isSame(before, list) ? before : list));
  }, [list]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let rest: ReturnType<typeof setTimeout> | undefined;
    const scrolled = () => {
      setHeld((before) => before ?? latest.current);
      clearTimeout(rest);
      rest = setTimeout(() => setHeld(null), REST_MS);
    };
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      element.removeEventListener("scroll", scrolled);
      clearTimeout(rest);
    };
  }, [scroller]);
  return held !== null && isSame(held, list) ? held.ids : list.ids;
}

/** The same list, as far as it is loaded; its rows may have moved. */
function isSame(held: List, list: List): boolean {
  return held.view === list.view && held.cursor === list.cursor;
}
