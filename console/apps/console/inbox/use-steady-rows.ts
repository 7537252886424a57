// Rows come and go above the one that is pointed at or focused; it stays where it is, and the reader is told.
import { useLayoutEffect, useRef, useState, type RefObject } from "react";

export interface Steady {
  /** How many rows came in above what is shown. */
  above: number;
  /** Called when the list is scrolled. */
  onScroll: () => void;
}

export function useSteadyRows(scroller: RefObject<HTMLDivElement | null>, ids: readonly string[], rowPx: number): Steady {
  const before = useRef(ids);
  const [above, setAbove] = useState(0);
  useLayoutEffect(() => {
    const held = before.current;
    before.current = ids;
    const element = scroller.current;
    if (element === null || held === ids) return;
    const anchor = anchorOf(element);
    if (anchor === null) return;
    const was = held.indexOf(anchor);
    const is = ids.indexOf(anchor);
    // A row that rose itself is followed by nobody: its own news took it up.
    if (was === -1 || is <= was) return;
    element.scrollBy(0, (is - was) * rowPx);
    if (element.scrollTop > 0) setAbove((count) => count + is - was);
  }, [scroller, ids, rowPx]);
  return {
    above,
    onScroll: () => {
      if (above > 0 && (scroller.current?.scrollTop ?? 0) < rowPx / 2) setAbove(0);
    },
  };
}

/** The row under the pointer, or else the one with the focus. */
function anchorOf(element: HTMLElement): string | null {
  const pointed = element.querySelector("[data-conversation]:hover");
  const focused = element.querySelector("[data-conversation]:focus");
  return (pointed ?? focused)?.getAttribute("data-conversation") ?? null;
}
