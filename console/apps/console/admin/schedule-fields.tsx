import { useAdminTexts } from "../../../lib/i18n/admin";
import { Select, TextField } from "../../../lib/ui/fields";
import { HoursInput } from "./hours-input";
import { useOptions } from "./options";
import type { Wrong } from "./plan-input";
import type { Override, Rotation } from "./plans";
import { WordList } from "./word-list";

interface Common<Entry> {
  disabled: boolean;
  wrong: Wrong;
  onChange: (part: Partial<Entry>) => void;
}

/** People who take turns. */
export function RotationFields({ rotation, disabled, wrong, onChange }: Common<Rotation> & { rotation: Rotation }) {
  const { plans: t } = useAdminTexts();
  const users = useOptions("users");
  return (
    <div className="grid gap-3">
      <WordList label={t.users} words={rotation.users} choices={users} disabled={disabled} error={wrong("users")} onChange={(people) => onChange({ users: people })} />
      <div className="grid gap-3 sm:grid-cols-3">
        <TextField label={t.days} inputMode="numeric" disabled={disabled} error={wrong("days")} value={rotation.days} onChange={(event) => onChange({ days: event.target.value })} />
        <TextField label={t.handoff} type="time" disabled={disabled} error={wrong("handoff")} value={rotation.handoff} onChange={(event) => onChange({ handoff: event.target.value })} />
        <TextField label={t.startsOn} type="date" disabled={disabled} error={wrong("starts_on")} value={rotation.starts_on} onChange={(event) => onChange({ starts_on: event.target.value })} />
      </div>
      <HoursInput label={t.hours} shifts={rotation.shifts} disabled={disabled} error={wrong("hours")} onChange={(shifts) => onChange({ shifts })} />
    </div>
  );
}

/** Somebody takes over for a while. */
export function OverrideFields({ override, disabled, wrong, onChange }: Common<Override> & { override: Override }) {
  const texts = useAdminTexts();
  const users = useOptions("users");
  return (
    <div className="grid gap-3">
      <Select label={texts.plans.who} disabled={disabled} error={wrong("user")} value={override.user} onChange={(event) => onChange({ user: event.target.value })}>
        <option value="">{texts.nothingChosen}</option>
        {users.map((one) => (
          <option key={one.value} value={one.value}>
            {one.text}
          </option>
        ))}
      </Select>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label={texts.from} type="datetime-local" disabled={disabled} error={wrong("from")} value={override.from} onChange={(event) => onChange({ from: event.target.value })} />
        <TextField label={texts.until} type="datetime-local" disabled={disabled} error={wrong("until")} value={override.until} onChange={(event) => onChange({ until: event.target.value })} />
      </div>
    </div>
  );
}
