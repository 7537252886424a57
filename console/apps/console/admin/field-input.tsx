import { useId } from "react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { Select, TextArea, TextField, Toggle } from "../../../lib/ui/fields";
import { CalendarInput } from "./calendar-input";
import { choiceName } from "./choice-name";
import type { Field, FormValue, OwnCalendar, Shift, Span } from "./fields";
import { HoursInput } from "./hours-input";
import { isPlan } from "./plans";
import { PlanInput } from "./plan-input";
import { SpanInput } from "./span-input";
import { useOptions } from "./options";
import { WordList } from "./word-list";

export interface FieldInputProps {
  field: Field;
  value: FormValue;
  error: string | null;
  /** What is wrong at places inside it, by their paths. */
  inside?: Readonly<Record<string, string>>;
  isNew: boolean;
  disabled: boolean;
  autoFocus?: boolean;
  /** Other words than the administration's. */
  words?: { fields: Readonly<Record<string, string>>; choices: Readonly<Record<string, string>> };
  onChange: (value: FormValue) => void;
}

/** The control that fits a field. */
export function FieldInput({ field, value, error, inside = {}, isNew, disabled, autoFocus = false, words: names, onChange }: FieldInputProps) {
  const t = useAdminTexts();
  const { fields, choices: named } = names ?? t;
  const options = useOptions(field.from, field.by);
  const offered = useId();
  const common = { label: fields[field.label ?? field.name] ?? field.name, error, disabled, name: field.name, ...(field.required === true ? { "aria-required": true } : {}) };
  const text = typeof value === "string" ? value : "";
  const words = Array.isArray(value) && value.every((one) => typeof one === "string") ? (value as readonly string[]) : [];
  switch (field.kind) {
    case "toggle":
      return <Toggle {...common} checked={value === true} onChange={(event) => onChange(event.target.checked)} />;
    case "long":
      return <TextArea {...common} rows={4} value={text} autoFocus={autoFocus} onChange={(event) => onChange(event.target.value)} />;
    case "json":
      return <TextArea {...common} rows={5} className="font-mono text-xs" spellCheck={false} value={text} onChange={(event) => onChange(event.target.value)} />;
    case "choice":
    case "ref": {
      const choices = field.kind === "ref" ? options : (field.choices ?? []).map((one) => ({ value: one, text: choiceName(field.name, one, named) }));
      const listed = text === "" || choices.some((one) => one.value === text);
      return (
        <Select {...common} value={text} onChange={(event) => onChange(event.target.value)}>
          {(field.required !== true || text === "") && <option value="">{t.nothingChosen}</option>}
          {!listed && <option value={text}>{text}</option>}
          {choices.map((one) => (
            <option key={one.value} value={one.value}>
              {one.text}
            </option>
          ))}
        </Select>
      );
    }
    case "refs":
      return <WordList {...common} words={words} choices={options} onChange={onChange} />;
    case "choices":
      return <WordList {...common} words={words} choices={(field.choices ?? []).map((one) => ({ value: one, text: named[one] ?? one }))} onChange={onChange} />;
    case "either":
      return (
        <Select {...common} value={text} onChange={(event) => onChange(event.target.value)}>
          <option value="">{t.eitherWay}</option>
          <option value="yes">{t.yes}</option>
          <option value="no">{t.no}</option>
        </Select>
      );
    case "words":
    case "secrets":
      return <WordList {...common} words={words} onChange={onChange} />;
    case "days":
      return <WordList {...common} kind="date" words={words} onChange={onChange} />;
    case "openings":
      return <HoursInput label={common.label} error={error} disabled={disabled} none={t.neverOpen} shifts={Array.isArray(value) ? (value as readonly Shift[]) : []} onChange={onChange} />;
    case "calendar":
      return <CalendarInput {...common} value={value as OwnCalendar} onChange={onChange} />;
    case "hours":
      return <HoursInput label={common.label} error={error} disabled={disabled} shifts={Array.isArray(value) ? (value as readonly Shift[]) : []} onChange={onChange} />;
    case "steps":
    case "rotations":
    case "overrides":
    case "actions":
      return isPlan(value) ? <PlanInput name={field.name} label={common.label} plan={value} error={error} inside={inside} disabled={disabled} onChange={onChange} /> : null;
    case "secret":
      return <TextField {...common} type="password" autoComplete="new-password" value={text} {...(isNew ? {} : { hint: t.secretKept })} onChange={(event) => onChange(event.target.value)} />;
    case "moment":
      return <TextField {...common} type="datetime-local" value={text} onChange={(event) => onChange(event.target.value)} />;
    case "window":
    case "windows":
      return <SpanInput label={common.label} error={error} disabled={disabled} several={field.kind === "windows"} spans={Array.isArray(value) ? (value as readonly Span[]) : []} onChange={onChange} />;
    case "date":
      return <TextField {...common} type="date" value={text} onChange={(event) => onChange(event.target.value)} />;
    case "number":
    case "minutes":
    case "money":
      return <TextField {...common} inputMode="decimal" value={text} onChange={(event) => onChange(event.target.value)} />;
    default:
      return (
        <>
          <TextField {...common} value={text} autoComplete="off" autoFocus={autoFocus} {...(options.length > 0 ? { list: offered } : {})} onChange={(event) => onChange(event.target.value)} />
          {options.length > 0 && (
            <datalist id={offered}>
              {options.map((one) => (
                <option key={one.value} value={one.value}>
                  {one.text}
                </option>
              ))}
            </datalist>
          )}
        </>
      );
  }
}
