// One alert with everybody who was told of it.
import { readAlert } from "../../../lib/api/alerts";
import { useAlertTexts } from "../../../lib/i18n/alerts";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { exact } from "../../../lib/i18n/when";
import { Badge } from "../../../lib/ui/badge";
import { Drawer } from "../../../lib/ui/drawer";
import { ErrorState } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import { alertTitle } from "./alert-words";

const TONES = { sent: "good", failed: "bad" } as const;

export function AlertDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useAlertTexts();
  const { alerts } = useOperationsTexts();
  const found = useLoad(`alert ${id}`, () => readAlert(id));
  const alert = found.value;
  return (
    <Drawer title={alert === null ? t.title : alertTitle(alert, t, alerts.names)} {...(alert === null ? {} : { lead: `${t.rule(alert.rule.name)} · ${t.since(exact(alert.first_at))}` })} onClose={onClose}>
      {found.state === "error" && <ErrorState title={t.failed} error={found.error} onRetry={found.reload} />}
      {alert !== null && (
        <section aria-label={t.detail}>
          <h3 className="mb-3 text-sm font-semibold">{t.detail}</h3>
          {alert.notifications.length === 0 && <p className="text-[0.8125rem] text-ink-soft">{t.nobodyTold}</p>}
          <ul className="grid gap-2">
            {alert.notifications.map((one) => (
              <li key={one.id} className="rounded-xl border border-line bg-surface px-4 py-3 text-[0.8125rem]">
                <div className="flex flex-wrap items-center gap-2">
                  <span className="min-w-0 flex-1 truncate font-medium">{one.user?.name ?? t.channels[one.channel] ?? one.channel}</span>
                  <Badge tone={TONES[one.state as keyof typeof TONES] ?? "plain"}>{t.told[one.state] ?? one.state}</Badge>
                </div>
                <p className="mt-0.5 text-xs text-ink-soft">{[t.channels[one.channel] ?? one.channel, exact(one.sent_at ?? one.due_at)].join(" · ")}</p>
                {one.error && <p className="mt-1 text-xs text-danger-ink">{one.error}</p>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </Drawer>
  );
}
