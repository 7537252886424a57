// What is critical and looked after by nobody, on top of every page.
import { Link } from "@tanstack/react-router";
import { Siren } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useAlertTexts } from "../../../lib/i18n/alerts";
import { clock } from "../../../lib/i18n/when";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Button } from "../../../lib/ui/button";
import { dispatches, seesAlerts, worksInbox } from "../session/areas";
import { useMe } from "../session/me";
import { alertTitle } from "./alert-words";
import { useAlertCommands } from "./use-alert-commands";

export function AlarmBanner() {
  const t = useAlertTexts();
  const me = useMe();
  const { alarms } = useWorkspace();
  const open = useSyncExternalStore(alarms.subscribe, alarms.open);
  const { acknowledge } = useAlertCommands();
  const first = open[0];
  if (first === undefined || !seesAlerts(me)) return null;
  const link = "font-medium underline decoration-danger-ink/40 underline-offset-2 hover:decoration-danger-ink";
  const { alert, conversationId, ticketId } = first;
  return (
    <div role="alert" data-alarm={first.key} className="flex flex-wrap items-center gap-x-4 gap-y-1.5 border-b border-line bg-danger-soft px-4 py-2 text-[0.8125rem] text-danger-ink">
      <Siren className="size-4 shrink-0" aria-hidden />
      <p className="min-w-0 flex-1 basis-48">
        <span className="font-semibold">{alertTitle(first, t)}</span>
        <span className="ml-2 tabular-nums">{t.since(clock(first.since))}</span>
        {open.length > 1 && (
          <Link to="/alerts" className={`ml-3 ${link}`}>
            {t.alarms(open.length)}
          </Link>
        )}
      </p>
      {conversationId !== null && worksInbox(me) && (
        <Link to="/inbox/$view/$conversationId" params={{ view: "all", conversationId }} className={link}>
          {t.conversation}
        </Link>
      )}
      {ticketId !== null && conversationId === null && dispatches(me) && (
        <Link to="/cockpit/$ticketId" params={{ ticketId }} className={link}>
          {t.ticket}
        </Link>
      )}
      {alert !== null && me.user.role !== "auditor" && (
        <Button look="danger" onClick={() => void acknowledge(alert)}>
          {t.acknowledge}
        </Button>
      )}
    </div>
  );
}
