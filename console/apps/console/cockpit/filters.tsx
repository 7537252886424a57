import type { CockpitFilter } from "../../../lib/api/dispatch";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { useOptions } from "../admin/options";
import { STATES } from "./commands";

const BOX = "h-8 max-w-44 rounded-lg border border-line-strong bg-surface px-2 text-[0.8125rem]";

/** What the queue shows; it stands in the address, so that a link shows the same. */
export function Filters({ filter, isAside, onChange }: { filter: CockpitFilter; /** A ticket is open; where only one fits, the queue is away. */ isAside: boolean; onChange: (filter: CockpitFilter) => void }) {
  const t = useCockpitTexts();
  const technicians = useOptions("technicians");
  const set = (name: keyof CockpitFilter, value: string) => {
    const { [name]: _left, ...rest } = filter;
    onChange(value === "" ? rest : { ...rest, [name]: value });
  };
  return (
    <div className={cx("flex-wrap items-center gap-x-4 gap-y-2 pb-3", isAside ? "hidden xl:flex" : "flex")}>
      <Choice label={t.filters["state"] ?? ""} value={filter.state ?? ""} any={t.filters["any"] ?? ""} options={STATES.map((state) => [state, t.states[state] ?? state])} onChange={(value) => set("state", value)} />
      <Choice label={t.filters["priority"] ?? ""} value={filter.priority ?? ""} any={t.filters["any"] ?? ""} options={Object.entries(t.priorities)} onChange={(value) => set("priority", value)} />
      <Choice label={t.filters["sla_status"] ?? ""} value={filter.sla_status ?? ""} any={t.filters["any"] ?? ""} options={Object.entries(t.sla)} onChange={(value) => set("sla_status", value)} />
      <Choice label={t.filters["assigned_tech_id"] ?? ""} value={filter.assigned_tech_id ?? ""} any={t.filters["any"] ?? ""} options={technicians.map((one) => [one.value, one.text])} onChange={(value) => set("assigned_tech_id", value)} />
      {Object.keys(filter).length > 0 && (
        <Button look="quiet" onClick={() => onChange({})}>
          {t.clear}
        </Button>
      )}
    </div>
  );
}

function Choice(props: { label: string; value: string; any: string; options: readonly (readonly [string, string])[]; onChange: (value: string) => void }) {
  return (
    <label className="flex items-center gap-2 text-[0.8125rem]">
      <span className="text-ink-soft">{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.target.value)} className={BOX}>
        <option value="">{props.any}</option>
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
