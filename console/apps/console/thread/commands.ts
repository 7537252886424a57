// What can be done with the open conversation, each shown at once and telling how it went.
import * as hub from "../../../lib/api/hub";
import type { CloseReason, Conversation, Priority } from "../../../lib/api/model";
import { exact } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { preferences } from "../../../lib/preferences";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { viewKey } from "../../../lib/realtime/views";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { usePlace } from "../inbox/place";
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
  prioritize: (priority: Priority) => Promise<Outcome>;
  merge: (into: { id: string }) => Promise<Outcome>;
  addTag: (tag: string) => Promise<Outcome>;
  removeTag: (tag: string) => Promise<Outcome>;
}

interface Telling {
  /** What is shown until the server answers. */
  assume?: Partial<Conversation>;
  done?: string;
  undo?: () => void;
}

export function useCommands(id: string | null): Commands {
  const t = useTexts();
  const me = useMe();
  const { store } = useWorkspace();
  const { view, conversationId, open, back } = usePlace();
  const conversation = id === null ? null : store.conversation(id);
  const myself = { id: me.user.id, name: me.user.full_name };

  const run = async (command: (id: string) => Promise<Conversation>, { assume, done, undo }: Telling = {}): Promise<Outcome> => {
    if (id === null) return "refused";
    const change = (row: Conversation): Conversation => ({ ...row, ...assume });
    if (assume !== undefined) store.assume(id, change);
    try {
      store.mergeConversation(await command(id), "answer");
      if (done !== undefined) toastDone(done, undo === undefined ? null : { label: t.actions.undo, run: undo });
      return "done";
    } catch (error) {
      toastError(error);
      return "refused";
    } finally {
      store.settle(id, change);
      store.flush();
    }
  };
  /** Tag calls may answer with the tag alone; the conversation is read again then. */
  const tagged = (change: (id: string) => Promise<unknown>, telling: Telling) =>
    run(async (conversationId) => {
      await change(conversationId);
      return hub.getConversation(conversationId);
    }, telling);
  const tags = conversation?.tags ?? [];
  const addTag = (tag: string) => tagged((one) => hub.addTag(one, tag), { assume: { tags: [...new Set([...tags, tag])] } });
  const reopen = () => run(hub.reopen, { done: t.actions.reopened });
  const snooze = (until: Date | null): Promise<Outcome> => {
    const at = until?.toISOString() ?? null;
    const told = at === null ? {} : { done: t.actions.snoozed(exact(at)), undo: () => void snooze(null) };
    return run((one) => hub.snooze(one, at), { assume: { snoozed_until: at }, ...told });
  };
  const assign = (user: { id: string; name: string }): Promise<Outcome> => {
    const before = conversation?.assigned_to ?? null;
    const undo = before === null || before.id === user.id ? {} : { undo: () => void assign(before) };
    return run((one) => hub.assign(one, user.id), { assume: { assigned_to: user }, done: t.actions.assigned(user.name), ...undo });
  };
  /** Where one goes on after the open conversation is done with; asked before it leaves the list. */
  const onward = (): (() => void) => {
    const { afterClose } = preferences();
    if (id === null || id !== conversationId || afterClose === "stay") return () => undefined;
    const ids = store.list(viewKey(view))?.ids ?? [];
    const at = ids.indexOf(id);
    const next = afterClose === "next" && at !== -1 ? (ids[at + 1] ?? ids[at - 1]) : undefined;
    return () => (next === undefined ? back() : open(next));
  };

  return {
    take: async () => {
      if (conversation === null) return "refused";
      if (mayTake(me, conversation)) return run(hub.take, { assume: { assigned_to: myself }, done: t.actions.taken });
      return leads(me, conversation) && conversation.status !== "closed" ? assign(myself) : "refused";
    },
    askClose: () => {
      if (conversation !== null && mayClose(me, conversation)) show({ kind: "close", conversationId: conversation.id });
    },
    assign,
    transfer: (team, reason) => run((one) => hub.transfer(one, { to_team_id: team.id, reason }), { done: t.actions.transferred(team.name) }),
    close: async (reason, notes) => {
      const wasHere = id !== null && id === conversationId;
      const undo = async () => {
        if ((await reopen()) === "done" && wasHere) open(id);
      };
      const goOn = onward();
      const mayUndo = conversation !== null && leads(me, conversation);
      const outcome = await run((one) => hub.close(one, { close_reason: reason, ...(notes === "" ? {} : { notes }) }), {
        done: t.actions.closed,
        ...(mayUndo ? { undo: () => void undo() } : {}),
      });
      if (outcome === "done") goOn();
      return outcome;
    },
    reopen,
    snooze,
    prioritize: (priority) => run((one) => hub.changeConversation(one, { priority }), { assume: { priority } }),
    merge: async (into) => {
      const outcome = await run((one) => hub.mergeConversation(one, into.id).then(() => hub.getConversation(one)), { done: t.actions.merged });
      if (outcome === "done") open(into.id);
      return outcome;
    },
    addTag,
    removeTag: (tag) =>
      tagged((one) => hub.removeTag(one, tag), { assume: { tags: tags.filter((one) => one !== tag) }, done: t.context.tagRemoved(tag), undo: () => void addTag(tag) }),
  };
}
