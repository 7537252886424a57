import { readDelivery, replayDelivery } from "../../../lib/api/flow";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { exact } from "../../../lib/i18n/when";
import { Badge } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Facts, Payload } from "../../../lib/ui/facts";
import { ErrorState } from "../../../lib/ui/states";
import { toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { TONES } from "./webhook-log";

export interface WebhookDeliveryProps {
  webhook: string;
  delivery: string;
  onClose: () => void;
  onReplay: () => Promise<void>;
}

/** One delivery: what is sent, and every try. */
export function WebhookDelivery({ webhook, delivery, onClose, onReplay }: WebhookDeliveryProps) {
  const t = useAdminTexts();
  const { hooks } = t;
  const loaded = useLoad(`delivery ${delivery}`, () => readDelivery(webhook, delivery));
  const one = loaded.value;
  const replay = async () => {
    try {
      await replayDelivery(webhook, delivery);
      await onReplay();
      onClose();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Dialog title={one?.event_type ?? hooks.log} onClose={onClose} width="max-w-2xl">
      {loaded.state === "error" && <ErrorState title={t.failed} error={loaded.error} onRetry={loaded.reload} />}
      {one !== null && (
        <div className="grid gap-5">
          <Facts
            of={[
              [t.fields["status"] ?? "", <Badge key="status" tone={TONES[one.status] ?? "plain"}>{hooks.statuses[one.status] ?? one.status}</Badge>],
              [hooks.eventId, <code key="event" className="font-mono text-xs">{one.event_id}</code>],
              [hooks.next, one.next_attempt_at == null ? "" : exact(one.next_attempt_at)],
            ]}
          />
          <section aria-label={hooks.tries} className="grid gap-2">
            <h3 className="text-sm font-semibold">{hooks.tries}</h3>
            {one.log.length === 0 && <p className="text-[0.8125rem] text-ink-soft">{hooks.noTries}</p>}
            <ol className="grid gap-1.5 text-[0.8125rem]">
              {one.log.map((attempt, index) => (
                <li key={attempt.started_at} data-attempt={index + 1} className="flex flex-wrap gap-x-3 rounded-lg border border-line bg-sunken px-3 py-1.5">
                  <span className="tabular-nums">{exact(attempt.started_at)}</span>
                  <span className="font-medium">{attempt.response_status ?? attempt.error ?? "–"}</span>
                  <span className="ml-auto text-ink-soft tabular-nums">{attempt.took_ms} ms</span>
                  {attempt.response_status != null && attempt.error != null && <span className="w-full text-ink-soft wrap-anywhere">{attempt.error}</span>}
                </li>
              ))}
            </ol>
          </section>
          <section aria-label={hooks.body} className="grid gap-2">
            <h3 className="text-sm font-semibold">{hooks.body}</h3>
            <Payload label={hooks.body} value={one.body} />
          </section>
          <div className="flex justify-end gap-2">
            <Button look="primary" onClick={() => void replay()}>
              {hooks.replay}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
