import { Select } from "./fields";

/** One of some values, or any: what a list is filtered by. */
export function FilterSelect({ label, any, options, value, onChoose }: { label: string; any: string; options: readonly (readonly [value: string, words: string])[]; value: string; onChoose: (value: string) => void }) {
  return (
    <Select label={label} value={value} onChange={(event) => onChoose(event.target.value)}>
      <option value="">{any}</option>
      {options.map(([one, words]) => (
        <option key={one} value={one}>
          {words}
        </option>
      ))}
    </Select>
  );
}
