import { runMacro, undoRun } from "../../../lib/api/automation";
import { getConversation } from "../../../lib/api/hub";
import type { Row } from "../../../lib/api/rows";
import type { deskTexts } from "../../../lib/i18n/desk";
import type { Store } from "../../../lib/realtime/store";
import { toastDone, toastError } from "../../../lib/ui/toast";

export type MacroWords = ReturnType<typeof deskTexts>["macros"];

/** Runs a macro on a conversation and says so, with the way back where there is one. False when it was refused. */
export async function apply(store: Store, conversationId: string, macro: Row, words: MacroWords): Promise<boolean> {
  const refresh = async () => {
    store.mergeConversation(await getConversation(conversationId), "answer");
    store.flush();
  };
  try {
    const done = await runMacro(conversationId, macro.id);
    await refresh();
    const undo = async () => {
      try {
        await undoRun(done.id);
        await refresh();
        toastDone(words.undone);
      } catch (error) {
        toastError(error);
      }
    };
    toastDone(words.done(String(macro["name"])), done.can_undo ? { label: words.undo, run: () => void undo() } : null);
    return true;
  } catch (error) {
    toastError(error, words.refused(String(macro["name"])));
    return false;
  }
}
