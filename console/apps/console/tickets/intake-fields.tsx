import { useTexts } from "../../../lib/i18n/language";
import { Select, TextField } from "../../../lib/ui/fields";
import type { TicketDraft } from "./ticket-draft";

const PRIORITIES = ["ROUTINE", "URGENT", "EMERGENCY"] as const;

/** What a blind intake wants to know beyond a plain ticket. */
export function IntakeFields({ draft, onChange }: { draft: TicketDraft; onChange: (part: Partial<TicketDraft>) => void }) {
  const t = useTexts();
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label={t.ticket.incident} required value={draft.incident_type} onChange={(event) => onChange({ incident_type: event.target.value })} />
        <Select label={t.ticket.priority} value={draft.priority} onChange={(event) => onChange({ priority: PRIORITIES.find((one) => one === event.target.value) ?? "ROUTINE" })}>
          {PRIORITIES.map((priority) => (
            <option key={priority} value={priority}>
              {t.ticket.priorities[priority]}
            </option>
          ))}
        </Select>
      </div>
      <TextField label={t.ticket.customerName} required value={draft.customer_name} onChange={(event) => onChange({ customer_name: event.target.value })} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label={t.ticket.phone} type="tel" required={draft.contact_email === ""} value={draft.contact_phone} onChange={(event) => onChange({ contact_phone: event.target.value })} />
        <TextField label={t.ticket.email} type="email" required={draft.contact_phone === ""} value={draft.contact_email} onChange={(event) => onChange({ contact_email: event.target.value })} />
        <TextField label={t.ticket.identity} hint="0–100" type="number" min={0} max={100} required value={draft.identity_confidence} onChange={(event) => onChange({ identity_confidence: event.target.valueAsNumber })} />
        <TextField label={t.ticket.classification} hint="0–100" type="number" min={0} max={100} required value={draft.classification_confidence} onChange={(event) => onChange({ classification_confidence: event.target.valueAsNumber })} />
      </div>
      <label className="flex items-center gap-2.5 text-[0.8125rem]">
        <input type="checkbox" checked={draft.sop_handoff_acknowledged} onChange={(event) => onChange({ sop_handoff_acknowledged: event.target.checked })} className="size-4 accent-accent" />
        {t.ticket.handoff}
      </label>
    </>
  );
}
