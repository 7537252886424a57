// The rows a field chooses from, and what they are called.
import { listRows, type Row } from "../../../lib/api/rows";
import { useRemote } from "../../../lib/ui/use-remote";
import type { NamedBy } from "./fields";
import { RESOURCES, isResource, nameOf } from "./resources";

export interface Option {
  value: string;
  text: string;
}

const NONE: readonly Option[] = [];

/** The choices of a link; empty until they are there. */
export function useOptions(from: string | undefined, by: NamedBy = "id"): readonly Option[] {
  const known = from !== undefined && isResource(from) ? from : null;
  const remote = useRemote<readonly Row[]>(known === null ? null : `options ${known}`, async () => (known === null ? [] : (await listRows(RESOURCES[known].path)).data));
  if (known === null || remote.value === null) return NONE;
  return remote.value.map((row) => ({ value: String(row[by] ?? row.id), text: nameOf(known, row) }));
}
