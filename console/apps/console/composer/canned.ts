// Saved replies: found by short code, title and text, opened by a slash anywhere in the text.
import { listCannedResponses } from "../../../lib/api/hub";
import type { CannedResponse } from "../../../lib/api/model";
import { useRemote, type Remote } from "../../../lib/ui/use-remote";

export interface Slash {
  start: number;
  end: number;
  query: string;
}

export interface Canned {
  remote: Remote<readonly CannedResponse[]>;
  matches: readonly CannedResponse[];
}

const MOST = 8;

/** The slash word the caret stands in, if any: at the start or after a space. */
export function slashAt(text: string, caret: number): Slash | null {
  const found = /(?:^|\s)\/([^\s/]*)$/.exec(text.slice(0, caret));
  if (found === null) return null;
  const query = found[1] ?? "";
  return { start: caret - query.length - 1, end: caret, query };
}

export function useCanned(slash: Slash | null): Canned {
  const remote = useRemote(slash === null ? null : "canned", loadCanned);
  const responses = remote.value ?? [];
  return { remote, matches: slash === null ? [] : matching(responses, slash.query) };
}

export function matching(responses: readonly CannedResponse[], query: string): readonly CannedResponse[] {
  const wanted = query.toLowerCase();
  const score = (one: CannedResponse): number => {
    if (one.shortcut.toLowerCase().startsWith(wanted)) return 0;
    if (one.title.toLowerCase().includes(wanted)) return 1;
    return one.text.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return responses
    .map((one) => ({ one, rank: score(one) }))
    .filter(({ rank }) => rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ one }) => one);
}

async function loadCanned(): Promise<readonly CannedResponse[]> {
  return (await listCannedResponses()).data.filter((response) => response.is_active);
}
