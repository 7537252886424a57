// What stops assistants and automation, at once.
import { CirclePlay, OctagonX } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { listSwitches, setSwitch, type Switch } from "../../../lib/api/decisions";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { exact } from "../../../lib/i18n/when";
import { useFollow } from "../../../lib/realtime/watch";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Select, TextField } from "../../../lib/ui/fields";
import { Page, Section } from "../../../lib/ui/page";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { dispatches, setsSwitches } from "../session/areas";
import { useMe } from "../session/me";
import { AssistantTabs } from "./assistant-tabs";
import { Automation } from "./automation";

const SCOPES = ["all", "agent", "tool", "tenant", "conversation"] as const;
const FOLLOWED = ["agent.paused", "alert."] as const;

export function SwitchesPage() {
  const { switches: t, approvals } = useOperationsTexts();
  const me = useMe();
  const list = useLoad("switches", listSwitches);
  useFollow(FOLLOWED, list.reload, 20_000);
  const may = setsSwitches(me);
  const rows = list.value ?? [];
  const active = rows.filter((row) => row.active);
  const past = rows.filter((row) => !row.active);
  return (
    <Page title={approvals.tabs["switches"] ?? ""} lead={t.lead} tabs={<AssistantTabs here="switches" />} narrow>
      {list.state === "error" && <ErrorState title={t.failed} error={list.error} onRetry={list.reload} />}
      <Section title={t.set}>
        {list.state === "ready" && active.length === 0 && (
          <div className="rounded-xl border border-line bg-surface">
            <EmptyState icon={CirclePlay} title={t.none} text={t.noneHint} />
          </div>
        )}
        <ul className="grid gap-2">
          {active.map((row) => (
            <SwitchRow key={row.id} row={row} may={may ? "lift" : "look"} onChange={list.reload} />
          ))}
        </ul>
      </Section>
      {may && <StopForm onChange={list.reload} />}
      {dispatches(me) && <Automation />}
      {past.length > 0 && (
        <Section title={t.past}>
          <ul className="grid gap-2">
            {past.map((row) => (
              <SwitchRow key={row.id} row={row} may="look" onChange={list.reload} />
            ))}
          </ul>
        </Section>
      )}
    </Page>
  );
}

function SwitchRow({ row, may, onChange }: { row: Switch; may: "lift" | "look"; onChange: () => void }) {
  const { switches: t } = useOperationsTexts();
  const [asking, setAsking] = useState<"no" | "lift">("no");
  const what = `${t.scopes[row.scope_type] ?? row.scope_type}${row.scope_id === "" ? "" : ` · ${row.scope_id}`}`;
  const lift = async () => {
    try {
      await setSwitch({ scope_type: row.scope_type, scope_id: row.scope_id, active: false });
      toastDone(t.lifted);
    } catch (error) {
      toastError(error);
    }
    setAsking("no");
    onChange();
  };
  return (
    <li data-switch={row.scope_type} data-active={row.active} className="flex flex-wrap items-center gap-3 rounded-xl border border-line bg-surface px-4 py-3 text-[0.8125rem]">
      <OctagonX className={row.active ? "size-4 shrink-0 text-danger" : "size-4 shrink-0 text-ink-faint"} aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">{what}</p>
        <p className="text-xs text-ink-soft wrap-anywhere">
          {[t.by(exact(row.set_at)), row.lifted_at === null ? null : t.until(exact(row.lifted_at)), row.reason === "" ? null : row.reason].filter((part) => part !== null).join(" · ")}
        </p>
      </div>
      {may === "lift" && <Button onClick={() => setAsking("lift")}>{t.lift}</Button>}
      {asking === "lift" && (
        <Dialog title={t.liftTitle(what)} onClose={() => setAsking("no")}>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsking("no")}>{t.cancel}</Button>
            <Button look="primary" onClick={() => void lift()}>
              {t.lift}
            </Button>
          </div>
        </Dialog>
      )}
    </li>
  );
}

function StopForm({ onChange }: { onChange: () => void }) {
  const { switches: t } = useOperationsTexts();
  const [scope, setScope] = useState<(typeof SCOPES)[number]>("tool");
  const [id, setId] = useState("");
  const [reason, setReason] = useState("");
  const [asking, setAsking] = useState<"no" | "all">("no");
  const stop = async () => {
    try {
      await setSwitch({ scope_type: scope, scope_id: scope === "all" ? "" : id.trim(), active: true, reason: reason.trim() });
      toastDone(t.stopped);
      setId("");
      setReason("");
    } catch (error) {
      toastError(error);
    }
    setAsking("no");
    onChange();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (scope === "all") setAsking("all");
    else void stop();
  };
  return (
    <Section title={t.stop}>
      <form onSubmit={submit} className="grid gap-3 rounded-xl border border-line bg-surface p-4 sm:grid-cols-2">
        <Select label={t.scope} value={scope} onChange={(event) => setScope(event.target.value as (typeof SCOPES)[number])}>
          {SCOPES.map((one) => (
            <option key={one} value={one}>
              {t.scopes[one]}
            </option>
          ))}
        </Select>
        {scope === "all" ? <span /> : <TextField label={t.idHints[scope] ?? t.id} value={id} required autoComplete="off" onChange={(event) => setId(event.target.value)} />}
        <TextField label={t.reason} value={reason} required maxLength={500} autoComplete="off" className="sm:col-span-2" onChange={(event) => setReason(event.target.value)} />
        <div className="flex items-end justify-end">
          <Button type="submit" look="danger" disabled={reason.trim() === "" || (scope !== "all" && id.trim() === "")}>
            <OctagonX className="size-4" aria-hidden />
            {t.stop}
          </Button>
        </div>
      </form>
      {asking === "all" && (
        <Dialog title={t.confirm} lead={t.confirmText} onClose={() => setAsking("no")}>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsking("no")}>{t.cancel}</Button>
            <Button look="danger" onClick={() => void stop()}>
              {t.stop}
            </Button>
          </div>
        </Dialog>
      )}
    </Section>
  );
}
