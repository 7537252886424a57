// What some commands ask for beside plain fields: one of the offered windows, the checklist of the incident type.
import { useEffect } from "react";
import type { TicketView } from "../../../lib/api/dispatch";
import { listRows } from "../../../lib/api/rows";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { exact } from "../../../lib/i18n/when";
import { useRemote } from "../../../lib/ui/use-remote";
import type { Form } from "../admin/fields";

/** A moment as a `datetime-local` field writes it, to the second, so that an offered window goes back as it came. */
export function localMoment(iso: string): string {
  const at = new Date(iso);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}${at.getSeconds() === 0 ? "" : `:${two(at.getSeconds())}`}`;
}

export function OfferedWindows({ ticket, form, onChoose }: { ticket: TicketView; form: Form; onChoose: (start: string, end: string) => void }) {
  const t = useCockpitTexts();
  if (ticket.schedule_options.length === 0) return null;
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1.5 text-[0.8125rem] font-medium">{t.offered}</legend>
      {ticket.schedule_options.map((option) => {
        const [start, end] = [localMoment(option.start), localMoment(option.end)];
        return (
          <label key={option.id} className="flex min-h-6 items-center gap-2 text-[0.8125rem]">
            <input type="radio" name="offered" checked={form["start"] === start && form["end"] === end} onChange={() => onChoose(start, end)} className="size-4 accent-accent" />
            {exact(option.start)} – {exact(option.end)}
          </label>
        );
      })}
    </fieldset>
  );
}

export function Checklist({ incidentType, checked, onChange }: { incidentType: string | null; checked: Readonly<Record<string, boolean>>; onChange: (checked: Readonly<Record<string, boolean>>) => void }) {
  const t = useCockpitTexts();
  const template = useRemote(incidentType === null ? null : `checklist ${incidentType}`, async () => {
    const rows = (await listRows("/api/v1/incident-templates", { incident_type: incidentType, active: "true" })).data;
    const keys = rows[0]?.["required_checklist_keys"];
    return Array.isArray(keys) ? keys.map(String) : [];
  });
  const keys = template.value;
  useEffect(() => {
    if (keys !== null && Object.keys(checked).length === 0 && keys.length > 0) onChange(Object.fromEntries(keys.map((key) => [key, false])));
  }, [keys, checked, onChange]);
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1.5 text-[0.8125rem] font-medium">{t.checklist}</legend>
      {keys !== null && keys.length === 0 && <p className="text-[0.8125rem] text-ink-soft">{t.noChecklist}</p>}
      {Object.entries(checked).map(([key, value]) => (
        <label key={key} className="flex min-h-6 items-center gap-2.5 text-[0.8125rem]">
          <input type="checkbox" checked={value} onChange={(event) => onChange({ ...checked, [key]: event.target.checked })} className="size-4 accent-accent" />
          <span className="font-mono text-xs">{key}</span>
        </label>
      ))}
    </fieldset>
  );
}
