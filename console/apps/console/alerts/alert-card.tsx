import { Link } from "@tanstack/react-router";
import { BellRing, CircleCheckBig, Info, TriangleAlert } from "lucide-react";
import type { Alert } from "../../../lib/api/alerts";
import { useAlertTexts } from "../../../lib/i18n/alerts";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { exact } from "../../../lib/i18n/when";
import { Badge } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { Menu, MenuItem } from "../../../lib/ui/menu";
import { dispatches, worksInbox } from "../session/areas";
import { useMe } from "../session/me";
import { alertTitle } from "./alert-words";
import type { AlertCommands } from "./use-alert-commands";

const ICONS = { critical: [BellRing, "text-danger"], warning: [TriangleAlert, "text-warn-ink"], info: [Info, "text-ink-faint"] } as const;
const TONES = { open: "bad", acknowledged: "good", snoozed: "plain", resolved: "plain" } as const;

export interface AlertCardProps {
  alert: Alert;
  commands: AlertCommands;
  onOpen: () => void;
}

/** One alert: what happened, who looks after it, and what can be done. */
export function AlertCard({ alert, commands, onOpen }: AlertCardProps) {
  const t = useAlertTexts();
  const { alerts } = useOperationsTexts();
  const me = useMe();
  const over = alert.state === "resolved";
  const [Icon, color] = over ? ([CircleCheckBig, "text-ink-faint"] as const) : ICONS[alert.severity as keyof typeof ICONS];
  const acts = !over && me.user.role !== "auditor";
  const link = "text-xs font-medium text-accent-text hover:underline";
  return (
    <li data-alert={alert.code} data-state={alert.state} className="flex gap-3 rounded-xl border border-line bg-surface p-4">
      <Icon className={`mt-0.5 size-5 shrink-0 ${color}`} aria-hidden />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <h2 className="text-sm font-semibold">{alertTitle(alert, t, alerts.names)}</h2>
          {!over && <Badge tone={alert.severity === "critical" ? "bad" : alert.severity === "warning" ? "warn" : "plain"}>{t.severities[alert.severity] ?? alert.severity}</Badge>}
          {alert.state !== "open" && <Badge tone={TONES[alert.state as keyof typeof TONES] ?? "plain"}>{t.states[alert.state] ?? alert.state}</Badge>}
        </div>
        <p className="mt-1 text-[0.8125rem] text-ink-soft">
          {[t.times(alert.count), t.since(exact(alert.first_at)), alert.team?.slug, alert.inbox?.name].filter(Boolean).join(" · ")}
        </p>
        <Standing alert={alert} />
        <p className="mt-2 flex flex-wrap gap-x-4 gap-y-1">
          {alert.conversation_id && worksInbox(me) && (
            <Link to="/inbox/$view/$conversationId" params={{ view: "all", conversationId: alert.conversation_id }} className={link}>
              {t.conversation}
            </Link>
          )}
          {alert.ticket_id && dispatches(me) && (
            <Link to="/cockpit/$ticketId" params={{ ticketId: alert.ticket_id }} className={link}>
              {t.ticket}
            </Link>
          )}
          <button type="button" onClick={onOpen} className={link}>
            {t.detail}
          </button>
        </p>
        {acts && (
          <div className="mt-3 flex flex-wrap gap-2">
            {alert.state !== "acknowledged" && (
              <Button look="primary" onClick={() => void commands.acknowledge(alert)}>
                {t.acknowledge}
              </Button>
            )}
            <Menu trigger={<Button>{t.snooze}</Button>}>
              {Object.entries(t.snoozeFor).map(([minutes, words]) => (
                <MenuItem key={minutes} onSelect={() => void commands.snooze(alert, Number(minutes))}>
                  {words}
                </MenuItem>
              ))}
            </Menu>
            <Button onClick={() => void commands.resolve(alert)}>{t.resolve}</Button>
          </div>
        )}
      </div>
    </li>
  );
}

/** Who looks after it, until when it is put off, who is told next. */
function Standing({ alert }: { alert: Alert }) {
  const t = useAlertTexts();
  const words = () => {
    if (alert.state === "resolved") return alert.resolved_at ? t.over(exact(alert.resolved_at)) : null;
    if (alert.state === "acknowledged") return t.by(alert.owner?.name ?? "", alert.acknowledged_at ? exact(alert.acknowledged_at) : "");
    if (alert.state === "snoozed" && alert.snoozed_until) return t.until(exact(alert.snoozed_until));
    if (alert.owner) return t.owner(alert.owner.name);
    return alert.next_step_at ? t.nextStep(exact(alert.next_step_at)) : null;
  };
  const said = words();
  return said === null ? null : <p className="mt-1 text-[0.8125rem]">{said}</p>;
}
