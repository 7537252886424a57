// What belongs to a row beside its fields: an inbox's health, a team's members, a technician's time off, who is on call, what a
// webhook was sent.
import { lazy, Suspense } from "react";
import type { Row } from "../../../lib/api/rows";
import type { ResourceName } from "./resources";

const InboxHealth = lazy(async () => ({ default: (await import("./inbox-health")).InboxHealth }));
const OnCallNow = lazy(async () => ({ default: (await import("./on-call-now")).OnCallNow }));
const TeamMembers = lazy(async () => ({ default: (await import("./team-members")).TeamMembers }));
const TimeOff = lazy(async () => ({ default: (await import("./time-off")).TimeOff }));
const WebhookLog = lazy(async () => ({ default: (await import("./webhook-log")).WebhookLog }));

export interface ExtraProps {
  row: Row;
  writes: boolean;
  onChange: () => void;
}

const EXTRAS = { inboxes: InboxHealth, "on-call-schedules": OnCallNow, teams: TeamMembers, technicians: TimeOff, webhooks: WebhookLog } as const;

export function RowExtras({ name, ...rest }: ExtraProps & { name: ResourceName }) {
  if (!(name in EXTRAS)) return null;
  const Extra = EXTRAS[name as keyof typeof EXTRAS];
  return (
    <Suspense fallback={null}>
      <div className="mt-8 border-t border-line pt-6">
        <Extra {...rest} />
      </div>
    </Suspense>
  );
}
