import type { ReactNode } from "react";

export interface BarsProps {
  label: string;
  /** Of how much each is; of the longest where nothing is said. */
  bars: readonly { name: string; value: number; of: number | null; key?: string | null }[];
  /** What the name of a bar shows; its text when missing. */
  nameOf?: (bar: { name: string; key?: string | null }) => ReactNode;
}

/** Amounts by name, longest first; the figure stands beside each bar. */
export function Bars({ label, bars, nameOf }: BarsProps) {
  const most = Math.max(1, ...bars.map((bar) => Math.max(bar.value, bar.of ?? 0)));
  return (
    <ul aria-label={label} className="grid grid-cols-[minmax(5rem,max-content)_1fr_max-content] items-center gap-x-4 gap-y-2.5 text-[0.8125rem]">
      {bars.map((bar) => (
        <li key={bar.name} data-bar={bar.name} className="contents">
          <span className="max-w-48 truncate">{nameOf?.(bar) ?? bar.name}</span>
          <span aria-hidden className="h-2.5 overflow-hidden rounded-full bg-sunken">
            <span className="relative block h-full rounded-full bg-line-strong/50" style={{ width: `${((bar.of ?? bar.value) / most) * 100}%` }}>
              <span className="absolute inset-y-0 left-0 rounded-full bg-accent" style={{ width: `${bar.of === null ? 100 : Math.min(100, (bar.value / Math.max(1, bar.of)) * 100)}%` }} />
            </span>
          </span>
          <span className="text-right tabular-nums">{bar.of === null ? bar.value : `${bar.value} / ${bar.of}`}</span>
        </li>
      ))}
    </ul>
  );
}
