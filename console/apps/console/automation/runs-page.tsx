// What automations and macros did, newest first: filtered by which and how it ended, each opened whole and taken back.
import { SearchX, Workflow } from "lucide-react";
import { useState } from "react";
import { listAutomations, listRuns, type RunQuery } from "../../../lib/api/automation";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { exact } from "../../../lib/i18n/when";
import { useFollow } from "../../../lib/realtime/watch";
import { Badge, type Tone } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { DataTable } from "../../../lib/ui/data-table";
import { FilterSelect } from "../../../lib/ui/filter-select";
import { More } from "../../../lib/ui/more";
import { Page } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { usePages } from "../../../lib/ui/use-pages";
import { useRemote } from "../../../lib/ui/use-remote";
import { AdminArea } from "../admin/admin-nav";
import { seesRuns } from "../session/areas";
import { Forbidden } from "../session/forbidden";
import { useMe } from "../session/me";
import { RunDrawer } from "./run-drawer";

const NEEDED = ["admin", "supervisor", "team_lead", "support_agent", "auditor"] as const;
const FOLLOWED = ["conversation.", "message."] as const;
const EVERY_MS = 30_000;
export const OUTCOME_TONES: Readonly<Record<string, Tone>> = { done: "good", partly: "warn", refused: "bad", stopped: "bad", undone: "plain" };

export function AutomationRunsPage() {
  const me = useMe();
  return <AdminArea here="automation-runs">{seesRuns(me) ? <Shown /> : <Forbidden needs={NEEDED} />}</AdminArea>;
}

function Shown() {
  const { runs: t, actions } = useAdminTexts();
  const [automation, setAutomation] = useState("");
  const [outcome, setOutcome] = useState("");
  const [opened, setOpened] = useState<string | null>(null);
  const query: RunQuery = { ...(automation === "" ? {} : { automation_id: automation }), ...(outcome === "" ? {} : { outcome }) };
  const key = JSON.stringify(query);
  const known = useRemote("automations", listAutomations);
  const list = usePages(`runs ${key}`, (cursor) => listRuns(cursor === null ? query : { ...query, cursor }));
  useFollow(FOLLOWED, list.reload, EVERY_MS);
  const { rows } = list;
  const filtered = key !== "{}";
  const run = rows.find((one) => one.id === opened) ?? null;
  const clear = () => {
    setAutomation("");
    setOutcome("");
  };
  return (
    <Page title={t.title} lead={t.lead}>
      <div className="mb-4 grid max-w-2xl gap-3 sm:grid-cols-2">
        <FilterSelect label={t.what} any={t.all} options={(known.value ?? []).map((one) => [one.id, String(one["name"])])} value={automation} onChoose={setAutomation} />
        <FilterSelect label={t.outcome} any={t.all} options={Object.entries(t.outcomes)} value={outcome} onChoose={setOutcome} />
      </div>
      {list.state === "error" && <ErrorState title={t.failed} error={list.error} onRetry={list.reload} />}
      {list.state === "ready" && rows.length === 0 && (
        <EmptyState icon={filtered ? SearchX : Workflow} title={filtered ? t.noMatch : t.none} text={filtered ? t.noMatchHint : t.noneHint}>
          {filtered && <Button onClick={clear}>{t.clear}</Button>}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label={t.title}
          rows={rows}
          keyOf={(one) => one.id}
          selected={opened}
          busy={list.state === "loading"}
          open={{ name: (one) => t.open(one.automation.name, exact(one.created_at)), run: (one) => setOpened(one.id) }}
          columns={[
            { id: "what", title: t.what, cell: (one) => one.automation.name },
            { id: "steps", title: t.steps, cell: (one) => <span className="line-clamp-1 text-ink-soft">{one.steps.map(({ action }) => actions.names[action] ?? action).join(" · ")}</span>, wide: true },
            { id: "outcome", title: t.outcome, cell: (one) => <Badge tone={OUTCOME_TONES[one.outcome] ?? "plain"}>{t.outcomes[one.outcome] ?? one.outcome}</Badge> },
            { id: "when", title: t.when, cell: (one) => <span className="whitespace-nowrap text-ink-soft tabular-nums">{exact(one.created_at)}</span>, align: "right" },
          ]}
        />
      )}
      <More label={t.more} more={list.more} />
      {run !== null && <RunDrawer run={run} onClose={() => setOpened(null)} onUndone={list.reload} />}
    </Page>
  );
}
