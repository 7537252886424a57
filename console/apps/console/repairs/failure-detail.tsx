// One dead letter or quarantined event, and what can be done with it.
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { discard, getFailure, replay, type DeadLetter, type QuarantinedDetail, type Subject } from "../../../lib/api/repairs";
import { exact } from "../../../lib/i18n/when";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Button, IconButton } from "../../../lib/ui/button";
import { ErrorState } from "../../../lib/ui/states";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { useMe } from "../session/me";
import { DiscardDialog } from "./discard-dialog";
import { headline } from "./headline";

export function FailureDetail({ subject, id, onBack, onChange }: { subject: Subject; id: string; onBack: () => void; onChange: () => void }) {
  const t = usePeopleTexts();
  const me = useMe();
  const loaded = useLoad(`${subject}:${id}`, () => getFailure<DeadLetter | QuarantinedDetail>(subject, id));
  const [discarding, setDiscarding] = useState(false);
  const [busy, setBusy] = useState(false);
  if (loaded.state === "error") return <ErrorState title={t.loadFailed} error={loaded.error} onRetry={loaded.reload} />;
  if (loaded.value === null) return <div aria-busy className="h-full" />;
  const failure = loaded.value;
  const mends = (me.user.role === "admin" || me.user.role === "supervisor") && failure.status === "open";
  const canReplay = !("replay" in failure) || failure.replay !== null;
  const run = async (act: () => Promise<unknown>, done: string) => {
    setBusy(true);
    try {
      await act();
      toastDone(done);
      onChange();
    } catch (error) {
      toastError(error);
    }
    setBusy(false);
    loaded.reload();
  };
  return (
    <div className="h-full overflow-y-auto px-5 py-6 md:px-10">
      <div className="mx-auto grid max-w-2xl gap-6">
        <header className="flex items-start gap-3">
          <IconButton label={t.back} className="md:hidden" onClick={onBack}>
            <ArrowLeft className="size-4" />
          </IconButton>
          <div className="min-w-0 flex-1">
            <h2 className="text-lg font-semibold tracking-tight wrap-anywhere">{headline(failure)}</h2>
            <p className="mt-1 text-[0.8125rem] text-ink-soft">
              {t.status[failure.status]} · {exact(failure.created_at)} · {t.tries(failure.attempts)}
            </p>
            <p className="mt-1 font-mono text-2xs break-all text-ink-faint">{failure.id}</p>
          </div>
        </header>
        {"error" in failure && <p className="rounded-xl border border-line bg-surface px-4 py-3 text-[0.8125rem] wrap-anywhere">{failure.error}</p>}
        {!canReplay && <p className="text-[0.8125rem] text-ink-soft">{t.notReplayable}</p>}
        {failure.note !== null && (
          <p className="text-[0.8125rem]">
            <span className="text-ink-soft">{t.note}: </span>
            {failure.note}
          </p>
        )}
        {mends && (
          <div className="flex gap-2">
            <Button look="primary" disabled={busy || !canReplay} onClick={() => void run(() => replay(subject, id), t.replayed)}>
              {t.replay}
            </Button>
            <Button look="danger" disabled={busy} onClick={() => setDiscarding(true)}>
              {t.discard}
            </Button>
          </div>
        )}
        <section className="grid gap-2">
          <h3 className="text-xs font-semibold text-ink-faint">{t.payload}</h3>
          {/* A scrollable region takes the focus, so that the keyboard can scroll it. */}
          <pre tabIndex={0} className="max-h-96 overflow-auto rounded-xl border border-line bg-sunken p-4 font-mono text-xs">
            {JSON.stringify(failure.payload, null, 2)}
          </pre>
        </section>
      </div>
      {discarding && <DiscardDialog count={1} onClose={() => setDiscarding(false)} onDiscard={(reason) => run(() => discard(subject, id, reason), t.discarded)} />}
    </div>
  );
}
