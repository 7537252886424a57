import { useAdminTexts } from "../../../lib/i18n/admin";
import { Select, TextField } from "../../../lib/ui/fields";
import type { OwnCalendar } from "./fields";
import { HoursInput } from "./hours-input";
import { WordList } from "./word-list";

export interface CalendarInputProps {
  label: string;
  error: string | null;
  disabled: boolean;
  value: OwnCalendar;
  onChange: (value: OwnCalendar) => void;
}

const COUNTS = ["always", "team", "own"] as const;

/** When time counts; hours and days off of its own only when they are asked for. */
export function CalendarInput({ label, error, disabled, value, onChange }: CalendarInputProps) {
  const t = useAdminTexts();
  const change = (part: Partial<OwnCalendar>) => onChange({ ...value, ...part });
  const zone = () => (value.timezone === "" ? Intl.DateTimeFormat().resolvedOptions().timeZone : value.timezone);
  return (
    <div className="grid gap-4">
      <Select
        label={label}
        error={error}
        disabled={disabled}
        value={value.counts}
        onChange={(event) => {
          const counts = COUNTS.find((one) => one === event.target.value) ?? "always";
          change(counts === "own" ? { counts, timezone: zone() } : { counts });
        }}
      >
        {COUNTS.map((one) => (
          <option key={one} value={one}>
            {t.counts[one]}
          </option>
        ))}
      </Select>
      {value.counts === "own" && (
        <div className="grid gap-4 border-l-2 border-line pl-4">
          <TextField label={t.fields["timezone"] ?? ""} disabled={disabled} value={value.timezone} onChange={(event) => change({ timezone: event.target.value })} />
          <HoursInput label={t.fields["hours"] ?? ""} error={null} disabled={disabled} none={t.neverOpen} shifts={value.hours} onChange={(hours) => change({ hours })} />
          <WordList label={t.fields["holidays"] ?? ""} error={null} disabled={disabled} kind="date" words={value.holidays} onChange={(holidays) => change({ holidays })} />
        </div>
      )}
    </div>
  );
}
