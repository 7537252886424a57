// What can be done with the open conversation, each telling how it went.
import * as hub from "../../../lib/api/hub";
import type { CloseReason, Conversation } from "../../../lib/api/model";
import { exact } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { leads, mayClose, mayTake, useMe } from "../session/me";
import { show } from "../shell/overlay";

export type Outcome = "done" | "refused";

export interface Commands {
  take: () => Promise<Outcome>;
  askClose: () => void;
  assign: (user: { id: string; name: string }) => Promise<Outcome>;
  transfer: (team: { id: string; name: string }, reason: string) => Promise<Outcome>;
  close: (reason: CloseReason, notes: string) => Promise<Outcome>;
  reopen: () => Promise<Outcome>;
  snooze: (until: Date | null) => Promise<Outcome>;
  addTag: (tag: string) => Promise<Outcome>;
  removeTag: (tag: string) => Promise<Outcome>;
}

export function useCommands(id: string | null): Commands {
  const t = useTexts();
  const me = useMe();
  const { store } = useWorkspace();
  const conversation = id === null ? null : store.conversation(id);

  const run = async (command: (id: string) => Promise<Conversation>, done: string | null, undo: (() => void) | null = null): Promise<Outcome> => {
    if (id === null) return "refused";
    try {
      store.mergeConversation(await command(id), "answer");
      store.flush();
      if (done !== null) toastDone(done, undo === null ? null : { label: t.actions.undo, run: undo });
      return "done";
    } catch (error) {
      toastError(error);
      return "refused";
    }
  };
  /** Tag calls may answer with the tag alone; the conversation is read again then. */
  const tagged = (change: (id: string) => Promise<unknown>) =>
    run(async (conversationId) => {
      await change(conversationId);
      return hub.getConversation(conversationId);
    }, null);
  const reopen = () => run(hub.reopen, t.actions.reopened);

  return {
    take: async () => {
      return conversation !== null && mayTake(me, conversation) ? run(hub.take, t.actions.taken) : "refused";
    },
    askClose: () => {
      if (conversation !== null && mayClose(me, conversation)) show({ kind: "close", conversationId: conversation.id });
    },
    assign: (user) => run((one) => hub.assign(one, user.id), t.actions.assigned(user.name)),
    transfer: (team, reason) => run((one) => hub.transfer(one, { to_team_id: team.id, reason }), t.actions.transferred(team.name)),
    close: (reason, notes) =>
      run(
        (one) => hub.close(one, { close_reason: reason, ...(notes === "" ? {} : { notes }) }),
        t.actions.closed,
        conversation !== null && leads(me, conversation) ? () => void reopen() : null,
      ),
    reopen,
    snooze: (until) =>
      run((one) => hub.snooze(one, until?.toISOString() ?? null), until === null ? null : t.actions.snoozed(exact(until.toISOString()))),
    addTag: (tag) => tagged((one) => hub.addTag(one, tag)),
    removeTag: (tag) => tagged((one) => hub.removeTag(one, tag)),
  };
}
