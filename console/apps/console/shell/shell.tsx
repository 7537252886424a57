import { Outlet } from "@tanstack/react-router";
import { Boundary } from "../../../lib/ui/states";
import { useTexts } from "../../../lib/i18n/language";
import { Alarms } from "./alarms";
import { ConnectionBar } from "./connection-bar";
import { NewVersion } from "./new-version";
import { Overlays } from "./overlays";
import { Rail } from "./rail";
import { useGlobalKeys } from "./use-global-keys";
import { useNotices } from "./notices";

export function Shell() {
  const t = useTexts();
  useGlobalKeys();
  useNotices();
  return (
    <div className="flex h-dvh flex-col overflow-hidden">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-lg focus:bg-raised focus:px-3 focus:py-2 focus:shadow-float">
        {t.shell.skip}
      </a>
      <ConnectionBar />
      <NewVersion />
      <Alarms />
      <div className="flex min-h-0 flex-1">
        <Rail />
        <Boundary>
          <Outlet />
        </Boundary>
      </div>
      <Overlays />
    </div>
  );
}
