import { Plus, X } from "lucide-react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { Button, IconButton } from "../../../lib/ui/button";
import type { Shift } from "./fields";

export interface HoursInputProps {
  label: string;
  error: string | null;
  disabled: boolean;
  shifts: readonly Shift[];
  /** What no hours mean. */
  none?: string;
  onChange: (shifts: readonly Shift[]) => void;
}

const BOX = "h-8 rounded-lg border border-line-strong bg-surface px-2 text-[0.8125rem]";

/** Hours by weekday; none means always where nothing else is said. */
export function HoursInput({ label, error, disabled, shifts, none, onChange }: HoursInputProps) {
  const t = useAdminTexts();
  const change = (index: number, part: Partial<Shift>) => onChange(shifts.map((shift, at) => (at === index ? { ...shift, ...part } : shift)));
  const next = () => {
    const last = shifts.at(-1);
    onChange([...shifts, { weekday: Math.min((last?.weekday ?? -1) + 1, 6), start: last?.start ?? "08:00", end: last?.end ?? "17:00", enabled: true }]);
  };
  return (
    <fieldset className="grid gap-1.5" disabled={disabled}>
      <legend className="mb-1.5 text-[0.8125rem] font-medium">{label}</legend>
      {shifts.length === 0 && <p className="text-xs text-ink-soft">{none ?? t.always}</p>}
      {shifts.map((shift, index) => (
        <div key={`${index} ${shift.weekday}`} className="flex flex-wrap items-center gap-2">
          <select aria-label={label} value={shift.weekday} onChange={(event) => change(index, { weekday: Number(event.target.value) })} className={BOX}>
            {t.weekdays.map((day, number) => (
              <option key={day} value={number}>
                {day}
              </option>
            ))}
          </select>
          <input type="time" aria-label={t.from} value={shift.start} onChange={(event) => change(index, { start: event.target.value })} className={BOX} />
          <input type="time" aria-label={t.until} value={shift.end === "24:00" ? "23:59" : shift.end} onChange={(event) => change(index, { end: event.target.value })} className={BOX} />
          <IconButton label={t.removeWord(t.weekdays[shift.weekday] ?? "")} onClick={() => onChange(shifts.filter((_, at) => at !== index))}>
            <X className="size-3.5" />
          </IconButton>
        </div>
      ))}
      <div>
        <Button onClick={next}>
          <Plus className="size-3.5" aria-hidden />
          {t.addHours}
        </Button>
      </div>
      {error !== null && <p className="text-xs text-danger-ink">{error}</p>}
    </fieldset>
  );
}
