import type { Conversation } from "../../../lib/api/model";
import { exact } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Dialog } from "../../../lib/ui/dialog";
import { hide } from "../shell/overlay";
import { useCommands } from "./commands";

const HOUR_MS = 3_600_000;

export function SnoozeDialog({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const workspace = useWorkspace();
  const commands = useCommands(conversation.id);
  const now = workspace.now();
  const choices: readonly (readonly [string, Date])[] = [
    ...[1, 3, 6].map((hours) => [t.actions.snoozeHours(hours), new Date(now + hours * HOUR_MS)] as const),
    [t.actions.snoozeTomorrow, tomorrowMorning(now)],
    [t.actions.snoozeWeek, new Date(now + 7 * 24 * HOUR_MS)],
  ];
  const pick = async (until: Date) => {
    if ((await commands.snooze(until)) === "done") hide();
  };
  return (
    <Dialog title={t.actions.snooze} onClose={hide} width="max-w-sm">
      <div className="-mx-2 grid gap-0.5">
        {choices.map(([text, until]) => (
          <button key={text} type="button" onClick={() => void pick(until)} className="flex items-center justify-between gap-4 rounded-lg px-3 py-2 text-left text-[0.8125rem] hover:bg-hover">
            {text}
            <span className="text-xs text-ink-faint tabular-nums">{exact(until.toISOString())}</span>
          </button>
        ))}
      </div>
    </Dialog>
  );
}

function tomorrowMorning(now: number): Date {
  const day = new Date(now);
  day.setDate(day.getDate() + 1);
  day.setHours(9, 0, 0, 0);
  return day;
}
