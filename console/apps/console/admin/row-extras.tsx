// What belongs to a row beside its fields: an inbox's health, a team's members, a technician's time off, who is on call, what a
// webhook was sent.
import type { Row } from "../../../lib/api/rows";
import { part } from "../../../lib/ui/part";
import type { ResourceName } from "./resources";

const InboxHealth = part(async () => (await import("./inbox-health")).InboxHealth);
const OnCallNow = part(async () => (await import("./on-call-now")).OnCallNow);
const TeamMembers = part(async () => (await import("./team-members")).TeamMembers);
const TimeOff = part(async () => (await import("./time-off")).TimeOff);
const WebhookLog = part(async () => (await import("./webhook-log")).WebhookLog);

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
    <div className="mt-8 border-t border-line pt-6">
      <Extra {...rest} />
    </div>
  );
}
