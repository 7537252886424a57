// Teammates called into a note with an at sign.
import { listPresent, listUsers } from "../../../lib/api/hub";
import { ApiError } from "../../../lib/api/http";
import { useRemote, type Remote } from "../../../lib/ui/use-remote";

export interface Teammate {
  id: string;
  name: string;
}

export interface At {
  start: number;
  end: number;
  query: string;
}

const MOST = 6;

/** The name begun with an at sign where the caret stands, if any. */
export function atSign(text: string, caret: number): At | null {
  const found = /(?:^|\s)@([\p{L}'’.-]*(?: [\p{L}'’.-]*)?)$/u.exec(text.slice(0, caret));
  if (found === null) return null;
  const query = found[1] ?? "";
  return { start: caret - query.length - 1, end: caret, query };
}

export function useTeammates(at: At | null, ownId: string): { remote: Remote<readonly Teammate[]>; matches: readonly Teammate[] } {
  const remote = useRemote(at === null ? null : "teammates", loadTeammates);
  const wanted = at?.query.trim().toLowerCase() ?? "";
  const fits = ({ name }: Teammate) => name.toLowerCase().split(" ").some((_, index, words) => words.slice(index).join(" ").startsWith(wanted));
  const matches = at === null ? [] : (remote.value ?? []).filter((one) => one.id !== ownId && fits(one)).slice(0, MOST);
  return { remote, matches };
}

/** Everybody, for those who may list them; else whoever is here. */
async function loadTeammates(): Promise<readonly Teammate[]> {
  try {
    return (await listUsers()).data.map((user) => ({ id: user.id, name: user.full_name }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    return (await listPresent()).data.flatMap(({ user }) => (user.name ? [{ id: user.id, name: user.name }] : []));
  }
}
