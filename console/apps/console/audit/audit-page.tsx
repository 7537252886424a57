// The audit log, newest first: filtered by what, who and how it ended, each entry opened whole.
import { ScrollText, SearchX } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { listAudit, type AuditEntry, type AuditQuery } from "../../../lib/api/audit";
import { listUsers } from "../../../lib/api/hub";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useAuditTexts } from "../../../lib/i18n/audit";
import { exact } from "../../../lib/i18n/when";
import { Badge } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { DataTable } from "../../../lib/ui/data-table";
import { TextField } from "../../../lib/ui/fields";
import { FilterSelect } from "../../../lib/ui/filter-select";
import { More } from "../../../lib/ui/more";
import { Page } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { usePages } from "../../../lib/ui/use-pages";
import { useRemote } from "../../../lib/ui/use-remote";
import { AdminArea } from "../admin/admin-nav";
import { mends } from "../session/areas";
import { Forbidden } from "../session/forbidden";
import { useMe } from "../session/me";
import { AuditDrawer } from "./audit-drawer";

const NEEDED = ["admin", "supervisor", "auditor"] as const;

export function AuditPage() {
  const me = useMe();
  return <AdminArea here="audit">{mends(me) ? <Shown /> : <Forbidden needs={NEEDED} />}</AdminArea>;
}

function Shown() {
  const t = useAuditTexts();
  const { choices } = useAdminTexts();
  const [tool, setTool] = useState("");
  const [outcome, setOutcome] = useState("");
  const [actor, setActor] = useState("");
  const [opened, setOpened] = useState<AuditEntry | null>(null);
  const asked = useDeferredValue(tool.trim());
  const query: AuditQuery = { ...(asked === "" ? {} : { tool: asked }), ...(outcome === "" ? {} : { outcome }), ...(actor === "" ? {} : { actor }) };
  const key = JSON.stringify(query);
  const people = useRemote("users", async () => (await listUsers()).data);
  const list = usePages(`audit ${key}`, (cursor) => listAudit(cursor === null ? query : { ...query, cursor }));
  const { rows } = list;
  const filtered = key !== "{}";
  const clear = () => {
    setTool("");
    setOutcome("");
    setActor("");
  };
  return (
    <Page title={t.title} lead={t.lead}>
      <div className="mb-4 grid max-w-3xl gap-x-5 gap-y-3 sm:grid-cols-3">
        <TextField label={t.what} hint={t.whatHint} type="search" autoComplete="off" spellCheck={false} value={tool} onChange={(event) => setTool(event.target.value)} />
        <FilterSelect label={t.who} any={t.anybody} options={(people.value ?? []).map((one) => [one.id, one.full_name])} value={actor} onChoose={setActor} />
        <FilterSelect label={t.outcome} any={t.any} options={Object.entries(t.outcomes)} value={outcome} onChoose={setOutcome} />
      </div>
      {list.state === "error" && <ErrorState title={t.failed} error={list.error} onRetry={list.reload} />}
      {list.state === "ready" && rows.length === 0 && (
        <EmptyState icon={filtered ? SearchX : ScrollText} title={filtered ? t.noMatch : t.none} text={filtered ? t.noMatchHint : t.noneHint}>
          {filtered && <Button onClick={clear}>{t.clear}</Button>}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label={t.title}
          rows={rows}
          keyOf={(one) => one.id}
          selected={opened?.id ?? null}
          busy={list.state === "loading"}
          open={{ name: (one) => t.open(one.tool, exact(one.created_at)), run: setOpened }}
          columns={[
            { id: "tool", title: t.tool, cell: (one) => <span className="font-mono text-xs">{one.tool}</span> },
            {
              id: "who",
              title: t.who,
              cell: (one) => (
                <span className="line-clamp-1">
                  {one.actor.name ?? t.kinds[one.actor.type] ?? one.actor.type}
                  <span className="text-ink-soft"> · {choices[one.actor.role] ?? one.actor.role}</span>
                </span>
              ),
              roomy: true,
            },
            { id: "about", title: t.about, cell: (one) => <About entry={one} />, wide: true },
            { id: "outcome", title: t.outcome, cell: (one) => <Badge tone={one.outcome === "success" ? "plain" : "bad"}>{t.outcomes[one.outcome] ?? one.outcome}</Badge> },
            { id: "when", title: t.when, cell: (one) => <span className="text-ink-soft tabular-nums sm:whitespace-nowrap">{exact(one.created_at)}</span>, align: "right" },
          ]}
        />
      )}
      <More label={t.more} more={list.more} />
      {opened !== null && <AuditDrawer entry={opened} onClose={() => setOpened(null)} />}
    </Page>
  );
}

/** What an entry is about, in a word or two: a ticket's states, a conversation, or what was changed. */
function About({ entry }: { entry: AuditEntry }) {
  const t = useAuditTexts();
  const words = entry.after_state !== null && entry.before_state !== entry.after_state ? `${entry.before_state ?? "–"} → ${entry.after_state}` : entry.ticket_id !== null ? t.ticket : entry.conversation_id !== null ? t.conversation : entry.account_id !== null ? t.account : "";
  return <span className="line-clamp-1 text-ink-soft">{words}</span>;
}
