// Every call of a tool, in the order they were made: what was asked for, what was decided, what came of it.
import { Ban, Check, Wrench } from "lucide-react";
import { useEffect, useState } from "react";
import { listCalls, type ToolCall } from "../../../lib/api/decisions";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { exact } from "../../../lib/i18n/when";
import { useFollow } from "../../../lib/realtime/watch";
import { Badge } from "../../../lib/ui/badge";
import { cx } from "../../../lib/ui/cx";
import { Drawer } from "../../../lib/ui/drawer";
import { Facts, Payload } from "../../../lib/ui/facts";
import { More } from "../../../lib/ui/more";
import { Page } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { usePages } from "../../../lib/ui/use-pages";
import { AssistantTabs } from "./assistant-tabs";

const FOLLOWED = ["tool.", "draft.", "limit."] as const;
const BOX = "h-8 rounded-lg border border-line-strong bg-surface px-2 text-[0.8125rem]";

export function CallsPage() {
  const { calls: t, approvals } = useOperationsTexts();
  const [decision, setDecision] = useState("");
  const [tool, setTool] = useState("");
  const [open, setOpen] = useState<ToolCall | null>(null);
  const [tools, setTools] = useState<readonly string[]>([]);
  const key = `calls ${decision} ${tool}`;
  const filter = { ...(decision === "" ? {} : { decision }), ...(tool === "" ? {} : { tool }) };
  const list = usePages(key, (cursor) => listCalls(filter, cursor));
  const { rows } = list;
  useFollow(FOLLOWED, list.reload, 30_000);
  const seen = [...new Set(rows.map((one) => one.tool))].sort().join(" ");
  useEffect(() => {
    if (seen !== "") setTools((before) => [...new Set([...before, ...seen.split(" ")])].sort());
  }, [seen]);
  return (
    <Page title={approvals.tabs["calls"] ?? ""} lead={t.lead} tabs={<AssistantTabs here="calls" />}>
      <div className="mb-5 flex flex-wrap gap-x-5 gap-y-2 text-[0.8125rem]">
        <label className="flex items-center gap-2">
          <span className="text-ink-soft">{t.tool}</span>
          <select value={tool} onChange={(event) => setTool(event.target.value)} className={BOX}>
            <option value="">{t.anyTool}</option>
            {tools.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label className="flex items-center gap-2">
          <span className="text-ink-soft">{t.decision}</span>
          <select value={decision} onChange={(event) => setDecision(event.target.value)} className={BOX}>
            <option value="">{t.any}</option>
            <option value="allowed">{t.decisions["allowed"]}</option>
            <option value="refused">{t.decisions["refused"]}</option>
          </select>
        </label>
      </div>
      {list.state === "error" && <ErrorState title={t.failed} error={list.error} onRetry={list.reload} />}
      {list.state === "ready" && rows.length === 0 && <EmptyState icon={Wrench} title={t.none} text={t.noneHint} />}
      <ol className="relative ml-3 grid gap-1 border-l border-line" aria-busy={list.state === "loading"}>
        {rows.map((one) => (
          <li key={one.id} className="relative pl-6">
            <Mark decision={one.decision} />
            <button type="button" data-call={one.tool} onClick={() => setOpen(one)} className="flex w-full flex-wrap items-center gap-x-3 gap-y-1 rounded-lg px-2.5 py-2 text-left text-[0.8125rem] hover:bg-hover">
              <span className="font-mono text-xs font-medium">{one.tool}</span>
              <Badge tone={one.decision === "refused" ? "bad" : "plain"}>{t.decisions[one.decision] ?? one.decision}</Badge>
              {one.code !== null && <span className="font-mono text-2xs text-ink-soft">{one.code}</span>}
              <span className="text-xs text-ink-faint">{t.phases[one.phase] ?? one.phase}</span>
              <span className="ml-auto text-xs text-ink-faint tabular-nums">{exact(one.at)}</span>
            </button>
          </li>
        ))}
      </ol>
      <More label={t.more} more={list.more} />
      {open !== null && <CallDrawer of={open} onClose={() => setOpen(null)} />}
    </Page>
  );
}

function Mark({ decision }: { decision: string }) {
  const Icon = decision === "refused" ? Ban : Check;
  return (
    <span aria-hidden className={cx("absolute top-2 -left-2.5 flex size-5 items-center justify-center rounded-full border border-line bg-surface", decision === "refused" ? "text-danger" : "text-accent-text")}>
      <Icon className="size-3" strokeWidth={2.5} />
    </span>
  );
}

function CallDrawer({ of, onClose }: { of: ToolCall; onClose: () => void }) {
  const { calls: t } = useOperationsTexts();
  const { choices } = useAdminTexts();
  return (
    <Drawer title={of.tool} onClose={onClose} width="sm:max-w-xl">
      <Facts
        of={[
          [t.when, exact(of.at)],
          [t.decision, t.decisions[of.decision] ?? of.decision],
          [t.code, of.code],
          [t.phase, t.phases[of.phase] ?? of.phase],
          [t.caller, choices[of.actor.role] ?? of.actor.role],
          [t.chain, <code key="hash" className="font-mono text-2xs break-all">{of.hash}</code>],
          of.prev_hash !== null && [t.previous, <code key="previous" className="font-mono text-2xs break-all">{of.prev_hash}</code>],
        ]}
      />
      <h3 className="mt-6 mb-2 text-sm font-semibold">{t.raw}</h3>
      <Payload label={t.raw} value={of} />
    </Drawer>
  );
}
