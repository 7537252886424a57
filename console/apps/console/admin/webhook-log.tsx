// What was sent to a webhook's address, and what can be done about it: a test, a new secret, sending anew.
import { useState, type SubmitEvent } from "react";
import { listDeliveries, replayMissed, rotateSecret, testWebhook, type Delivery, type DeliveryStatus } from "../../../lib/api/flow";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { exact } from "../../../lib/i18n/when";
import { useFollow } from "../../../lib/realtime/watch";
import { Badge, type Tone } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { DataTable } from "../../../lib/ui/data-table";
import { Dialog } from "../../../lib/ui/dialog";
import { Facts } from "../../../lib/ui/facts";
import { Select, TextField } from "../../../lib/ui/fields";
import { ErrorState } from "../../../lib/ui/states";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import type { ExtraProps } from "./row-extras";
import { SecretDialog } from "./secret-dialog";
import { WebhookDelivery } from "./webhook-delivery";

const STATUSES: readonly DeliveryStatus[] = ["pending", "delivered", "failed", "canceled"];
export const TONES: Record<string, Tone> = { delivered: "good", failed: "bad", pending: "warn", canceled: "plain" };
const HOUR_S = 3600;
const OVERLAPS = [0, HOUR_S, 24 * HOUR_S, 7 * 24 * HOUR_S] as const;
const AGAIN_MS = 4_000;
const NO_EVENTS: readonly string[] = [];

