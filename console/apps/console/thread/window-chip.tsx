import { Timer } from "lucide-react";
import type { Conversation } from "../../../lib/api/model";
import { span } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { useNow } from "../../../lib/realtime/hooks";
import { cx } from "../../../lib/ui/cx";

const WARN_MS = 2 * 3_600_000;
const TICK_MS = 10_000;

/** Milliseconds until the channel's window closes; null where there is none. */
export function useWindowLeft(conversation: Conversation): number | null {
  const now = useNow(TICK_MS);
  if (conversation.channel !== "whatsapp") return null;
  return conversation.window_expires_at === null ? 0 : Math.max(0, Date.parse(conversation.window_expires_at) - now);
}

export function WindowChip({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const left = useWindowLeft(conversation);
  if (left === null || conversation.status === "closed") return null;
  const look = left === 0 ? "bg-danger-soft text-danger-ink" : left < WARN_MS ? "bg-warn-soft text-warn-ink" : "bg-sunken text-ink-soft";
  return (
    <span
      title={t.window.title}
      data-window={left === 0 ? "closed" : left < WARN_MS ? "soon" : "open"}
      className={cx("inline-flex shrink-0 items-center gap-1.5 rounded-full px-2.5 py-1 text-xs font-medium tabular-nums max-sm:px-2", look)}
    >
      <Timer className="size-3.5" aria-hidden />
      <span className="max-2xl:sr-only">{left === 0 ? t.window.closed : t.window.left(span(left))}</span>
      <span aria-hidden className="2xl:hidden">
        {left === 0 ? "0" : span(left)}
      </span>
    </span>
  );
}
