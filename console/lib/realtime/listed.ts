// The ids of a view in order. Few rows move in a frame, so only those are placed anew: found where they stood and put where
// they belong, each by halving, however long the list.
import type { Conversation } from "../api/model";
import { byActivity } from "./merge";

/** More moved rows than this part of the list, and all of it is sorted. */
const MANY = 0.2;

/** The rows of a list as they were when they got their places. */
export type Placed = Map<string, Conversation>;

/** The ids with the moved ones in their places; the same array when nothing moved. Remembers in `placed` by what. */
export function reordered(ids: readonly string[], moved: ReadonlySet<string>, row: (id: string) => Conversation | undefined, placed: Placed): readonly string[] {
  if (moved.size > ids.length * MANY) return sorted(ids, row, placed);
  const rest = ids.slice();
  const leaving: number[] = [];
  const coming: Conversation[] = [];
  for (const id of moved) {
    const at = whereStood(id, rest, placed);
    placed.delete(id);
    if (at === -1) continue;
    rest.splice(at, 1);
    leaving.push(at);
    const one = row(id);
    if (one !== undefined) coming.push(one);
  }
  const arriving: number[] = [];
  for (const one of coming) {
    const at = placeOf(one, rest, placed);
    rest.splice(at, 0, one.id);
    placed.set(one.id, one);
    arriving.push(at);
  }
  if (rest.length !== ids.length) return rest;
  // Outside of where rows left and came, everything stands where it stood.
  const touched = [...leaving, ...arriving];
  const first = Math.min(...touched);
  const last = Math.min(Math.max(...touched) + moved.size, ids.length - 1);
  for (let at = first; at <= last; at += 1) if (rest[at] !== ids[at]) return rest;
  return ids;
}

function sorted(ids: readonly string[], row: (id: string) => Conversation | undefined, placed: Placed): readonly string[] {
  const rows = ids.flatMap((id) => row(id) ?? []).sort(byActivity);
  placed.clear();
  for (const one of rows) placed.set(one.id, one);
  const after = rows.map((one) => one.id);
  return ids.length === after.length && ids.every((id, index) => id === after[index]) ? ids : after;
}

/** Where an id stands: by what it was placed by, or by looking for it when it has no place yet. */
function whereStood(id: string, ids: readonly string[], placed: Placed): number {
  const one = placed.get(id);
  if (one === undefined) return ids.lastIndexOf(id);
  const at = placeOf(one, ids, placed);
  return ids[at] === id ? at : ids.indexOf(id);
}

/** The first place where nothing stands before `one` that belongs behind it. What has no place yet waits at the end. */
function placeOf(one: Conversation, ids: readonly string[], placed: Placed): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = placed.get(ids[middle] ?? "");
    if (other !== undefined && byActivity(other, one) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
