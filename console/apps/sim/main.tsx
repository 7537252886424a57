import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Boundary } from "../../lib/ui/states";
import { TipProvider } from "../../lib/ui/tip";
import { Toasts } from "../../lib/ui/toast";
import { followPhones } from "./phones-store";
import { DemoPage } from "./demo-page";
import { SimulatorPage } from "./simulator-page";
import "./styles.css";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root element");
followPhones();
createRoot(root).render(
  <StrictMode>
    <TipProvider delayDuration={400}>
      <Boundary>
        {location.pathname.startsWith("/demo") ? <DemoPage /> : <SimulatorPage />}
      </Boundary>
      <Toasts />
    </TipProvider>
  </StrictMode>,
);
