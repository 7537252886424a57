// Alerts and what becomes of them: open ones with what can be done, and those that are over.
import { BellOff, CircleCheckBig } from "lucide-react";
import { useCallback, useState } from "react";
import { listAlerts, type Alert } from "../../../lib/api/alerts";
import { useAlertTexts } from "../../../lib/i18n/alerts";
import { useFollow } from "../../../lib/realtime/watch";
import { Button } from "../../../lib/ui/button";
import { Page } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { Forbidden } from "../session/forbidden";
import { looksAfterAlerts, seesAlerts } from "../session/areas";
import { useMe } from "../session/me";
import { AlertCard } from "./alert-card";
import { AlertDrawer } from "./alert-drawer";
import { AlertTabs } from "./alert-tabs";
import { useAlertCommands } from "./use-alert-commands";

const FOLLOWED = ["alert."] as const;
const EVERY_MS = 30_000;
/** The worst first. */
const WORST: Readonly<Record<string, number>> = { critical: 0, warning: 1, info: 2 };
const RANK: Readonly<Record<string, number>> = { open: 0, acknowledged: 1, snoozed: 2, resolved: 3 };

export function AlertsPage() {
  return <AlertList show="open" />;
}

export function PastAlertsPage() {
  return <AlertList show="resolved" />;
}

async function load(show: "open" | "resolved") {
  if (show === "resolved") return listAlerts({ status: "resolved" });
  const [open, held, snoozed] = await Promise.all([listAlerts({ status: "open", limit: 100 }), listAlerts({ status: "acknowledged", limit: 100 }), listAlerts({ status: "snoozed", limit: 100 })]);
  return { data: [...open.data, ...held.data, ...snoozed.data], next_cursor: null };
}

function AlertList({ show }: { show: "open" | "resolved" }) {
  const t = useAlertTexts();
  const me = useMe();
  const alerts = useLoad(`alerts ${show}`, () => load(show));
  const [further, setFurther] = useState<{ rows: readonly Alert[]; cursor: string | null } | null>(null);
  const [changed, setChanged] = useState<Readonly<Record<string, Alert>>>({});
  const [opened, setOpened] = useState<string | null>(null);
  const onChange = useCallback((alert: Alert) => setChanged((held) => ({ ...held, [alert.id]: alert })), []);
  const commands = useAlertCommands(onChange);
  useFollow(FOLLOWED, alerts.reload, EVERY_MS);
  if (!looksAfterAlerts(me)) return <Forbidden needs={["admin", "supervisor", "team_lead", "dispatcher", "support_agent", "auditor"]} />;
  const latest = (one: Alert) => {
    const mine = changed[one.id];
    return mine !== undefined && mine.version > one.version ? mine : one;
  };
  const rows = [...(alerts.value?.data ?? []), ...(further?.rows ?? [])].map(latest).filter((one) => (one.state === "resolved") === (show === "resolved"));
  if (show === "open") rows.sort((a, b) => (RANK[a.state] ?? 9) - (RANK[b.state] ?? 9) || (WORST[a.severity] ?? 9) - (WORST[b.severity] ?? 9) || Date.parse(b.last_at) - Date.parse(a.last_at));
  const cursor = further === null ? (alerts.value?.next_cursor ?? null) : further.cursor;
  const showMore = async () => {
    try {
      const page = await listAlerts({ status: "resolved", cursor });
      setFurther({ rows: [...(further?.rows ?? []), ...page.data], cursor: page.next_cursor });
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Page title={t.title} lead={t.lead} tabs={<AlertTabs here={show} signals={seesAlerts(me) ? "shown" : "hidden"} />} narrow>
      {alerts.state === "error" && <ErrorState title={t.failed} error={alerts.error} onRetry={alerts.reload} />}
      {alerts.state === "ready" && rows.length === 0 && (
        <div className="rounded-xl border border-line bg-surface">
          <EmptyState icon={show === "open" ? CircleCheckBig : BellOff} title={show === "open" ? t.none : t.noneOver} text={show === "open" ? t.noneHint : t.noneOverHint} />
        </div>
      )}
      <ul className="grid gap-3" aria-label={t.title}>
        {rows.map((alert) => (
          <AlertCard key={alert.id} alert={alert} commands={commands} onOpen={() => setOpened(alert.id)} />
        ))}
      </ul>
      {cursor !== null && (
        <div className="pt-4 text-center">
          <Button onClick={() => void showMore()}>{t.more}</Button>
        </div>
      )}
      {opened !== null && <AlertDrawer id={opened} onClose={() => setOpened(null)} />}
    </Page>
  );
}
