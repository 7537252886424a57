// The ids of a view in order. Few rows move in a frame, so only those are placed anew.
import type { Conversation } from "../api/model";
import { byActivity } from "./merge";

/** More moved rows than this part of the list, and all of it is sorted. */
const MANY = 0.2;

/** The ids with the moved ones in their places; the same array when nothing moved. */
export function reordered(ids: readonly string[], moved: ReadonlySet<string>, row: (id: string) => Conversation | undefined): readonly string[] {
  if (moved.size > ids.length * MANY) return settled(ids, sorted(ids, row));
  const rows: Conversation[] = [];
  for (const id of ids) {
    const one = moved.has(id) ? undefined : row(id);
    if (one !== undefined) rows.push(one);
  }
  for (const id of moved) {
    const one = ids.includes(id) ? row(id) : undefined;
    if (one !== undefined) rows.splice(placeOf(one, rows), 0, one);
  }
  return settled(ids, rows.map((one) => one.id));
}

function sorted(ids: readonly string[], row: (id: string) => Conversation | undefined): string[] {
  return ids
    .flatMap((id) => row(id) ?? [])
    .sort(byActivity)
    .map((one) => one.id);
}

function placeOf(row: Conversation, rows: readonly Conversation[]): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byActivity(rows[middle] as Conversation, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function settled(before: readonly string[], after: readonly string[]): readonly string[] {
  return before.length === after.length && before.every((id, index) => id === after[index]) ? before : after;
}
