import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { resumeSession } from "../../lib/api/session";
import { App } from "./app";
import "./styles.css";

// After an update of the server old chunk names are gone; one reload fetches the new page.
window.addEventListener("vite:preloadError", (event) => {
  if (sessionStorage.getItem("patchbay.reloaded") !== null) return;
  sessionStorage.setItem("patchbay.reloaded", "1");
  event.preventDefault();
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
