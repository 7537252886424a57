import type { PresenceStatus } from "../api/model";
import { cx } from "./cx";

const LOOKS: Record<PresenceStatus, string> = {
  online: "bg-emerald-500",
  away: "bg-amber-500",
  offline: "bg-canvas ring-inset ring-2 ring-ink-faint",
};

/** Decoration beside a name that says the same in words. */
export function PresenceDot({ status, className }: { status: PresenceStatus; className?: string }) {
  return <span aria-hidden className={cx("inline-block size-2.5 shrink-0 rounded-full border-2 border-canvas", LOOKS[status], className)} />;
}
