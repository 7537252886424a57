import { Check } from "lucide-react";
import type { TimelineEvent } from "../../../lib/api/dispatch";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { cx } from "../../../lib/ui/cx";
import { COMMANDS, DETOURS, STATES, isCommand } from "./commands";
import type { Action } from "../../../lib/api/dispatch";

/** Where the ticket has been, where it is, and where it may go next. */
export function StateTrack({ state, timeline, actions }: { state: string; timeline: readonly TimelineEvent[]; actions: readonly Action[] }) {
  const t = useCockpitTexts();
  const visited = new Set(timeline.flatMap((event) => event.transitions.flatMap((step) => [step.from_state, step.to_state])));
  const possible = new Set(actions.flatMap((action) => (action.enabled && isCommand(action.action_id) ? COMMANDS[action.action_id].to : [])));
  const shown = STATES.filter((one) => !(one in DETOURS) || one === state || visited.has(one) || possible.has(one));
  return (
    <ol aria-label={t.track.label} data-track className="flex gap-1 overflow-x-auto pb-1" tabIndex={0}>
      {shown.map((one) => {
        const kind = one === state ? "current" : possible.has(one) ? "possible" : visited.has(one) ? "visited" : "ahead";
        return (
          <li
            key={one}
            data-state={one}
            data-kind={kind}
            {...(kind === "current" ? { "aria-current": "step" as const } : {})}
            className={cx(
              "flex h-6 shrink-0 items-center gap-1 rounded-full border px-2.5 text-2xs font-medium whitespace-nowrap",
              kind === "current" && "border-transparent bg-accent text-accent-ink",
              kind === "visited" && "border-transparent bg-accent-soft text-accent-text",
              kind === "possible" && "border-dashed border-accent text-accent-text",
              kind === "ahead" && "border-line text-ink-faint",
            )}
          >
            {visited.has(one) && kind !== "current" && <Check className="size-3" aria-hidden strokeWidth={2.5} />}
            {t.states[one] ?? one}
            <span className="sr-only">{kind === "ahead" ? "" : `(${t.track[kind]})`}</span>
          </li>
        );
      })}
    </ol>
  );
}
