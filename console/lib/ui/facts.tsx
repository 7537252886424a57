import { Fragment, type ReactNode } from "react";

export type Fact = readonly [name: string, value: ReactNode] | null | false;

/** Names and values, one below the other. */
export function Facts({ of }: { of: readonly Fact[] }) {
  return (
    <dl className="grid grid-cols-[minmax(6rem,max-content)_1fr] gap-x-5 gap-y-1.5 text-[0.8125rem]">
      {of.filter(isThere).map(([name, value]) => (
        <Fragment key={name}>
          <dt className="text-ink-soft">{name}</dt>
          <dd className="min-w-0 wrap-anywhere">{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

function isThere(fact: Fact): fact is readonly [string, ReactNode] {
  return fact !== null && fact !== false && fact[1] !== null && fact[1] !== undefined && fact[1] !== "";
}

/** JSON as it is, to be read and copied. */
export function Payload({ label, value }: { label: string; value: unknown }) {
  return (
    <pre tabIndex={0} role="region" aria-label={label} className="max-h-96 overflow-auto rounded-xl border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">
      {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
    </pre>
  );
}
