// One command for many conversations: a few at a time, each telling how it went.
import type { Conversation } from "../../../lib/api/model";
import type { Workspace } from "../../../lib/realtime/workspace";

const AT_ONCE = 4;

export interface Failed {
  id: string;
  error: unknown;
}

export interface Outcome {
  done: readonly string[];
  failed: readonly Failed[];
}

/** Runs a command for every id. The order of the answers is that of the ids. */
export async function forEach(workspace: Workspace, ids: readonly string[], command: (id: string) => Promise<Conversation>): Promise<Outcome> {
  const done: string[] = [];
  const failed: Failed[] = [];
  const left = [...ids];
  const work = async (): Promise<void> => {
    const id = left.shift();
    if (id === undefined) return;
    try {
      workspace.store.mergeConversation(await command(id), "answer");
      done.push(id);
    } catch (error) {
      failed.push({ id, error });
    }
    await work();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  workspace.store.flush();
  return { done, failed };
}
