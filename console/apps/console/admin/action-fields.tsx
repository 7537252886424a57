import { useAdminTexts } from "../../../lib/i18n/admin";
import { Select, TextArea, TextField } from "../../../lib/ui/fields";
import { ACTIONS, CLOSE_REASONS, TICKET_PRIORITIES, type Action } from "./actions";
import { useOptions } from "./options";
import type { Wrong } from "./plan-input";
import { WordList } from "./word-list";

const PRIORITIES = ["low", "normal", "high", "urgent"] as const;

export interface ActionFieldsProps {
  action: Action;
  disabled: boolean;
  wrong: Wrong;
  onChange: (part: Partial<Action>) => void;
}

/** One thing an automation does: what it is, and what it needs to know. */
export function ActionFields({ action, disabled, wrong, onChange }: ActionFieldsProps) {
  const { actions: t } = useAdminTexts();
  return (
    <div className="grid gap-3">
      <Select label={t.does} disabled={disabled} error={wrong("type")} value={action.type} onChange={(event) => onChange({ type: event.target.value })}>
        {ACTIONS.map((one) => (
          <option key={one} value={one}>
            {t.names[one] ?? one}
          </option>
        ))}
      </Select>
      <Needs action={action} disabled={disabled} wrong={wrong} onChange={onChange} />
    </div>
  );
}

function Needs({ action, disabled, wrong, onChange }: ActionFieldsProps) {
  const { actions: t, choices } = useAdminTexts();
  switch (action.type) {
    case "tag":
    case "untag":
      return <WordList label={t.tags} words={action.tags} disabled={disabled} error={wrong("tags")} onChange={(tags) => onChange({ tags })} />;
    case "priority":
      return <Chosen label={t.priority} of={PRIORITIES} words={choices} value={action.priority} disabled={disabled} error={wrong("priority")} onChange={(priority) => onChange({ priority })} />;
    case "assign":
      return <Receiver action={action} disabled={disabled} wrong={wrong} onChange={onChange} />;
    case "reply":
    case "note":
      return <TextArea label={t.text} hint={t.textHint} rows={3} disabled={disabled} error={wrong("text")} value={action.text} onChange={(event) => onChange({ text: event.target.value })} />;
    case "snooze":
      return <TextField label={t.minutes} inputMode="numeric" disabled={disabled} error={wrong("minutes")} value={action.minutes} onChange={(event) => onChange({ minutes: event.target.value })} />;
    case "close":
      return <Chosen label={t.reason} of={CLOSE_REASONS} words={t.reasons} value={action.reason} disabled={disabled} error={wrong("reason")} onChange={(reason) => onChange({ reason })} />;
    default:
      return (
        <div className="grid gap-3 sm:grid-cols-2">
          <Chosen label={t.priority} of={TICKET_PRIORITIES} words={choices} value={action.ticket_priority} disabled={disabled} error={wrong("priority")} onChange={(priority) => onChange({ ticket_priority: priority })} />
          <TextField label={t.incidentType} disabled={disabled} autoComplete="off" error={wrong("incident_type")} value={action.incident_type} onChange={(event) => onChange({ incident_type: event.target.value })} />
        </div>
      );
  }
}

interface ChosenProps {
  label: string;
  of: readonly string[];
  words: Readonly<Record<string, string>>;
  value: string;
  disabled: boolean;
  error: string | null;
  onChange: (value: string) => void;
}

function Chosen({ label, of, words, value, disabled, error, onChange }: ChosenProps) {
  return (
    <Select label={label} disabled={disabled} error={error} value={value} onChange={(event) => onChange(event.target.value)}>
      {of.map((one) => (
        <option key={one} value={one}>
          {words[one] ?? one}
        </option>
      ))}
    </Select>
  );
}

function Receiver({ action, disabled, wrong, onChange }: ActionFieldsProps) {
  const { actions: t, plans, nothingChosen } = useAdminTexts();
  const teams = useOptions("teams");
  const users = useOptions("users");
  const groups = [["team", teams], ["user", users]] as const;
  return (
    <Select label={t.to} disabled={disabled} error={wrong("team") ?? wrong("user")} value={action.to} onChange={(event) => onChange({ to: event.target.value })}>
      <option value="">{nothingChosen}</option>
      {groups.map(([kind, options]) => (
        <optgroup key={kind} label={plans.targets[kind] ?? kind}>
          {options.map((one) => (
            <option key={one.value} value={`${kind} ${one.value}`}>
              {one.text}
            </option>
          ))}
        </optgroup>
      ))}
    </Select>
  );
}
