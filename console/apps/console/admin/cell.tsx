import type { Row } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { duration, exact } from "../../../lib/i18n/when";
import { Badge } from "../../../lib/ui/badge";
import { isRecord } from "../../../lib/api/http";
import { HealthBadge, healthOf, waitingIn } from "./inbox-health";
import { choiceName } from "./choice-name";
import { calendarOf } from "./fields";
import { useOptions } from "./options";
import { readPlan } from "./plans";
import { planWords } from "./plan-words";
import { RuleWords } from "./rule-words";
import { RESOURCES, nameOf, type ResourceName } from "./resources";

/** One value of a row in the list. */
export function Cell({ name, row, column }: { name: ResourceName; row: Row; column: string }) {
  const t = useAdminTexts();
  const resource = RESOURCES[name];
  const field = resource.fields.find((one) => one.name === column);
  const options = useOptions(field?.kind === "ref" || field?.kind === "refs" ? field.from : undefined, field?.by);
  const named = (key: string) => options.find((one) => one.value === key)?.text ?? (key.length === 36 ? "…" : key);
  const value = row[column] ?? null;
  if (column === resource.columns[0]) return <>{nameOf(name, row, t.choices)}</>;
  if (field?.kind === "steps" || field?.kind === "rotations" || field?.kind === "overrides" || field?.kind === "actions") return <>{planWords(readPlan(field.kind, value), t)}</>;
  if (field?.kind === "calendar") return <>{t.counts[calendarOf(value).counts]}</>;
  if (field?.kind === "minutes") return <>{typeof value === "number" ? duration(value) : "–"}</>;
  if (resource.fields.some((one) => one.part === column)) return <RuleWords name={name} row={row} part={column} />;
  if (column === "health") {
    const health = healthOf(value);
    return health === null ? null : <HealthBadge health={health} />;
  }
  if (column === "waiting") return <>{waitingIn(value)}</>;
  if (column === resource.state.field) {
    const off = String(value) === resource.state.off;
    const text = typeof value === "boolean" ? (off ? t.outOfUse : t.inUse) : (t.choices[String(value)] ?? String(value));
    return <Badge tone={off ? "plain" : "good"}>{text}</Badge>;
  }
  if (typeof value === "boolean") return <>{value ? t.yes : t.no}</>;
  if (Array.isArray(value)) {
    const texts = value.map((one: unknown) => (isRecord(one) ? String(one["name"] ?? one["slug"]) : field?.kind === "choices" ? (t.choices[String(one)] ?? String(one)) : named(String(one))));
    return <span className="line-clamp-1">{texts.join(", ")}</span>;
  }
  if (isRecord(value)) return <>{String(value["name"] ?? value["slug"] ?? "")}</>;
  if (value === null) return <span className="text-ink-faint">–</span>;
  if (column.endsWith("_at")) return <span className="whitespace-nowrap">{exact(String(value))}</span>;
  if (field?.kind === "money") return <>{(Number(value) / 100).toFixed(2)}</>;
  if (field?.kind === "ref") return <>{named(String(value))}</>;
  if (field?.kind === "choice") return <>{choiceName(field.name, String(value), t.choices)}</>;
  return <span className="line-clamp-1 wrap-anywhere">{String(value)}</span>;
}
