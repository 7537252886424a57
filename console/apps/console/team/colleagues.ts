// Whom one can write to: everybody for those who may list them, else whoever is here.
import { listPresent, listUsers } from "../../../lib/api/hub";
import { ApiError } from "../../../lib/api/http";
import { useRemote } from "../../../lib/ui/use-remote";
import type { Teammate } from "../composer/mentions";

/** Roles that take part in the talk. */
const TALKING: readonly string[] = ["admin", "supervisor", "team_lead", "support_agent", "dispatcher"];
const NONE: readonly Teammate[] = [];

export function useColleagues(myId: string): readonly Teammate[] {
  const all = useRemote("colleagues", loadColleagues).value ?? NONE;
  return all.filter((one) => one.id !== myId);
}

async function loadColleagues(): Promise<readonly Teammate[]> {
  try {
    return (await listUsers()).data.filter((user) => TALKING.includes(user.role)).map((user) => ({ id: user.id, name: user.full_name }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    return (await listPresent()).data.flatMap(({ user }) => (user.name ? [{ id: user.id, name: user.name }] : []));
  }
}
