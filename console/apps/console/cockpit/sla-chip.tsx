import { Timer } from "lucide-react";
import type { QueueItem } from "../../../lib/api/dispatch";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { exact, span } from "../../../lib/i18n/when";
import { useNow } from "../../../lib/realtime/hooks";
import { Badge } from "../../../lib/ui/badge";

const MINUTE = 60_000;
const SOON_MINUTES = 30;

export type SlaStatus = "healthy" | "warning" | "breach";

/** How much time is left by the server's clock. A paused timer stands where the server left it. */
export function standing(item: QueueItem, generatedAt: number, now: number): { status: SlaStatus; left: number } {
  const paused = item.state === "ON_HOLD" || item.state === "CLOSED" || item.state === "CANCELLED";
  const left = item.sla_timer_remaining_minutes * MINUTE - (paused ? 0 : Math.max(0, now - generatedAt));
  const minutes = Math.floor(left / MINUTE);
  return { left, status: minutes < 0 || (minutes === 0 && item.sla_status === "breach") ? "breach" : minutes <= SOON_MINUTES ? "warning" : "healthy" };
}

export function SlaChip({ item, generatedAt }: { item: QueueItem; generatedAt: number }) {
  const t = useCockpitTexts();
  const now = useNow(10_000);
  const { status, left } = standing(item, generatedAt, now);
  return (
    <span data-sla={status} title={`${t.slaDue(exact(item.sla_deadline_at))} · ${t.attribution[item.sla_delay_attribution] ?? ""}`}>
      <Badge tone={status === "breach" ? "bad" : status === "warning" ? "warn" : "good"} icon={<Timer className="size-3" aria-hidden />}>
        <span className="tabular-nums">{left < 0 ? t.slaOver(span(-left)) : t.slaLeft(span(left))}</span>
      </Badge>
    </span>
  );
}
