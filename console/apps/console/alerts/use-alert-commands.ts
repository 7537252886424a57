// What can be done about an alert. The answer shows at once; everybody else hears of it over the socket.
import { useMemo } from "react";
import { acknowledge, resolveAlert, snoozeAlert, type Alert } from "../../../lib/api/alerts";
import { alertTexts } from "../../../lib/i18n/alerts";
import { useLanguage } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { toastDone, toastError } from "../../../lib/ui/toast";

export interface AlertCommands {
  acknowledge: (alert: Alert) => Promise<void>;
  snooze: (alert: Alert, minutes: number) => Promise<void>;
  resolve: (alert: Alert) => Promise<void>;
}

export function useAlertCommands(onChange: (alert: Alert) => void = () => undefined): AlertCommands {
  const { alarms } = useWorkspace();
  const language = useLanguage();
  return useMemo(() => {
    const t = alertTexts[language];
    const run = async (command: () => Promise<Alert>, done: string) => {
      try {
        const now = await command();
        alarms.merge(now);
        onChange(now);
        toastDone(done);
      } catch (error) {
        toastError(error);
        // Somebody may have been faster: show how things stand.
        void alarms.load();
      }
    };
    return {
      acknowledge: (alert) => run(() => acknowledge(alert.id), t.acknowledged),
      snooze: (alert, minutes) => run(() => snoozeAlert(alert.id, minutes), t.snoozed),
      resolve: (alert) => run(() => resolveAlert(alert.id), t.resolved),
    };
  }, [alarms, language, onChange]);
}
