// Rows come and go above the one that is pointed at or focused; it stays where it is, and the reader is told.
import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";

export interface Steady {
  /** How many rows came in above what is shown. */
  above: number;
  /** Called when the list is scrolled. */
  onScroll: () => void;
}

export function useSteadyRows(scroller: RefObject<HTMLDivElement | null>, ids: readonly string[], rowPx: number): Steady {
  const before = useRef(ids);
  const [above, setAbove] = useState(0);
  const pointer = usePointer(scroller);
  useLayoutEffect(() => {
    const held = before.current;
    before.current = ids;
    const element = scroller.current;
    if (element === null || held === ids) return;
    const anchor = anchorOf(element, held, rowPx, pointer.current);
    if (anchor === undefined) return;
    const was = held.indexOf(anchor);
    const is = ids.indexOf(anchor);
    // A row that rose itself is followed by nobody: its own news took it up.
    if (was === -1 || is <= was) return;
    element.scrollBy(0, (is - was) * rowPx);
    if (element.scrollTop > 0) setAbove((count) => count + is - was);
  }, [scroller, ids, rowPx, pointer]);
  return {
    above,
    onScroll: () => {
      if (above > 0 && (scroller.current?.scrollTop ?? 0) < rowPx / 2) setAbove(0);
    },
  };
}

/** The row under the pointer by where it stood, for it need not be drawn at this moment; or else the one with the focus. */
function anchorOf(element: HTMLElement, ids: readonly string[], rowPx: number, pointer: number | null): string | undefined {
  if (pointer !== null) return ids[Math.floor((pointer - element.getBoundingClientRect().top + element.scrollTop) / rowPx)];
  return element.querySelector("[data-conversation]:focus")?.getAttribute("data-conversation") ?? undefined;
}

/** How far down the mouse points, while it points into an element. */
function usePointer(scroller: RefObject<HTMLDivElement | null>): RefObject<number | null> {
  const place = useRef<number | null>(null);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const move = (event: PointerEvent) => {
      place.current = event.pointerType === "mouse" ? event.clientY : null;
    };
    const leave = () => {
      place.current = null;
    };
    element.addEventListener("pointermove", move, { passive: true });
    element.addEventListener("pointerleave", leave);
    return () => {
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerleave", leave);
    };
  }, [scroller]);
  return place;
}
