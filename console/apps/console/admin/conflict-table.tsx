import { useAdminTexts } from "../../../lib/i18n/admin";
import { Button } from "../../../lib/ui/button";
import { isPlan } from "./plans";
import { planWords } from "./plan-words";
import { sameValue, type Field, type Form, type FormValue } from "./fields";

export interface ConflictTableProps {
  fields: readonly Field[];
  theirs: Form;
  mine: Form;
  busy: boolean;
  onMine: () => void;
  onTheirs: () => void;
}

/** Two versions of one row side by side; nothing is saved before somebody has chosen. */
export function ConflictTable({ fields, theirs, mine, busy, onMine, onTheirs }: ConflictTableProps) {
  const t = useAdminTexts();
  const differing = fields.filter((field) => field.kind !== "secret" && field.kind !== "secrets" && !sameValue(theirs[field.name], mine[field.name]));
  return (
    <section role="alert" data-conflict className="mb-5 rounded-xl border border-line bg-warn-soft p-4 text-[0.8125rem] text-warn-ink">
      <h3 className="font-semibold">{t.conflict.title}</h3>
      <p className="mt-1">{t.conflict.text}</p>
      <table className="mt-3 w-full border-collapse text-left">
        <thead>
          <tr>
            <th scope="col" className="py-1 pr-3 font-medium">{t.conflict.field}</th>
            <th scope="col" className="py-1 pr-3 font-medium">{t.conflict.theirs}</th>
            <th scope="col" className="py-1 font-medium">{t.conflict.mine}</th>
          </tr>
        </thead>
        <tbody>
          {differing.map((field) => (
            <tr key={field.name}>
              <th scope="row" className="py-1 pr-3 align-top font-normal">{t.fields[field.label ?? field.name] ?? field.name}</th>
              <td className="py-1 pr-3 align-top wrap-anywhere">{shown(theirs[field.name], t)}</td>
              <td className="py-1 align-top wrap-anywhere">{shown(mine[field.name], t)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button disabled={busy} onClick={onTheirs}>
          {t.conflict.takeTheirs}
        </Button>
        <Button disabled={busy} onClick={onMine}>
          {t.conflict.keepMine}
        </Button>
      </div>
    </section>
  );
}

function shown(value: FormValue | undefined, t: ReturnType<typeof useAdminTexts>): string {
  if (value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? t.yes : t.no;
  if (isPlan(value)) return planWords(value, t);
  if (typeof value === "object" && "counts" in value) return [value.counts, value.timezone].filter(Boolean).join(", ");
  return typeof value === "string" ? value : value.map((one) => (typeof one === "string" ? one : `${one.start}–${one.end}`)).join(", ") || "–";
}
