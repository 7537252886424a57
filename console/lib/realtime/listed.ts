// The ids of a view in order. Few rows move in a frame, so only those are placed anew.
import type { Conversation } from "../api/model";
import { byActivity } from "./merge";

/** More moved rows than this part of the list, and all of it is sorted. */
const MANY = 0.2;

/** The ids with the moved ones in their places; the same array when nothing moved. */
export function reordered(ids: readonly string[], moved: ReadonlySet<string>, row: (id: string) => Conversation | undefined): readonly string[] {
  if (moved.size > ids.length * MANY) return settled(ids, sorted(ids, row));
  const rest = ids.slice();
  const placed: Conversation[] = [];
  for (const id of moved) {
    const at = rest.indexOf(id);
    if (at === -1) continue;
    rest.splice(at, 1);
    const one = row(id);
    if (one !== undefined) placed.push(one);
  }
  for (const one of placed) rest.splice(placeOf(one, rest, row), 0, one.id);
  return settled(ids, rest);
}

function sorted(ids: readonly string[], row: (id: string) => Conversation | undefined): string[] {
  return ids
    .flatMap((id) => row(id) ?? [])
    .sort(byActivity)
    .map((one) => one.id);
}

function placeOf(one: Conversation, ids: readonly string[], row: (id: string) => Conversation | undefined): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = row(ids[middle] ?? "");
    if (other !== undefined && byActivity(other, one) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function settled(before: readonly string[], after: readonly string[]): readonly string[] {
  return before.length === after.length && before.every((id, index) => id === after[index]) ? before : after;
}
