import { Check, CheckCheck, CircleAlert, CircleDashed, Clock3, type LucideIcon } from "lucide-react";
import type { MessageStatus } from "../../../lib/api/model";
import { exact } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { cx } from "../../../lib/ui/cx";

const ICONS: Record<MessageStatus | "queued", LucideIcon> = {
  queued: Clock3,
  received: Check,
  pending: Clock3,
  sending: Clock3,
  unknown: CircleDashed,
  sent: Check,
  delivered: CheckCheck,
  read: CheckCheck,
  failed: CircleAlert,
};

/** How far a message has come: an icon and the same in words, never color alone. */
export function Ticks({ status, at }: { status: MessageStatus | "queued"; at: string }) {
  const t = useTexts();
  const Icon = ICONS[status];
  const words = t.ticks[status] ?? status;
  return (
    <span role="img" aria-label={words} title={`${words} · ${exact(at)}`} className={cx("inline-flex", status === "read" && "text-read")}>
      <Icon className={cx(status === "delivered" || status === "read" ? "size-4" : "size-3.5")} strokeWidth={2.25} aria-hidden />
    </span>
  );
}
