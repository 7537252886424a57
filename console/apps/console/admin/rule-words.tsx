import type { Row } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { named } from "../../../lib/i18n/language";
import { formOf, type FormValue } from "./fields";
import { RESOURCES, type ResourceName } from "./resources";

/** One part of a rule in words: what is filled in, with its name. */
export function RuleWords({ name, row, part }: { name: ResourceName; row: Row; part: string }) {
  const t = useAdminTexts();
  const fields = RESOURCES[name].fields.filter((field) => field.part === part);
  const form = formOf(fields, row);
  const word = (one: string) => t.choices[one] ?? one;
  const said = fields.flatMap((field) => {
    const text = written(form[field.name], word, t);
    return text === "" ? [] : [named(t.fields[field.name] ?? field.name, text)];
  });
  return <span className="line-clamp-2 text-ink-soft wrap-anywhere">{said.length === 0 ? t.noConditions : said.join(" · ")}</span>;
}

function written(value: FormValue | undefined, word: (one: string) => string, { yes, no }: { yes: string; no: string }): string {
  if (value === undefined || typeof value === "boolean") return "";
  if (typeof value === "string") return value === "yes" ? yes : value === "no" ? no : word(value);
  return Array.isArray(value) ? value.map((one: unknown) => word(String(one))).join(", ") : "";
}
