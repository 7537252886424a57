import { X } from "lucide-react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { IconButton } from "../../../lib/ui/button";
import { Select, TextField, Toggle } from "../../../lib/ui/fields";
import { useOptions, type Option } from "./options";
import type { Wrong } from "./plan-input";
import type { Step, Target } from "./plans";
import { ROLES } from "./resources";

const CHANNELS = ["console", "email", "sms", "slack"] as const;
const TARGETS = ["user", "team", "role", "schedule"] as const;

export interface StepFieldsProps {
  step: Step;
  disabled: boolean;
  wrong: Wrong;
  onChange: (part: Partial<Step>) => void;
}

/** Whom one step tells, by which ways, and how long it waits. */
export function StepFields({ step, disabled, wrong, onChange }: StepFieldsProps) {
  const { plans: t } = useAdminTexts();
  const chosen = (channel: string) => (step.channels.includes(channel) ? step.channels.filter((one) => one !== channel) : [...step.channels, channel]);
  return (
    <div className="grid gap-3">
      <Targets targets={step.notify} disabled={disabled} wrong={wrong} onChange={(notify) => onChange({ notify })} />
      <fieldset className="grid gap-1.5">
        <legend className="mb-1 text-[0.8125rem] font-medium">{t.channels}</legend>
        <div className="flex flex-wrap gap-x-5 gap-y-1">
          {CHANNELS.map((channel) => (
            <Toggle key={channel} label={t.ways[channel] ?? channel} disabled={disabled} checked={step.channels.includes(channel)} onChange={() => onChange({ channels: chosen(channel) })} />
          ))}
        </div>
        {wrong("channels") !== null && <p className="text-xs text-danger-ink">{wrong("channels")}</p>}
      </fieldset>
      {step.channels.includes("slack") && (
        <TextField label={t.slack} hint={t.slackHint} disabled={disabled} autoComplete="off" spellCheck={false} error={wrong("slack_url")} value={step.slack_url} onChange={(event) => onChange({ slack_url: event.target.value })} />
      )}
      {step.channels.includes("sms") && <SmsInbox step={step} disabled={disabled} wrong={wrong} onChange={onChange} />}
      <TextField label={t.wait} inputMode="decimal" disabled={disabled} error={wrong("wait_s")} value={step.wait} onChange={(event) => onChange({ wait: event.target.value })} />
    </div>
  );
}

function SmsInbox({ step, disabled, wrong, onChange }: StepFieldsProps) {
  const { plans: t } = useAdminTexts();
  const inboxes = useOptions("inboxes", "name");
  return (
    <Select label={t.smsInbox} disabled={disabled} error={wrong("sms_inbox")} value={step.sms_inbox} onChange={(event) => onChange({ sms_inbox: event.target.value })}>
      <option value="">{t.anyInbox}</option>
      {inboxes.map((one) => (
        <option key={one.value} value={one.value}>
          {one.text}
        </option>
      ))}
    </Select>
  );
}

const SMALL = "h-9 min-w-0 rounded-lg border border-line-strong bg-surface px-2 text-[0.8125rem] aria-invalid:border-danger";

/** Several people, teams, roles and schedules: chosen from one list, taken out one by one. */
function Targets({ targets, disabled, wrong, onChange }: { targets: readonly Target[]; disabled: boolean; wrong: Wrong; onChange: (targets: readonly Target[]) => void }) {
  const texts = useAdminTexts();
  const t = texts.plans;
  const users = useOptions("users");
  const teams = useOptions("teams");
  const schedules = useOptions("on-call-schedules");
  const roles: readonly Option[] = ROLES.map((role) => ({ value: role, text: texts.choices[role] ?? role }));
  const groups: Readonly<Record<string, readonly Option[]>> = { user: users, team: teams, role: roles, schedule: schedules };
  const named = ({ type, id }: Target) => groups[type]?.find((one) => one.value === id)?.text ?? (id.length === 36 ? "…" : id);
  const isIn = (type: string, id: string) => targets.some((one) => one.type === type && one.id === id);
  const add = (word: string) => {
    const [type = "", ...rest] = word.split(" ");
    if (rest.length > 0) onChange([...targets, { type, id: rest.join(" ") }]);
  };
  return (
    <div className="grid gap-1.5">
      <span className="text-[0.8125rem] font-medium">{t.notify}</span>
      {targets.length > 0 && (
        <ul className="grid gap-1.5">
          {targets.map((target, index) => (
            <li key={`${target.type} ${target.id}`}>
              <span className="inline-flex max-w-full items-center gap-1 rounded-md border border-line bg-surface py-0.5 pr-0.5 pl-2 text-xs">
                <span className="truncate">
                  <span className="text-ink-soft">{t.targets[target.type] ?? target.type}: </span>
                  {named(target)}
                </span>
                <IconButton label={texts.removeWord(named(target))} className="size-6!" disabled={disabled} onClick={() => onChange(targets.filter((_, at) => at !== index))}>
                  <X className="size-3" />
                </IconButton>
              </span>
              {wrong(`notify[${index}]`) !== null && <p className="text-xs text-danger-ink">{wrong(`notify[${index}]`)}</p>}
            </li>
          ))}
        </ul>
      )}
      <select aria-label={t.notify} value="" disabled={disabled} aria-invalid={wrong("notify") !== null} onChange={(event) => add(event.target.value)} className={SMALL}>
        <option value="">{t.addTarget}</option>
        {TARGETS.map((type) => (
          <optgroup key={type} label={t.targets[type] ?? type}>
            {(groups[type] ?? [])
              .filter((one) => !isIn(type, one.value))
              .map((one) => (
                <option key={one.value} value={`${type} ${one.value}`}>
                  {one.text}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
      {targets.length === 0 && wrong("notify") !== null && <p className="text-xs text-danger-ink">{wrong("notify")}</p>}
    </div>
  );
}
