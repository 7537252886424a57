import { CirclePause, CirclePlay } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { autonomyState, setAutonomy, type AutonomyControl } from "../../../lib/api/decisions";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { exact } from "../../../lib/i18n/when";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Select, TextField } from "../../../lib/ui/fields";
import { Section } from "../../../lib/ui/page";
import { ErrorState } from "../../../lib/ui/states";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { useMe } from "../session/me";

const STEERS: readonly string[] = ["admin", "supervisor", "dispatcher"];

/** What automation may do with tickets by itself: paused and resumed everywhere, for an incident type, for a ticket. */
export function Automation() {
  const { switches: t } = useOperationsTexts();
  const me = useMe();
  const state = useLoad("autonomy", autonomyState);
  const [asking, setAsking] = useState<{ action: "pause" | "rollback"; scope: string; subject: string } | null>(null);
  if (state.state === "error") return <ErrorState title={t.failed} error={state.error} onRetry={state.reload} />;
  if (state.value === null) return null;
  const paused = [state.value.global ?? null, ...state.value.incidents, ...state.value.tickets].filter((one): one is AutonomyControl => one?.is_paused === true);
  const name = (control: AutonomyControl) => (control.scope_type === "GLOBAL" ? t.everywhere : `${control.scope_type === "INCIDENT" ? t.incident : t.ticket} · ${control.key ?? ""}`);
  const steers = STEERS.includes(me.user.role);
  return (
    <Section title={t.automation} hint={t.automationHint}>
      <div className="grid gap-3 rounded-xl border border-line bg-surface p-4 text-[0.8125rem]">
        <p className="flex items-center gap-2 font-medium">
          {paused.length === 0 ? <CirclePlay className="size-4 text-accent-text" aria-hidden /> : <CirclePause className="size-4 text-danger" aria-hidden />}
          {paused.length === 0 ? t.running : t.paused}
        </p>
        {paused.map((control) => (
          <div key={`${control.scope_type} ${control.key ?? ""}`} className="flex flex-wrap items-center gap-3">
            <span className="min-w-0 flex-1 wrap-anywhere">
              {name(control)} <span className="text-ink-soft">· {control.reason} · {exact(control.updated_at)}</span>
            </span>
            {steers && <Button onClick={() => setAsking({ action: "rollback", scope: control.scope_type, subject: control.key ?? "" })}>{t.resume}</Button>}
          </div>
        ))}
        {steers && (
          <div>
            <Button onClick={() => setAsking({ action: "pause", scope: "GLOBAL", subject: "" })}>{t.pause}</Button>
          </div>
        )}
      </div>
      {asking !== null && <AutomationDialog {...asking} onClose={() => setAsking(null)} onDone={state.reload} />}
    </Section>
  );
}

function AutomationDialog({ action, scope: first, subject, ...rest }: { action: "pause" | "rollback"; scope: string; subject: string; onClose: () => void; onDone: () => void }) {
  const { switches: t } = useOperationsTexts();
  const [scope, setScope] = useState(first);
  const [name, setName] = useState(subject);
  const [reason, setReason] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await setAutonomy(action, { scope_type: scope, reason: reason.trim(), ...(scope === "GLOBAL" ? {} : { key: name.trim() }) });
      toastDone(action === "pause" ? t.paused : t.running);
      rest.onClose();
      rest.onDone();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Dialog title={action === "pause" ? t.pause : t.resume} onClose={rest.onClose}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <Select label={t.scope} value={scope} disabled={action === "rollback"} onChange={(event) => setScope(event.target.value)}>
          <option value="GLOBAL">{t.everywhere}</option>
          <option value="INCIDENT">{t.incident}</option>
          <option value="TICKET">{t.ticket}</option>
        </Select>
        {scope !== "GLOBAL" && <TextField label={scope === "INCIDENT" ? t.incident : t.ticket} value={name} required disabled={action === "rollback"} onChange={(event) => setName(event.target.value)} />}
        <TextField label={t.reason} value={reason} required maxLength={500} autoFocus onChange={(event) => setReason(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={rest.onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" disabled={reason.trim() === "" || (scope !== "GLOBAL" && name.trim() === "")}>
            {action === "pause" ? t.pause : t.resume}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
