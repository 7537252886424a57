import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { part } from "../../lib/ui/part";
import { Boundary } from "../../lib/ui/states";
import { TipProvider } from "../../lib/ui/tip";
import { Toasts } from "../../lib/ui/toast";
import { followPhones } from "./phones-store";
import "./styles.css";

// Of the two pages only the one that is opened is fetched.
const SimulatorPage = part(async () => (await import("./simulator-page")).SimulatorPage);
const DemoPage = part(async () => (await import("./demo-page")).DemoPage);

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root element");
followPhones();
createRoot(root).render(
  <StrictMode>
    <TipProvider delayDuration={400}>
      <Boundary>{location.pathname.startsWith("/demo") ? <DemoPage /> : <SimulatorPage />}</Boundary>
      <Toasts />
    </TipProvider>
  </StrictMode>,
);
