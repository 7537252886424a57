import { lazy, Suspense, useSyncExternalStore } from "react";
import { useWorkspace } from "../../../lib/realtime/hooks";

const AlarmBanner = lazy(async () => ({ default: (await import("../alerts/alarm-banner")).AlarmBanner }));

/** The line of what is critical; its code is loaded when there is something. */
export function Alarms() {
  const { alarms } = useWorkspace();
  const open = useSyncExternalStore(alarms.subscribe, alarms.open);
  if (open.length === 0) return null;
  return (
    <Suspense fallback={null}>
      <AlarmBanner />
    </Suspense>
  );
}
