import { Link } from "@tanstack/react-router";
import { TicketCheck } from "lucide-react";
import type { TicketLink } from "../../../lib/api/model";
import { useTicketState } from "../../../lib/i18n/ticket-states";

/** A ticket in one line; it opens where dispatch works on it. */
export function TicketLine({ ticket }: { ticket: TicketLink }) {
  const stateName = useTicketState();
  const path: string = `/cockpit/${ticket.id}`;
  return (
    <Link to={path} data-ticket={ticket.id} className="flex items-center gap-3 rounded-xl border border-line bg-surface px-3 py-2.5 hover:bg-hover">
      <TicketCheck className="size-4 shrink-0 text-accent-text" aria-hidden />
      <span className="min-w-0 flex-1 truncate text-[0.8125rem] font-semibold tabular-nums">{ticket.code}</span>
      <span className="rounded-full bg-sunken px-2 py-0.5 text-2xs font-medium text-ink-soft">{stateName(ticket.state)}</span>
    </Link>
  );
}
