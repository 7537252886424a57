import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { resumeSession } from "../../lib/api/session";
import { App } from "./app";
import "./styles.css";

/** A page that failed to load its parts and was loaded again does not do so once more within this time. */
const RELOAD_AGAIN_MS = 60_000;

// After an update of the server old chunk names are gone; one reload fetches the new page. The failure stands until then:
// a part that counts as loaded and is not there would fail in its own way.
window.addEventListener("vite:preloadError", () => {
  const before = Number(sessionStorage.getItem("patchbay.reloaded") ?? 0);
  if (Date.now() - before < RELOAD_AGAIN_MS) return;
  sessionStorage.setItem("patchbay.reloaded", String(Date.now()));
  location.reload();
});

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root element");
void resumeSession();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
