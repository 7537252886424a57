// The entries of a ladder, a schedule or an automation: each can be filled in, moved and taken out, and says itself what is wrong with it.
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { Button, IconButton } from "../../../lib/ui/button";
import { ActionFields } from "./action-fields";
import { NEW_ACTION } from "./actions";
import { NEW_OVERRIDE, NEW_STEP, newRotation, type Plan } from "./plans";
import { OverrideFields, RotationFields } from "./schedule-fields";
import { StepFields } from "./step-fields";

export interface PlanInputProps {
  name: string;
  label: string;
  plan: Plan;
  error: string | null;
  inside: Readonly<Record<string, string>>;
  disabled: boolean;
  onChange: (plan: Plan) => void;
}

/** What is wrong at a place of one entry. */
export type Wrong = (place: string) => string | null;

const FRESH = {
  steps: () => NEW_STEP,
  rotations: () => newRotation(new Date().toISOString().slice(0, 10)),
  overrides: () => NEW_OVERRIDE,
  actions: () => NEW_ACTION,
} as const;

export function PlanInput({ name, label, plan, error, inside, disabled, onChange }: PlanInputProps) {
  const t = useAdminTexts();
  const words = t.plans;
  const wrong = (index: number): Wrong => (place) => {
    const path = `${name}[${index}].${place}`;
    const found = Object.keys(inside).find((one) => one === path || one.startsWith(`${path}[`) || one.startsWith(`${path}.`));
    return found === undefined ? null : (inside[found] ?? null);
  };
  const all = plan.entries as readonly unknown[];
  const set = (entries: readonly unknown[]) => onChange({ plan: plan.plan, entries } as Plan);
  const swap = (from: number, to: number) => {
    const entries = [...all];
    [entries[from], entries[to]] = [entries[to], entries[from]];
    set(entries);
  };
  const change = (index: number) => (part: object) => set(all.map((entry, at) => (at === index ? { ...(entry as object), ...part } : entry)));
  const fresh = () => FRESH[plan.plan]();
  const form = (index: number): ReactNode => {
    const common = { disabled, wrong: wrong(index), onChange: change(index) };
    switch (plan.plan) {
      case "steps":
        return <StepFields {...common} step={plan.entries[index] ?? NEW_STEP} />;
      case "rotations":
        return <RotationFields {...common} rotation={plan.entries[index] ?? newRotation("")} />;
      case "overrides":
        return <OverrideFields {...common} override={plan.entries[index] ?? NEW_OVERRIDE} />;
      case "actions":
        return <ActionFields {...common} action={plan.entries[index] ?? NEW_ACTION} />;
    }
  };
  return (
    <fieldset className="grid gap-3" disabled={disabled} {...(error === null ? {} : { "aria-describedby": `${name}-error` })}>
      <legend className="mb-2 text-[0.8125rem] font-medium">{label}</legend>
      {all.map((_, index) => (
        <div key={`${index} of ${all.length}`} role="group" aria-label={words.entry[plan.plan](index + 1)} className="rounded-xl border border-line bg-sunken p-3.5">
          <div className="mb-3 flex items-center gap-1">
            <span className="min-w-0 flex-1 text-xs font-semibold text-ink-soft">{words.entry[plan.plan](index + 1)}</span>
            {plan.plan !== "overrides" && index > 0 && (
              <IconButton label={words.up} onClick={() => swap(index, index - 1)}>
                <ArrowUp className="size-3.5" />
              </IconButton>
            )}
            {plan.plan !== "overrides" && index < all.length - 1 && (
              <IconButton label={words.down} onClick={() => swap(index, index + 1)}>
                <ArrowDown className="size-3.5" />
              </IconButton>
            )}
            {(plan.plan === "overrides" || all.length > 1) && (
              <IconButton label={t.removeWord(words.entry[plan.plan](index + 1))} onClick={() => set(all.filter((_, at) => at !== index))}>
                <X className="size-3.5" />
              </IconButton>
            )}
          </div>
          {form(index)}
          {inside[`${name}[${index}]`] !== undefined && <p className="mt-2 text-xs text-danger-ink">{inside[`${name}[${index}]`]}</p>}
        </div>
      ))}
      <div>
        <Button onClick={() => set([...all, fresh()])}>
          <Plus className="size-3.5" aria-hidden />
          {words.add[plan.plan]}
        </Button>
      </div>
      {error !== null && (
        <p id={`${name}-error`} className="text-xs text-danger-ink">
          {error}
        </p>
      )}
    </fieldset>
  );
}
