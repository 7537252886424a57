import { Clapperboard, Eye, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useScenarioTexts } from "../../lib/i18n/scenarios";
import { Button } from "../../lib/ui/button";
import { cx } from "../../lib/ui/cx";
import { toastDone, toastError } from "../../lib/ui/toast";
import { reset, type Phone } from "./phones-api";
import { reloadPhones } from "./phones-store";
import { SCENARIOS, castOf } from "./scenarios";

/** Stories to watch: which one runs, how far it is, what to look at. */
export function ScenarioPanel({ phones, className }: { phones: readonly Phone[]; className?: string }) {
  const t = useScenarioTexts();
  const [running, setRunning] = useState<{ name: string; done: number } | null>(null);
  const [state, setState] = useState<"ready" | "busy">("ready");
  const words = running === null ? undefined : t.scenarios[running.name];
  const next = async (name: string, done: number) => {
    const step = SCENARIOS[name]?.[done];
    if (step === undefined) return;
    setState("busy");
    try {
      await step(castOf(phones));
      setRunning({ name, done: done + 1 });
    } catch (error) {
      toastError(error, t.failed);
    }
    setState("ready");
  };
  const clean = async () => {
    try {
      await reset();
      await reloadPhones();
      setRunning(null);
      toastDone(t.cleaned);
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <section aria-label={t.title} data-scenarios className={cx("rounded-2xl border border-line bg-surface px-5 py-4", className)}>
      <div className="flex flex-wrap items-center gap-3">
        <Clapperboard className="size-4 text-ink-faint" aria-hidden />
        <div className="min-w-0 flex-1">
          <h2 className="text-[0.8125rem] font-semibold">{words?.title ?? t.title}</h2>
          <p className="text-xs text-ink-soft">{words?.lead ?? t.lead}</p>
        </div>
        <Button onClick={() => (running === null ? void clean() : setRunning(null))}>{running === null ? t.clean : t.stop}</Button>
      </div>
      {running === null || words === undefined ? (
        <ul className="mt-4 flex flex-wrap gap-2">
          {Object.entries(t.scenarios).map(([name, one]) => (
            <li key={name}>
              <button
                type="button"
                data-scenario={name}
                title={one.lead}
                onClick={() => setRunning({ name, done: 0 })}
                className="rounded-full border border-line-strong px-3 py-1.5 text-[0.8125rem] text-ink-soft hover:bg-hover hover:text-ink"
              >
                {one.title}
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <>
          <ol className="mt-4 grid gap-2">
            {words.steps.map((step, index) => (
              <li
                key={step.does}
                data-step={index < running.done ? "done" : index === running.done ? "next" : "later"}
                {...(index === running.done ? { "aria-current": "step" as const } : {})}
                className={cx("flex gap-3 rounded-xl border px-3 py-2 text-[0.8125rem]", index === running.done ? "border-accent bg-accent-soft/40" : "border-line")}
              >
                <span className="flex size-5 shrink-0 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent-text">{index + 1}</span>
                <div className="min-w-0 flex-1">
                  <p className={index > running.done ? "text-ink-soft" : "font-medium"}>{step.does}</p>
                  {index < running.done && (
                    <p className="mt-1 flex gap-1.5 text-ink-soft">
                      <Eye className="mt-0.5 size-3.5 shrink-0" role="img" aria-label={t.look} />
                      {step.look}
                    </p>
                  )}
                </div>
              </li>
            ))}
          </ol>
          <div className="mt-3 flex flex-wrap items-center gap-2" aria-live="polite">
            {running.done < words.steps.length ? (
              <Button look="primary" disabled={state === "busy"} onClick={() => void next(running.name, running.done)}>
                {running.done === 0 ? t.start : t.next}
              </Button>
            ) : (
              <>
                <p className="text-[0.8125rem] text-ink-soft">{t.done}</p>
                <Button onClick={() => setRunning({ name: running.name, done: 0 })}>
                  <RotateCcw className="size-3.5" aria-hidden />
                  {t.again}
                </Button>
              </>
            )}
          </div>
        </>
      )}
    </section>
  );
}
