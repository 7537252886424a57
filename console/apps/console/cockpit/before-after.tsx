import { ArrowRight, TriangleAlert } from "lucide-react";
import type { QueueItem } from "../../../lib/api/dispatch";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import type { CommandId } from "./commands";

/** What an override leaves behind and where it leads. */
export function BeforeAfter({ id, item, to, performer }: { id: CommandId; item: QueueItem; to: readonly string[]; performer: string | null }) {
  const t = useCockpitTexts();
  const state = (name: string) => t.states[name] ?? name;
  const now = item.assigned_tech?.name ?? item.assigned_provider?.name ?? t.override.nobody;
  const after = id === "dispatch" ? (performer ?? t.override.nobody) : id === "force_unassign" ? t.override.nobody : now;
  return (
    <div data-override className="rounded-xl border border-line bg-warn-soft p-3 text-[0.8125rem] text-warn-ink">
      <p className="flex items-center gap-2 font-medium">
        <TriangleAlert className="size-4 shrink-0" aria-hidden />
        {t.override.title}
      </p>
      <div className="mt-2 grid grid-cols-[1fr_auto_1fr] items-center gap-3">
        <Side title={t.override.before} lines={[state(item.state), now]} />
        <ArrowRight className="size-4" aria-hidden />
        <Side title={t.override.after} lines={[(to.length === 0 ? [item.state] : to).map(state).join(" / "), after]} />
      </div>
      <p className="mt-2 text-xs">{t.override.audited}</p>
    </div>
  );
}

function Side({ title, lines }: { title: string; lines: readonly string[] }) {
  return (
    <div>
      <p className="text-2xs font-semibold">{title}</p>
      {lines.map((line) => (
        <p key={line} className="wrap-anywhere">
          {line}
        </p>
      ))}
    </div>
  );
}
