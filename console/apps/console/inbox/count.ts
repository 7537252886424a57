import type { List } from "../../../lib/realtime/store";

/** How many are in a list, as far as it is loaded. */
export function count(list: List | null): string {
  if (list === null) return "0";
  return `${list.ids.length}${list.cursor === null ? "" : "+"}`;
}
