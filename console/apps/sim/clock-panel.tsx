import { Clock } from "lucide-react";
import { useEffect, useState } from "react";
import { useTexts } from "../../lib/i18n/language";
import { useScenarioTexts } from "../../lib/i18n/scenarios";
import { duration } from "../../lib/i18n/when";
import { Button } from "../../lib/ui/button";
import { cx } from "../../lib/ui/cx";
import { toastError } from "../../lib/ui/toast";
import { moveClock, type DemoClock } from "./phones-api";
import { keepClock } from "./phones-store";

const TICK_MS = 5000;
const JUMPS = { minutes: 600, hour: 3600, day: 86_400 } as const;

/** What time it is in the demo, and the buttons that move it forward for everything and everybody. */
export function ClockPanel({ clock, className }: { clock: DemoClock; className?: string }) {
  const t = useTexts();
  const words = useScenarioTexts().clock;
  const now = useTicking(clock);
  const [state, setState] = useState<"ready" | "busy">("ready");
  const jump = async (seconds: number) => {
    setState("busy");
    try {
      keepClock(await moveClock(seconds));
    } catch (error) {
      toastError(error);
    }
    setState("ready");
  };
  const shown = new Intl.DateTimeFormat(t.code === "en" ? "en-GB" : t.code, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(now);
  return (
    <section aria-label={words.title} data-clock={clock.ahead_s} className={cx("flex flex-wrap items-center gap-3 rounded-2xl border border-line bg-surface px-5 py-4", className)}>
      <Clock className="size-4 text-ink-faint" aria-hidden />
      <div className="min-w-48 flex-1">
        <h2 className="text-[0.8125rem] font-semibold">
          {words.title} <time className="ml-1 font-medium tabular-nums text-accent-text">{shown}</time>
        </h2>
        <p className="text-xs text-ink-soft" aria-live="polite">
          {clock.ahead_s === 0 ? words.lead : words.ahead(duration(clock.ahead_s))}
        </p>
      </div>
      <div role="group" aria-label={words.forward} className="flex gap-2">
        {(["minutes", "hour", "day"] as const).map((name) => (
          <Button key={name} disabled={state === "busy"} onClick={() => void jump(JUMPS[name])}>
            {words.jumps[name]}
          </Button>
        ))}
      </div>
    </section>
  );
}

/** The demo's time as it runs on since it was told. */
function useTicking(clock: DemoClock): number {
  const [passed, setPassed] = useState(0);
  useEffect(() => {
    const told = performance.now();
    const timer = setInterval(() => setPassed(performance.now() - told), TICK_MS);
    return () => {
      clearInterval(timer);
      setPassed(0);
    };
  }, [clock]);
  return Date.parse(clock.now) + passed;
}
