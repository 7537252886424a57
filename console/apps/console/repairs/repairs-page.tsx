// What went wrong and waits for somebody: dead letters and the quarantine. Look, replay or discard, one or many.
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { CircleCheckBig, MailX, ShieldAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { listFailures, repairMany, type DeadLetter, type Quarantined, type Repair, type RepairStatus, type Subject } from "../../../lib/api/repairs";
import { exact } from "../../../lib/i18n/when";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { More } from "../../../lib/ui/more";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { toastError } from "../../../lib/ui/toast";
import { usePages } from "../../../lib/ui/use-pages";
import { AdminArea } from "../admin/admin-nav";
import { useMe } from "../session/me";
import { DiscardDialog } from "./discard-dialog";
import { FailureDetail } from "./failure-detail";
import { headline } from "./headline";
import { ProgressLine } from "./progress-line";

const STATUSES: readonly RepairStatus[] = ["open", "replayed", "discarded"];
const RATES: readonly number[] = [1, 10, 50];
type Row = DeadLetter | Quarantined;

export function LettersPage() {
  return (
    <AdminArea here="dead-letters">
      <RepairsPage key="dlq" subject="dlq" />
    </AdminArea>
  );
}

export function QuarantinePage() {
  return (
    <AdminArea here="quarantine">
      <RepairsPage key="quarantine" subject="quarantine" />
    </AdminArea>
  );
}

function RepairsPage({ subject }: { subject: Subject }) {
  const t = usePeopleTexts();
  const me = useMe();
  const navigate = useNavigate();
  const { failureId } = useParams({ strict: false });
  const [status, setStatus] = useState<RepairStatus>("open");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [rate, setRate] = useState(10);
  const [repair, setRepair] = useState<Repair | null>(null);
  const [discarding, setDiscarding] = useState(false);
  const list = usePages(`${subject}:${status}`, (cursor) => listFailures<Row>(subject, status, cursor));
  const title = subject === "dlq" ? t.letters : t.quarantine;
  useEffect(() => {
    document.title = `${title} · Patchbay`;
  }, [title]);
  const { rows } = list;
  const base = subject === "dlq" ? "/admin/dead-letters" : "/admin/quarantine";
  const mends = status === "open" && (me.user.role === "admin" || me.user.role === "supervisor");
  const reload = () => {
    setChosen(new Set());
    list.afresh();
  };
  const show = (next: RepairStatus) => {
    setStatus(next);
    setChosen(new Set());
  };
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const runMany = async (action: "replay" | "discard", reason: string) => {
    try {
      setRepair(await repairMany(subject, action, { ids: [...chosen], per_second: rate, ...(reason === "" ? {} : { reason }) }));
      setChosen(new Set());
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <>
      <section aria-label={title} className={cx("min-h-0 w-full flex-col border-line bg-canvas pb-14 md:flex md:w-96 md:shrink-0 md:border-r md:pb-0", failureId === undefined ? "flex" : "hidden")}>
        <header className="grid gap-3 border-b border-line px-4 py-3">
          <h1 className="text-base font-semibold tracking-tight">{title}</h1>
          <p className="text-xs text-ink-soft">{subject === "dlq" ? t.lettersHint : t.quarantineHint}</p>
          <div role="group" aria-label={title} className="flex gap-1">
            {STATUSES.map((one) => (
              <Button key={one} look={one === status ? "outline" : "quiet"} aria-pressed={one === status} onClick={() => show(one)}>
                {t.status[one]}
              </Button>
            ))}
          </div>
        </header>
        {repair !== null && <ProgressLine key={repair.id} repair={repair} onDone={reload} />}
        {mends && rows.length > 0 && (
          <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2 text-[0.8125rem]">
            <label className="flex flex-1 items-center gap-2">
              <input
                type="checkbox"
                checked={chosen.size === rows.length}
                onChange={(event) => setChosen(event.target.checked ? new Set(rows.map((row) => row.id)) : new Set())}
              />
              {t.selectAll}
            </label>
            {chosen.size > 0 && (
              <>
                <label className="flex items-center gap-1 text-xs text-ink-soft">
                  {t.perSecond}
                  <select value={rate} onChange={(event) => setRate(Number(event.target.value))} className="h-7 rounded-lg border border-line-strong bg-surface px-1">
                    {RATES.map((one) => (
                      <option key={one}>{one}</option>
                    ))}
                  </select>
                </label>
                <Button onClick={() => void runMany("replay", "")}>{t.replayMany(chosen.size)}</Button>
                <Button look="danger" onClick={() => setDiscarding(true)}>
                  {t.discardMany(chosen.size)}
                </Button>
              </>
            )}
          </div>
        )}
        <div className="min-h-0 flex-1 overflow-y-auto" aria-busy={list.state === "loading"}>
          {list.state === "error" && <ErrorState title={t.loadFailed} error={list.error} onRetry={list.reload} />}
          {list.state === "ready" && rows.length === 0 && <EmptyState icon={CircleCheckBig} title={t.nothing} text={t.nothingHint} />}
          <ul>
            {rows.map((row) => (
              <li key={row.id} className={cx("flex items-center gap-3 px-4 hover:bg-hover", row.id === failureId && "bg-accent-soft")}>
                {mends && <input type="checkbox" aria-label={t.selectOne(headline(row))} checked={chosen.has(row.id)} onChange={() => toggle(row.id)} />}
                <Link
                  to={`${base}/$failureId`}
                  params={{ failureId: row.id }}
                  data-failure={row.id}
                  className="min-w-0 flex-1 py-2.5"
                  {...(row.id === failureId ? { "aria-current": "page" as const } : {})}
                >
                  <span className="block truncate text-[0.8125rem] font-medium">{headline(row)}</span>
                  <span className="block truncate text-xs text-ink-soft">
                    {exact(row.created_at)}
                    {"error" in row && ` · ${row.error}`}
                  </span>
                </Link>
              </li>
            ))}
          </ul>
          <More label={t.more} more={list.more} />
        </div>
      </section>
      <main id="main" tabIndex={-1} className={cx("min-h-0 min-w-0 flex-1 outline-none md:block", failureId === undefined ? "hidden" : "block")}>
        {failureId === undefined ? (
          <EmptyState icon={subject === "dlq" ? MailX : ShieldAlert} title={t.pick} text={t.pickHint} />
        ) : (
          <FailureDetail key={failureId} subject={subject} id={failureId} onBack={() => void navigate({ to: base })} onChange={reload} />
        )}
      </main>
      {discarding && <DiscardDialog count={chosen.size} onClose={() => setDiscarding(false)} onDiscard={(reason) => runMany("discard", reason)} />}
    </>
  );
}
