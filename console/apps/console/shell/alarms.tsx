import { useSyncExternalStore } from "react";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { part } from "../../../lib/ui/part";

const AlarmBanner = part(async () => (await import("../alerts/alarm-banner")).AlarmBanner);

/** The line of what is critical; its code is loaded when there is something. */
export function Alarms() {
  const { alarms } = useWorkspace();
  const open = useSyncExternalStore(alarms.subscribe, alarms.open);
  return open.length === 0 ? null : <AlarmBanner />;
}
