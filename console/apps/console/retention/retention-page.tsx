// How long what is kept, what is due, and the runs that archive or remove it.
import { Archive } from "lucide-react";
import { useState } from "react";
import { beginRun, cancelRun, listPolicies, listRetentionRuns, type RetentionPolicy, type RetentionRun } from "../../../lib/api/retention";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { named } from "../../../lib/i18n/language";
import { exact } from "../../../lib/i18n/when";
import { useFollow } from "../../../lib/realtime/watch";
import { Badge, type Tone } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { DataTable } from "../../../lib/ui/data-table";
import { Dialog } from "../../../lib/ui/dialog";
import { Page, Section } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { AdminArea } from "../admin/admin-nav";
import { mends } from "../session/areas";
import { Forbidden } from "../session/forbidden";
import { useMe } from "../session/me";

const NEEDED = ["admin", "supervisor", "auditor"] as const;
const TONES: Readonly<Record<string, Tone>> = { running: "warn", done: "good", canceled: "plain", failed: "bad" };
/** How often a run that goes on is looked at; nobody pushes how far it is. */
const WHILE_RUNNING_MS = 1500;
const OTHERWISE_MS = 30_000;
const NOTHING: readonly string[] = [];

export function RetentionPage() {
  const me = useMe();
  return <AdminArea here="retention">{mends(me) ? <Shown /> : <Forbidden needs={NEEDED} />}</AdminArea>;
}

function Shown() {
  const { retention: t, cancel } = useAdminTexts();
  const me = useMe();
  const [asked, setAsked] = useState<RetentionPolicy | null>(null);
  const state = useLoad("retention", async () => {
    const [policies, runs] = await Promise.all([listPolicies(), listRetentionRuns()]);
    return { policies: policies.data, runs: runs.data };
  });
  const runs = state.value?.runs ?? [];
  useFollow(NOTHING, state.reload, runs.some((one) => one.state === "running") ? WHILE_RUNNING_MS : OTHERWISE_MS);
  const keeps = me.user.role === "admin";
  const nameOf = (policy: string) => t.names[policy] ?? policy;
  const tell = async (command: () => Promise<unknown>, done: string) => {
    try {
      await command();
      toastDone(done);
    } catch (error) {
      toastError(error);
    }
    state.reload();
  };
  return (
    <Page title={t.title} lead={t.lead}>
      {state.state === "error" && state.value === null && <ErrorState title={t.failed} error={state.error} onRetry={state.reload} />}
      {state.value !== null && (
        <>
          <Section title={t.policies} hint={t.readOnly}>
            <ul className="grid gap-3 xl:grid-cols-2">
              {state.value.policies.map((one) => (
                <Policy key={one.policy} policy={one} keeps={keeps} onCount={() => void tell(() => beginRun(one.policy, "dry"), t.counting)} onBegin={() => setAsked(one)} />
              ))}
            </ul>
          </Section>
          <Section title={t.runs}>
            {runs.length === 0 ? <EmptyState icon={Archive} title={t.never} text={t.noRuns} /> : <Runs runs={runs} keeps={keeps} onCancel={(run) => void tell(() => cancelRun(run.id), t.canceled)} />}
          </Section>
        </>
      )}
      {asked !== null && (
        <Dialog title={t.beginTitle(nameOf(asked.policy))} lead={asked.action === "archive" ? t.beginArchive : t.beginDelete} onClose={() => setAsked(null)}>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsked(null)}>{cancel}</Button>
            <Button
              look="danger"
              onClick={() => {
                setAsked(null);
                void tell(() => beginRun(asked.policy, "real"), t.begun);
              }}
            >
              {t.begin}
            </Button>
          </div>
        </Dialog>
      )}
    </Page>
  );
}

function Policy({ policy, keeps, onCount, onBegin }: { policy: RetentionPolicy; keeps: boolean; onCount: () => void; onBegin: () => void }) {
  const { retention: t } = useAdminTexts();
  const name = t.names[policy.policy] ?? policy.policy;
  const latest = policy.last_run ?? null;
  return (
    <li data-policy={policy.policy} className="grid content-start gap-3 rounded-xl border border-line bg-surface px-4 py-3.5">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <h3 className="min-w-0 flex-1 text-[0.8125rem] font-semibold">{name}</h3>
        <Badge>{t.days(policy.days)}</Badge>
      </div>
      <p className="text-xs text-ink-soft">
        {policy.days > 0 && <>{t.actions[policy.action] ?? policy.action}. </>}
        {named(t.latest, latest === null ? t.never : `${exact(latest.created_at)} · ${t.states[latest.state] ?? latest.state} · ${latest.done}`)}
      </p>
      {keeps && policy.days > 0 && (
        <div className="flex flex-wrap gap-2">
          <Button aria-label={t.countOf(name)} onClick={onCount}>
            {t.count}
          </Button>
          <Button aria-label={t.beginOf(name)} onClick={onBegin}>
            {t.begin}
          </Button>
        </div>
      )}
    </li>
  );
}

function Runs({ runs, keeps, onCancel }: { runs: readonly RetentionRun[]; keeps: boolean; onCancel: (run: RetentionRun) => void }) {
  const { retention: t } = useAdminTexts();
  const nameOf = (run: RetentionRun) => t.names[run.policy] ?? run.policy;
  return (
    <DataTable
      label={t.runs}
      rows={runs}
      keyOf={(one) => one.id}
      columns={[
        { id: "policy", title: t.policy, cell: (one) => <span className="font-medium">{nameOf(one)}</span> },
        { id: "kind", title: t.kind, cell: (one) => (one.dry_run ? t.dry : t.real), roomy: true },
        {
          id: "state",
          title: t.state,
          cell: (one) => (
            <span className="flex flex-wrap items-center gap-2">
              <Badge tone={TONES[one.state] ?? "plain"}>{t.states[one.state] ?? one.state}</Badge>
              {one.state === "running" && keeps && (
                <Button className="h-6! px-2!" aria-label={t.cancelOf(nameOf(one))} onClick={() => onCancel(one)}>
                  {t.cancel}
                </Button>
              )}
            </span>
          ),
        },
        { id: "progress", title: t.progressTitle, cell: (one) => <span className="tabular-nums">{one.dry_run ? t.due(one.expected) : t.progress(one.done, one.expected)}</span> },
        { id: "size", title: t.size, cell: (one) => (one.bytes === 0 ? "–" : `${(one.bytes / 1024).toFixed(1)} kB`), align: "right", wide: true },
        { id: "before", title: t.before, cell: (one) => <span className="whitespace-nowrap">{exact(one.cutoff_at)}</span>, wide: true },
        { id: "at", title: t.at, cell: (one) => <span className="whitespace-nowrap text-ink-soft tabular-nums">{exact(one.created_at)}</span>, align: "right", roomy: true },
      ]}
    />
  );
}
