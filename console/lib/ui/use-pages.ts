// A list that is fetched a page at a time: the first for what is on screen, each further one when it is asked for.
import { useState } from "react";
import { toastError } from "./toast";
import { useLoad, type Loaded } from "./use-load";

export interface FetchedPage<Row> {
  data: readonly Row[];
  next_cursor?: string | null | undefined;
}

export interface Pages<Row> extends Omit<Loaded<unknown>, "value"> {
  /** All that was fetched, each row once. */
  rows: readonly Row[];
  /** Fetches the next page; `null` when there is none. */
  more: (() => void) | null;
  /** Fetches the first page anew and forgets the others. */
  afresh: () => void;
}

/** Loads under a key, on which the loader must depend alone. */
export function usePages<Row extends { readonly id: string }>(key: string, load: (cursor: string | null) => Promise<FetchedPage<Row>>): Pages<Row> {
  const first = useLoad(key, () => load(null));
  const [held, setHeld] = useState<{ key: string; rows: readonly Row[]; cursor: string | null } | null>(null);
  const further = held?.key === key ? held : null;
  const cursor = further === null ? (first.value?.next_cursor ?? null) : further.cursor;
  const next = async () => {
    try {
      const page = await load(cursor);
      setHeld({ key, rows: [...(further?.rows ?? []), ...page.data], cursor: page.next_cursor ?? null });
    } catch (error) {
      toastError(error);
    }
  };
  const { state, error, reload } = first;
  return {
    state,
    error,
    reload,
    rows: once([...(first.value?.data ?? []), ...(further?.rows ?? [])]),
    more: cursor === null ? null : () => void next(),
    afresh: () => {
      setHeld(null);
      reload();
    },
  };
}

/** What is new pushes rows from the first page to the second, which may have been fetched before. */
function once<Row extends { readonly id: string }>(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}
