// The one script of a customer's page: a button in a closed shadow root, the frame on the first click, `hub(…)` for the
// page. It never throws into the page, and covers nothing before the frame says that it is there.
type Style = Record<string, string>;
type Call = [command: string, value?: unknown];
type Hub = { (...call: Call): void; q?: ArrayLike<unknown>[]; on?: boolean };

(() => {
  const page = window as unknown as { hub?: Hub };
  const script = document.currentScript as HTMLScriptElement | null;
  if (!script || page.hub?.on) return;
  const base = new URL(script.src).origin;
  const inbox = script.dataset.inbox ?? "";
  const waiting = page.hub?.q ?? [];
  const seen = `hub.${inbox}`;
  let language = script.dataset.lang ?? "";
  let person: unknown = null;
  let frame: HTMLIFrameElement | null = null;
  let isReady = false;
  let isOpen = false;
  let place: [number, number] = [0, 0];

  const style = (element: HTMLElement, rules: Style) => {
    for (const name in rules) element.style.setProperty(name, rules[name] ?? "", "important");
  };
  const make = (name: string, rules: Style) => {
    const element = document.createElement(name);
    style(element, { all: "initial", ...rules });
    return element;
  };
  const host = make("div", { position: "fixed", right: "0", bottom: "0", width: "0", height: "0", "z-index": "2147483647" });
  const root = host.attachShadow({ mode: "closed" });
  const button = make("button", {
    position: "fixed", right: "20px", bottom: "20px", width: "56px", height: "56px", "border-radius": "50%", background: "#3a5bd9",
    color: "#fff", cursor: "pointer", "box-shadow": "0 6px 20px rgba(0,0,0,.28)", font: "26px/56px system-ui,sans-serif", "text-align": "center",
  });
  const badge = make("span", {
    position: "absolute", right: "-3px", top: "-3px", "min-width": "20px", padding: "0 5px", "box-sizing": "border-box", "border-radius": "10px",
    background: "#c62f3b", color: "#fff", font: "bold 12px/20px system-ui,sans-serif", display: "none",
  });
  const icon = make("span", { font: "inherit", color: "inherit" });

  const lang = () => (language || document.documentElement.lang || navigator.language || "en").slice(0, 2).toLowerCase();
  const label = () => ({ fr: "Discuter avec nous", es: "Chatear con nosotros" })[lang()] ?? "Chat with us";
  const tell = (message: object) => isReady && frame?.contentWindow?.postMessage({ hub: 1, ...message }, base);
  const draw = () => {
    icon.textContent = isOpen ? "×" : "💬";
    button.setAttribute("aria-label", label());
    button.setAttribute("aria-expanded", String(isOpen));
    const small = innerWidth < 480;
    style(button, { display: isOpen && small ? "none" : "block", outline: "revert" });
    if (frame)
      style(frame, {
        display: isOpen && isReady ? "block" : "none",
        ...(small
          ? { inset: "0", width: "100%", height: "100%", "border-radius": "0" }
          : { inset: "auto 20px 88px auto", width: "380px", height: "min(640px, calc(100vh - 108px))", "border-radius": "14px" }),
      });
  };
  const load = () => {
    if (frame) return;
    const made = make("iframe", { position: "fixed", display: "none", border: "0", "box-shadow": "0 12px 40px rgba(0,0,0,.3)" }) as HTMLIFrameElement;
    made.title = label();
    made.src = `${base}/widget/?inbox=${encodeURIComponent(inbox)}&o=${encodeURIComponent(location.origin)}`;
    frame = made;
    root.append(made);
    // Nobody there: take it away, so that the next click tries again.
    setTimeout(() => {
      if (isReady || frame !== made) return;
      made.remove();
      frame = null;
      isOpen = false;
      draw();
    }, 15000);
  };
  const show = (open: boolean) => {
    if (open === isOpen) return;
    isOpen = open;
    if (open) {
      place = [scrollX, scrollY];
      try {
        sessionStorage.setItem(seen, "1");
      } catch {}
      load();
    }
    draw();
    tell({ open });
    if (open) frame?.focus();
    else {
      scrollTo(place[0], place[1]);
      button.focus({ preventScroll: true });
    }
  };
  const act = (command: unknown, value: unknown) => {
    if (command === "open" || command === "close") show(command === "open");
    else if (command === "identify") tell({ person: (person = value ?? null) });
    else if (command === "locale") {
      language = String(value ?? "");
      tell({ lang: lang() });
      draw();
    }
  };
  const hub: Hub = (...call) => {
    try {
      act(call[0], call[1]);
    } catch {}
  };
  hub.on = true;
  page.hub = hub;
  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== base) return;
    const said = event.data as { hub?: string; n?: number } | null;
    if (said?.hub === "ready") {
      isReady = true;
      tell({ lang: lang(), person, open: isOpen });
      draw();
      if (isOpen) frame.focus();
    } else if (said?.hub === "close") show(false);
    else if (said?.hub === "unread") {
      badge.textContent = String(said.n);
      style(badge, { display: said.n ? "block" : "none" });
    }
  });
  addEventListener("resize", draw);
  button.addEventListener("click", () => show(!isOpen));
  button.append(icon, badge);
  root.append(button);
  draw();
  document.documentElement.append(host);
  for (const call of Array.from(waiting)) hub(...(Array.from(call) as Call));
  try {
    if (sessionStorage.getItem(seen)) setTimeout(load, 1500);
  } catch {}
})();
