// When what has come is published. Drawing is what costs: a lone event is drawn with the next frame, many are gathered.
import type { Clock } from "./picture";

/** Where much happens the picture is drawn this often: sooner than anybody reads it. */
const PACE_MS = 40;
/** Frames do not fire in a hidden tab; a slow timer takes their place. */
const HIDDEN_MS = 250;

export function paced(): Clock["schedule"] {
  let last = Number.NEGATIVE_INFINITY;
  return (flush) => {
    const publish = () => {
      last = performance.now();
      flush();
    };
    const wait = last + PACE_MS - performance.now();
    if (wait <= 0) withNextFrame(publish);
    else setTimeout(() => withNextFrame(publish), wait);
  };
}

/** Whichever comes first: a tab may be hidden after it was asked for a frame. */
function withNextFrame(run: () => void): void {
  const first = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    run();
  };
  const frame = requestAnimationFrame(first);
  const timer = setTimeout(first, HIDDEN_MS);
}
