// What fires, what to do about it, and what is counted.
import { BellRing, CircleCheckBig, TriangleAlert } from "lucide-react";
import { readAlerts, type AlertReport } from "../../../lib/api/operations";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { clock } from "../../../lib/i18n/when";
import { useFollow } from "../../../lib/realtime/watch";
import { Badge } from "../../../lib/ui/badge";
import { DataTable } from "../../../lib/ui/data-table";
import { Page, Section } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import { Forbidden } from "../session/forbidden";
import { seesAlerts } from "../session/areas";
import { useMe } from "../session/me";
import { AlertTabs } from "./alert-tabs";

const FOLLOWED = ["alert.", "inbox.", "ticket.escalated"] as const;

export function SignalsPage() {
  const { alerts: t } = useOperationsTexts();
  const me = useMe();
  const report = useLoad("alerts", readAlerts);
  useFollow(FOLLOWED, report.reload, 15_000);
  if (!seesAlerts(me)) return <Forbidden needs={["admin", "supervisor", "dispatcher", "auditor"]} />;
  return (
    <Page title={t.title} {...(report.value === null ? {} : { lead: `${t.lead(report.value.window_minutes)} ${t.updated(clock(report.value.generated_at))}` })} narrow tabs={<AlertTabs here="signals" signals="shown" />}>
      {report.state === "error" && <ErrorState title={t.failed} error={report.error} onRetry={report.reload} />}
      {report.value !== null && <Shown report={report.value} />}
    </Page>
  );
}

function Shown({ report }: { report: AlertReport }) {
  const { alerts: t } = useOperationsTexts();
  const signals = Object.entries(report.signals as Record<string, number>);
  return (
    <>
      {report.alerts.length === 0 && (
        <div className="mb-6 rounded-xl border border-line bg-surface">
          <EmptyState icon={CircleCheckBig} title={t.quiet} text={t.quietHint} />
        </div>
      )}
      <ul className="grid gap-3 [&:not(:empty)]:mb-6">
        {report.alerts.map((alert) => (
          <li key={alert.code} data-signal={alert.code} className="flex gap-3 rounded-xl border border-line bg-surface p-4">
            {alert.severity === "critical" ? <BellRing className="mt-0.5 size-5 shrink-0 text-danger" aria-hidden /> : <TriangleAlert className="mt-0.5 size-5 shrink-0 text-warn-ink" aria-hidden />}
            <div className="min-w-0 flex-1">
              <div className="flex flex-wrap items-center gap-2">
                <h2 className="text-sm font-semibold">{t.names[alert.code] ?? alert.code}</h2>
                <Badge tone={alert.severity === "critical" ? "bad" : "warn"}>{t.severities[alert.severity] ?? alert.severity}</Badge>
                <span className="text-xs text-ink-soft tabular-nums">{t.count(alert.count, alert.threshold)}</span>
              </div>
              <p className="mt-2 text-[0.8125rem]">
                <span className="text-ink-soft">{t.todo}: </span>
                {t.advice[alert.runbook] ?? alert.runbook}
              </p>
              <p className="mt-1 text-xs text-ink-faint">
                {t.runbook}: <code className="font-mono">{report.runbooks[alert.runbook] as string}</code>
              </p>
            </div>
          </li>
        ))}
      </ul>
      <Section title={t.signals}>
        <DataTable
          label={t.signals}
          rows={signals}
          keyOf={([name]) => name}
          columns={[
            { id: "name", title: t.signal, cell: ([name]) => <span title={name}>{t.figures[name] ?? name}</span> },
            { id: "now", title: t.now, align: "right", cell: ([, count]) => count },
          ]}
        />
      </Section>
    </>
  );
}
