// Why something may not be done: one icon and one line for each dimension of policy, then the server's own words.
import { Ban, CalendarClock, CircleDollarSign, Fingerprint, Footprints, GitCompareArrows, MapPin, Paperclip, Scale, UserRoundX, Wrench, type LucideIcon } from "lucide-react";
import { cx } from "./cx";

export interface PolicyError {
  code: string;
  message: string;
  dimension?: string | null;
  [fact: string]: unknown;
}

const ICONS: Record<string, LucideIcon> = {
  role: UserRoundX,
  state: Footprints,
  scope: MapPin,
  evidence: Paperclip,
  identity: Fingerprint,
  assignment: Wrench,
  scheduling: CalendarClock,
  billing: CircleDollarSign,
  concurrency: GitCompareArrows,
  policy: Scale,
  tool: Scale,
};

export interface PolicyReasonProps {
  error: PolicyError;
  /** The dimension in words. */
  dimension: string;
  /** Facts that explain it, in words. */
  facts: readonly string[];
  className?: string;
}

export function PolicyReason({ error, dimension, facts, className }: PolicyReasonProps) {
  const Icon = ICONS[error.dimension ?? ""] ?? Ban;
  return (
    <div data-policy={error.dimension ?? "none"} className={cx("flex gap-2.5 rounded-xl bg-warn-soft px-3 py-2.5 text-[0.8125rem] text-warn-ink", className)}>
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div className="min-w-0">
        <p className="font-medium">{dimension}</p>
        <p className="wrap-anywhere">{error.message}</p>
        {facts.length > 0 && (
          <ul className="mt-1 list-disc pl-4">
            {facts.map((fact) => (
              <li key={fact} className="wrap-anywhere">
                {fact}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
