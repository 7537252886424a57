import type { QueueItem, TicketView } from "../../../lib/api/dispatch";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { exact } from "../../../lib/i18n/when";
import { Facts } from "../../../lib/ui/facts";
import { incidentName } from "./incident-name";

export function money(cents: number, currency: string): string {
  return new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency }).format(cents / 100);
}

/** What a ticket is about and who does it. */
export function TicketFacts({ ticket, item }: { ticket: TicketView; item: QueueItem | null }) {
  const t = useCockpitTexts();
  const window = ticket.scheduled_start ? `${exact(ticket.scheduled_start)}${ticket.scheduled_end ? ` – ${exact(ticket.scheduled_end)}` : ""}` : "";
  return (
    <Facts
      of={[
        [t.ticket.technician, item?.assigned_tech?.name ?? (item?.assigned_provider == null ? t.ticket.nobody : "")],
        [t.ticket.provider, item?.assigned_provider?.name],
        [t.ticket.window, window],
        [t.ticket.site, item === null ? "" : `${item.site.name}, ${item.site.city}`],
        [t.ticket.incident, ticket.incident_type ? incidentName(ticket.incident_type) : ""],
        [t.ticket.limit, ticket.nte_cents === 0 ? "" : money(ticket.nte_cents, ticket.currency)],
        [t.ticket.customer, [ticket.customer_name, ticket.contact_phone, ticket.contact_email].filter(Boolean).join(" · ")],
        [t.ticket.invoice, ticket.invoice_state],
        [t.ticket.created, exact(ticket.created_at)],
      ]}
    />
  );
}