export function WebhookLog({ row, writes, onChange }: ExtraProps) {
  const t = useAdminTexts();
  const [status, setStatus] = useState<DeliveryStatus | "">("");
  const [older, setOlder] = useState<{ status: string; rows: readonly Delivery[]; cursor: string | null } | null>(null);
  const [asking, setAsking] = useState<"no" | "rotate" | "replay">("no");
  const [fresh, setFresh] = useState<{ secret: string; until: string } | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const log = useLoad(`deliveries ${row.id} ${status}`, () => listDeliveries(row.id, status === "" ? {} : { status }));
  useFollow(NO_EVENTS, log.reload, AGAIN_MS);
  const kept = older?.status === status ? older : null;
  const rows = [...(log.value?.data ?? []), ...(kept?.rows ?? [])].filter((one, at, all) => all.findIndex((other) => other.id === one.id) === at);
  const cursor = kept === null ? (log.value?.next_cursor ?? null) : kept.cursor;
  const run = async (act: () => Promise<string>) => {
    try {
      toastDone(await act());
      log.reload();
      onChange();
    } catch (error) {
      toastError(error);
    }
    setAsking("no");
  };
  const more = async () => {
    try {
      const page = await listDeliveries(row.id, status === "" ? { cursor } : { status, cursor });
      setOlder({ status, rows: [...(kept?.rows ?? []), ...page.data], cursor: page.next_cursor });
    } catch (error) {
      toastError(error);
    }
  };
  const moment = (value: unknown) => (typeof value === "string" ? exact(value) : "");
  return (
    <section aria-label={t.hooks.log} className="grid gap-4">
      <h3 className="text-sm font-semibold">{t.hooks.log}</h3>
      <Facts
        of={[
          [t.fields["last_delivered_at"] ?? "", moment(row["last_delivered_at"])],
          [t.hooks.failingSince, moment(row["failing_since"])],
          [t.hooks.disabled, row["disabled_reason"] == null ? "" : `${moment(row["disabled_at"])}: ${String(row["disabled_reason"])}`],
        ]}
      />
      {writes && (
        <div className="flex flex-wrap gap-2">
          <Button onClick={() => void run(async () => (await testWebhook(row.id), t.hooks.tested))}>{t.hooks.test}</Button>
          <Button onClick={() => setAsking("rotate")}>{t.hooks.rotate}</Button>
          <Button onClick={() => setAsking("replay")}>{t.hooks.replayMissed}</Button>
        </div>
      )}
      <Select label={t.hooks.show} value={status} onChange={(event) => setStatus(STATUSES.find((one) => one === event.target.value) ?? "")} className="max-w-60">
        <option value="">{t.hooks.everything}</option>
        {STATUSES.map((one) => (
          <option key={one} value={one}>
            {t.hooks.statuses[one]}
          </option>
        ))}
      </Select>
      {log.state === "error" && <ErrorState title={t.failed} error={log.error} onRetry={log.reload} />}
      {log.state === "ready" && rows.length === 0 && <p className="text-[0.8125rem] text-ink-soft">{t.hooks.nothing}</p>}
      {rows.length > 0 && (
        <DataTable
          label={t.hooks.log}
          rows={rows}
          keyOf={(one) => one.id}
          {...(writes ? { open: { name: (one: Delivery) => t.hooks.open(one.event_type), run: (one: Delivery) => setOpen(one.id) } } : {})}
          columns={[
            { id: "event", title: t.hooks.event, cell: (one) => <span className="font-mono text-xs">{one.event_type}</span> },
            { id: "status", title: t.fields["status"] ?? "", cell: (one) => <Badge tone={TONES[one.status] ?? "plain"}>{t.hooks.statuses[one.status] ?? one.status}</Badge> },
            { id: "attempts", title: t.hooks.attempts, align: "right", cell: (one) => one.attempts },
            { id: "answer", title: t.hooks.answer, wide: true, cell: (one) => one.response_status ?? one.error ?? "–" },
            { id: "at", title: t.hooks.at, cell: (one) => <span className="whitespace-nowrap">{exact(one.created_at)}</span> },
          ]}
        />
      )}
      {cursor !== null && (
        <div className="text-center">
          <Button onClick={() => void more()}>{t.more}</Button>
        </div>
      )}
      {asking === "rotate" && (
        <RotateDialog
          onClose={() => setAsking("no")}
          onRotate={(overlap) =>
            void run(async () => {
              const rotated = await rotateSecret(row.id, overlap);
              setFresh({ secret: rotated.secret, until: exact(rotated.previous_expires_at) });
              return t.hooks.rotated;
            })
          }
        />
      )}
      {asking === "replay" && (
        <ReplayDialog onClose={() => setAsking("no")} onReplay={(since) => void run(async () => t.hooks.replayedMany((await replayMissed(row.id, since)).replayed))} />
      )}
      {fresh !== null && <SecretDialog secret={fresh.secret} hint={t.hooks.secretUntil(fresh.until)} onClose={() => setFresh(null)} />}
      {open !== null && <WebhookDelivery webhook={row.id} delivery={open} onClose={() => setOpen(null)} onReplay={() => run(async () => t.hooks.replayed)} />}
    </section>
  );
}

function RotateDialog({ onClose, onRotate }: { onClose: () => void; onRotate: (overlapSeconds: number) => void }) {
  const t = useAdminTexts();
  const [overlap, setOverlap] = useState<number>(24 * HOUR_S);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onRotate(overlap);
  };
  return (
    <Dialog title={t.hooks.rotate} lead={t.hooks.rotateLead} onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4">
        <Select label={t.hooks.overlap} value={overlap} onChange={(event) => setOverlap(Number(event.target.value))}>
          {OVERLAPS.map((one) => (
            <option key={one} value={one}>
              {t.hooks.overlaps[one]}
            </option>
          ))}
        </Select>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary">
            {t.hooks.rotate}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function ReplayDialog({ onClose, onReplay }: { onClose: () => void; onReplay: (since: string) => void }) {
  const t = useAdminTexts();
  const [since, setSince] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onReplay(new Date(since).toISOString());
  };
  return (
    <Dialog title={t.hooks.replayMissed} lead={t.hooks.replayLead} onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField label={t.hooks.since} type="datetime-local" required value={since} onChange={(event) => setSince(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" disabled={since === ""}>
            {t.hooks.replay}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
