import type { ReactNode } from "react";
import { cx } from "./cx";

export interface Column<Row> {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** Left out where there is little room. */
  wide?: boolean;
  /** Left out on a phone. */
  roomy?: boolean;
  align?: "right";
}

export interface DataTableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** What opening a row says to a screen reader, and does. */
  open?: { name: (row: Row) => string; run: (row: Row) => void };
  selected?: string | null;
  busy?: boolean;
}

/** A table of rows; the first cell holds the button that opens a row, so that the keyboard gets there too. */
export function DataTable<Row>({ label, columns, rows, keyOf, open, selected = null, busy = false }: DataTableProps<Row>) {
  return (
    // A region that scrolls sideways takes the focus, so that the keyboard can scroll it.
    <div className="overflow-x-auto rounded-xl border border-line bg-surface" tabIndex={0} role="region" aria-label={label} aria-busy={busy}>
      <table className="w-full border-collapse text-left text-[0.8125rem]">
        <thead>
          <tr className="border-b border-line text-xs text-ink-soft">
            {columns.map((column) => (
              <th key={column.id} scope="col" className={cx("px-3 py-2 font-medium sm:whitespace-nowrap", column.align === "right" && "text-right", column.wide && "hidden lg:table-cell", column.roomy && "max-sm:hidden")}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = keyOf(row);
            return (
              <tr
                key={key}
                data-row={key}
                onClick={open === undefined ? undefined : () => open.run(row)}
                className={cx("border-b border-line last:border-0", open !== undefined && "cursor-pointer hover:bg-hover", key === selected && "bg-selected")}
              >
                {columns.map((column, index) => (
                  <td key={column.id} className={cx("density-cell max-w-44 px-3 sm:max-w-80 align-middle", column.align === "right" && "text-right tabular-nums", column.wide && "hidden lg:table-cell", column.roomy && "max-sm:hidden")}>
                    {index === 0 && open !== undefined ? (
                      <button
                        type="button"
                        aria-label={open.name(row)}
                        onClick={(event) => {
                          event.stopPropagation();
                          open.run(row);
                        }}
                        className="max-w-full text-left font-medium wrap-anywhere hover:underline sm:truncate"
                      >
                        {column.cell(row)}
                      </button>
                    ) : (
                      column.cell(row)
                    )}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
