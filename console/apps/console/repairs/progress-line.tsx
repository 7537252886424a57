// How far a repair of many is: asked for every second until it is done.
import { useEffect, useState } from "react";
import { getRepair, type Repair } from "../../../lib/api/repairs";
import { usePeopleTexts } from "../../../lib/i18n/people";

const EVERY_MS = 1000;

export function ProgressLine({ repair, onDone }: { repair: Repair; onDone: () => void }) {
  const t = usePeopleTexts();
  const [now, setNow] = useState(repair);
  const running = now.status === "running";
  useEffect(() => {
    if (!running) {
      onDone();
      return;
    }
    const timer = setInterval(() => {
      // A look that fails is made again with the next tick.
      getRepair(repair.id).then(setNow, () => undefined);
    }, EVERY_MS);
    return () => clearInterval(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- told once, when it is over
  }, [repair.id, running]);
  return (
    <div role="status" className="flex items-center gap-3 border-b border-line bg-surface px-4 py-2 text-[0.8125rem]">
      <progress max={Math.max(now.total, 1)} value={now.processed} aria-label={t.progress(now.processed, now.total)} className="h-1.5 flex-1" />
      <span className="tabular-nums">{running ? t.progress(now.processed, now.total) : t.finished(now.repaired, now.failed)}</span>
    </div>
  );
}
