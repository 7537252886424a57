// What may be done with a ticket. Every action keeps its place; one that is not possible can be focused and says why. The
// server decides; this only draws.
import { Tooltip } from "radix-ui";
import { useState } from "react";
import type { Action } from "../../../lib/api/dispatch";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { cx } from "../../../lib/ui/cx";
import { PolicyReason } from "../../../lib/ui/policy-reason";
import { BAR, NEXT, type CommandId } from "./commands";
import { dimensionOf, factsOf } from "./reason";

const SHAPE = "inline-flex h-8 items-center rounded-lg border px-2.5 text-[0.8125rem] font-medium whitespace-nowrap transition-colors";

export function ActionBar({ actions, state, onRun }: { actions: readonly Action[]; state: string; onRun: (id: CommandId, action: Action) => void }) {
  const t = useCockpitTexts();
  const { choices } = useAdminTexts();
  const [asked, setAsked] = useState<string | null>(null);
  const held = new Map(actions.map((action) => [action.action_id, action]));
  const next = NEXT[state];
  const primary = next !== undefined && held.get(next)?.enabled === true ? next : BAR.flatMap(([, commands]) => commands).find((id) => held.get(id)?.enabled === true);
  const why = asked === null ? null : (held.get(asked)?.policy_error ?? null);
  return (
    <section aria-label={t.actionsTitle} data-actions className="grid gap-2">
      {BAR.map(([group, commands]) => (
        <div key={group} role="group" aria-label={t.groups[group]} className="grid gap-1.5 sm:grid-cols-[4.5rem_1fr]">
          <span aria-hidden className="text-2xs leading-8 font-semibold text-ink-faint max-sm:leading-4">
            {t.groups[group]}
          </span>
          <div className="flex flex-wrap items-center gap-1.5">
          {commands.map((id) => {
            const action = held.get(id);
            if (action === undefined) return null;
            const name = t.actions[id] ?? id;
            if (action.enabled) {
              return (
                <button
                  key={id}
                  type="button"
                  data-action={id}
                  onClick={() => onRun(id, action)}
                  className={cx(SHAPE, id === primary ? "border-transparent bg-accent text-accent-ink hover:bg-accent-hover" : "border-line-strong bg-surface hover:bg-hover")}
                >
                  {name}
                </button>
              );
            }
            const error = action.policy_error ?? null;
            return (
              <Tooltip.Root key={id} delayDuration={200}>
                <Tooltip.Trigger asChild>
                  <button
                    type="button"
                    data-action={id}
                    aria-disabled
                    onClick={(event) => {
                      // A tap explains below the bar, where it stays.
                      event.preventDefault();
                      setAsked(asked === id ? null : id);
                    }}
                    className={cx(SHAPE, "cursor-help! border-dashed border-line text-ink-faint hover:text-ink-soft", asked === id && "border-line-strong")}
                  >
                    {name}
                  </button>
                </Tooltip.Trigger>
                {error !== null && (
                  <Tooltip.Portal>
                    <Tooltip.Content sideOffset={6} collisionPadding={8} className="appear z-50 max-w-80 rounded-xl border border-line bg-raised p-1 shadow-float">
                      <PolicyReason error={error} dimension={dimensionOf(error, t)} facts={factsOf(error, t, choices)} />
                    </Tooltip.Content>
                  </Tooltip.Portal>
                )}
              </Tooltip.Root>
            );
          })}
          </div>
        </div>
      ))}
      <div aria-live="polite">
        {asked !== null && why !== null && (
          <div data-why={asked}>
            <p className="sr-only">{t.notEnabled(t.actions[asked] ?? asked)}</p>
            <PolicyReason error={why} dimension={dimensionOf(why, t)} facts={factsOf(why, t, choices)} />
          </div>
        )}
      </div>
    </section>
  );
}
