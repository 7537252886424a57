// Whether the server does well: its parts, its inboxes, its figures.
import { Activity, SearchX } from "lucide-react";
import { useState } from "react";
import { readFigures, readHealth, readReady } from "../../../lib/api/operations";
import { listRows, type Row } from "../../../lib/api/rows";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { useFollow } from "../../../lib/realtime/watch";
import { Badge, type Tone } from "../../../lib/ui/badge";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { DataTable } from "../../../lib/ui/data-table";
import { Page, Section } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import type { Channel } from "../../../lib/api/model";
import { AdminArea } from "../admin/admin-nav";
import { HealthBadge, healthOf, waitingIn } from "../admin/inbox-health";
import { RESOURCES } from "../admin/resources";
import { seesSystem } from "../session/areas";
import { Forbidden } from "../session/forbidden";
import { useMe } from "../session/me";

const FOLLOWED = ["inbox.", "alert."] as const;
const TONES: Record<string, Tone> = { ok: "good", elsewhere: "plain", degraded: "warn", outdated: "warn", drifted: "warn", unavailable: "bad", unhealthy: "bad" };
const MOST = 60;

export function SystemPage() {
  const me = useMe();
  return <AdminArea here="system">{seesSystem(me) ? <Shown /> : <Forbidden needs={["admin", "supervisor", "dispatcher", "auditor"]} />}</AdminArea>;
}

function Shown() {
  const { system: t } = useOperationsTexts();
  const me = useMe();
  const seesInboxes = RESOURCES.inboxes.readers.includes(me.user.role);
  const state = useLoad("system", async () => {
    const [health, ready] = await Promise.all([readHealth(), readReady()]);
    return { health, ready };
  });
  const inboxes = useLoad("system inboxes", async () => (seesInboxes ? (await listRows(RESOURCES.inboxes.path)).data : []));
  useFollow(FOLLOWED, state.reload, 15_000);
  useFollow(FOLLOWED, inboxes.reload, 15_000);
  const parts = state.value === null ? [] : partsOf({ ...state.value.health, ...state.value.ready });
  return (
    <Page title={t.title} lead={t.lead}>
      {state.state === "error" && <ErrorState title={t.failed} error={state.error} onRetry={state.reload} />}
      {state.value !== null && (
        <Section title={t.checks}>
          <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
            {parts.map(([part, condition]) => (
              <li key={part} data-part={part} className="flex items-center justify-between gap-3 rounded-xl border border-line bg-surface px-4 py-3 text-[0.8125rem]">
                <span className="font-medium">{t.parts[part] ?? part}</span>
                <Badge tone={TONES[condition] ?? "plain"}>{t.statuses[condition] ?? condition}</Badge>
              </li>
            ))}
            <li className="flex items-center justify-between gap-3 rounded-xl border border-line bg-surface px-4 py-3 text-[0.8125rem]">
              <span className="font-medium">{t.version}</span>
              <span className="font-mono text-xs">{state.value.ready.version}</span>
            </li>
          </ul>
        </Section>
      )}
      {(inboxes.value ?? []).length > 0 && (
        <Section title={t.inboxes}>
          <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
            {(inboxes.value ?? []).map((inbox) => (
              <InboxTile key={inbox.id} inbox={inbox} />
            ))}
          </ul>
        </Section>
      )}
      <Figures />
    </Page>
  );
}

function partsOf(health: Record<string, unknown>): readonly (readonly [string, string])[] {
  return Object.entries(health).flatMap(([name, value]) => (name !== "status" && name !== "version" && typeof value === "string" ? [[name, value] as const] : []));
}

function InboxTile({ inbox }: { inbox: Row }) {
  const { system: t } = useOperationsTexts();
  const health = healthOf(inbox["health"]);
  return (
    <li className="rounded-xl border border-line bg-surface px-4 py-3 text-[0.8125rem]">
      <div className="flex items-center gap-2">
        <ChannelIcon channel={String(inbox["channel"]) as Channel} className="size-4" />
        <span className="min-w-0 flex-1 truncate font-medium">{String(inbox["name"])}</span>
        {health !== null && <HealthBadge health={health} />}
      </div>
      <p className="mt-1 text-xs text-ink-soft">
        {t.waiting}: <span className="tabular-nums">{waitingIn(inbox["waiting"])}</span>
      </p>
    </li>
  );
}

function Figures() {
  const { system: t } = useOperationsTexts();
  const [q, setQ] = useState("");
  const figures = useLoad("figures", readFigures);
  useFollow([], figures.reload, 15_000);
  const all = figures.value ?? [];
  const found = all.filter((one) => `${one.name} ${one.labels}`.toLowerCase().includes(q.trim().toLowerCase()));
  return (
    <Section title={t.metrics} hint={t.metricsHint}>
      {figures.state === "error" && <ErrorState title={t.failed} error={figures.error} onRetry={figures.reload} />}
      <div className="mb-3 flex items-center gap-3">
        <input type="search" aria-label={t.find} placeholder={t.find} value={q} onChange={(event) => setQ(event.target.value)} className="h-9 w-full max-w-80 rounded-lg border border-line-strong bg-surface px-3 text-sm" />
        <span className="text-xs text-ink-soft tabular-nums">{t.shown(Math.min(found.length, MOST), all.length)}</span>
      </div>
      {figures.state === "ready" && found.length === 0 && <EmptyState icon={q === "" ? Activity : SearchX} title={t.none} text="" />}
      {found.length > 0 && (
        <DataTable
          label={t.metrics}
          rows={found.slice(0, MOST)}
          keyOf={(one) => `${one.name} ${one.labels}`}
          columns={[
            { id: "name", title: t.name, cell: (one) => <span className="font-mono text-xs wrap-anywhere">{one.name}</span> },
            { id: "labels", title: t.labels, wide: true, cell: (one) => <span className="text-xs text-ink-soft wrap-anywhere">{one.labels}</span> },
            { id: "value", title: t.value, align: "right", cell: (one) => one.value.toLocaleString() },
          ]}
        />
      )}
    </Section>
  );
}
