// While a list is scrolled its rows keep their order: what is read does not jump, and a frame has no more to draw than the
// rows that come into sight. News of a row are in it at once; its new place comes when the list rests.
import { useEffect, useRef, useState, type RefObject } from "react";
import type { List } from "../../../lib/realtime/store";

const REST_MS = 120;

export function useCalmIds(scroller: RefObject<HTMLElement | null>, list: List): readonly string[] {
  const scrolling = useScrolling(scroller);
  const shown = useRef(list);
  // Another page at the end is what scrolling asks for.
  if (scrolling.current === "no" || shown.current.view !== list.view || shown.current.cursor !== list.cursor) shown.current = list;
  return shown.current.ids;
}

/** Whether an element is being scrolled; draws anew when it comes to rest. */
function useScrolling(scroller: RefObject<HTMLElement | null>): RefObject<"yes" | "no"> {
  const scrolling = useRef<"yes" | "no">("no");
  const [, setRested] = useState(0);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let rest: ReturnType<typeof setTimeout> | undefined;
    const scrolled = () => {
      scrolling.current = "yes";
      clearTimeout(rest);
      rest = setTimeout(() => {
        scrolling.current = "no";
        setRested((times) => times + 1);
      }, REST_MS);
    };
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      element.removeEventListener("scroll", scrolled);
      clearTimeout(rest);
    };
  }, [scroller]);
  return scrolling;
}
