import { useState, type SubmitEvent } from "react";
import { isRecord } from "../../../lib/api/http";
import { post, type Value } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { exact } from "../../../lib/i18n/when";
import { Badge, type Tone } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Facts } from "../../../lib/ui/facts";
import { TextField } from "../../../lib/ui/fields";
import { toastDone, toastError } from "../../../lib/ui/toast";
import type { ExtraProps } from "./row-extras";

const TONES: Record<string, Tone> = { ok: "good", degraded: "warn", auth_failed: "bad", paused: "warn", disabled: "plain" };

interface Health {
  state: string;
  code?: string | null;
  reason?: string | null;
  since?: string | null;
  last_ok_at?: string | null;
}

export function healthOf(value: Value | undefined): Health | null {
  return isRecord(value) && typeof value["state"] === "string" ? (value as unknown as Health) : null;
}

/** All lanes of what waits to leave an inbox. */
export function waitingIn(value: Value | undefined): number {
  return isRecord(value) ? Object.values(value).reduce<number>((sum, count) => sum + Number(count ?? 0), 0) : 0;
}

export function HealthBadge({ health }: { health: Health }) {
  const t = useAdminTexts();
  return <Badge tone={TONES[health.state] ?? "plain"}>{t.health[health.state] ?? health.state}</Badge>;
}

/** How an inbox fares; pausing and resuming it; fetching its templates. */
export function InboxHealth({ row, writes, onChange }: ExtraProps) {
  const t = useAdminTexts();
  const path = `/api/v1/inboxes/${row.id}`;
  const [health, setHealth] = useState(() => healthOf(row["health"]));
  const [reason, setReason] = useState("");
  const [asking, setAsking] = useState<"no" | "pause">("no");
  if (health === null) return null;
  const run = async (act: () => Promise<Health | null>, done: string) => {
    try {
      const next = await act();
      if (next !== null) setHealth(next);
      toastDone(done);
      onChange();
    } catch (error) {
      toastError(error);
    }
    setAsking("no");
  };
  const pause = (event: SubmitEvent) => {
    event.preventDefault();
    void run(() => post<Health>(`${path}/pause`, { reason: reason.trim() }), t.paused);
  };
  const sync = async () => {
    await post(`${path}/templates/sync`);
    return null;
  };
  return (
    <section aria-label={t.fields["health"]} className="grid gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="text-sm font-semibold">{t.fields["health"]}</h3>
        <HealthBadge health={health} />
        {health.since && <span className="text-xs text-ink-soft">{t.healthSince(exact(health.since))}</span>}
      </div>
      <Facts
        of={[
          [t.fields["note"] ?? "", health.reason ?? ""],
          [t.fields["code"] ?? "", health.code ?? ""],
          [t.lastOk, health.last_ok_at ? exact(health.last_ok_at) : ""],
          [t.fields["waiting"] ?? "", String(waitingIn(row["waiting"]))],
        ]}
      />
      {writes && (
        <div className="flex flex-wrap gap-2">
          {health.state === "paused" ? (
            <Button onClick={() => void run(() => post<Health>(`${path}/resume`), t.resumed)}>{t.resume}</Button>
          ) : (
            <Button onClick={() => setAsking("pause")}>{t.pause}</Button>
          )}
          {row["channel"] === "whatsapp" && <Button onClick={() => void run(sync, t.synced)}>{t.sync}</Button>}
        </div>
      )}
      {asking === "pause" && (
        <Dialog title={t.pause} onClose={() => setAsking("no")}>
          <form onSubmit={pause} className="grid gap-4">
            <TextField label={t.pauseReason} value={reason} autoFocus required maxLength={500} onChange={(event) => setReason(event.target.value)} />
            <div className="flex justify-end gap-2">
              <Button onClick={() => setAsking("no")}>{t.cancel}</Button>
              <Button type="submit" look="primary" disabled={reason.trim() === ""}>
                {t.pause}
              </Button>
            </div>
          </form>
        </Dialog>
      )}
    </section>
  );
}
