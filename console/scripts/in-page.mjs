// What the bench runs inside the page. Each stands alone: it is sent there as text.

/** Scrolls the list for a while and tells how long each frame took. */
export function scroll(until) {
  return new Promise((resolve) => {
    const list = document.querySelector("[data-list]");
    const frames = [];
    let rows = 0;
    let step = 60;
    const start = performance.now();
    let last = start;
    const frame = (now) => {
      frames.push(now - last);
      last = now;
      list.scrollTop += step;
      if (list.scrollTop + list.clientHeight >= list.scrollHeight - 4 || list.scrollTop === 0) step = -step;
      rows = Math.max(rows, list.querySelectorAll("[role=listitem]").length);
      if (now - start < until) requestAnimationFrame(frame);
      else resolve({ frames: frames.slice(2), rows });
    };
    requestAnimationFrame(frame);
  });
}

/** Scrolls to the end of what is loaded; true when that is everything. */
export function scrollOn(count) {
  const list = document.querySelector("[data-list]");
  list.scrollTop = list.scrollHeight;
  return list.querySelector(`[aria-setsize="${count}"]`) !== null;
}

/** Notes when each probe that was sent after `since` has been painted. Rows still show those of earlier measurements. */
export function watchProbes(since) {
  document.querySelector("[data-list]").scrollTop = 0;
  globalThis.painted = [];
  const seen = new Set();
  globalThis.watcher = new MutationObserver(() => {
    for (const row of document.querySelectorAll("[data-list] [role=listitem]")) {
      const probe = Number(/probe ([\d.]+)/.exec(row.textContent)?.[1] ?? 0);
      if (probe < since || seen.has(probe)) continue;
      seen.add(probe);
      // The frame that shows it has been painted when the next one begins.
      requestAnimationFrame(() => setTimeout(() => globalThis.painted.push(performance.timeOrigin + performance.now() - probe), 0));
    }
  });
  globalThis.watcher.observe(document.querySelector("[data-list]"), { subtree: true, childList: true, characterData: true });
}

export function seenProbes() {
  globalThis.watcher.disconnect();
  return globalThis.painted;
}

/** From the next event of a kind, by its own time, until an element with such a text at its end is painted. */
export function awaitPainted({ event, selector, text }) {
  globalThis.shown = new Promise((resolve) => {
    const began = (input) => {
      // A key held down with another comes first.
      if (input.key === "Control") return;
      removeEventListener(event, began, { capture: true });
      const isThere = () => [...document.querySelectorAll(selector)].at(-1)?.textContent.includes(text) ?? false;
      const look = () => (isThere() ? setTimeout(() => resolve(performance.now() - input.timeStamp), 0) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    };
    addEventListener(event, began, { capture: true });
  });
}

/** From the page's beginning until its first row is painted. */
export function awaitFirstRow() {
  const look = () => {
    if (document.querySelector("[data-conversation]") === null) requestAnimationFrame(look);
    else setTimeout(() => (globalThis.firstRow = performance.now()), 0);
  };
  requestAnimationFrame(look);
}
