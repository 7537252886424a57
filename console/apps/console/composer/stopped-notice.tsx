import { Hand } from "lucide-react";
import type { Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { useEffect } from "react";
import { useDraft, useWorkspace } from "../../../lib/realtime/hooks";
import { newestSeq } from "../../../lib/realtime/outbox";
import type { Stopped } from "../../../lib/realtime/store";
import { detach, giveBack, useAttachment } from "./attachments";
import { Button } from "../../../lib/ui/button";

/** Somebody answered first: the text comes back, and sending it is a second, deliberate step. */
export function StoppedNotice({ conversation, stopped }: { conversation: Conversation; stopped: Stopped }) {
  const t = useTexts();
  const { drafts, outbox, store, ...workspace } = useWorkspaceParts();
  const id = conversation.id;
  const draft = useDraft(id, "reply");
  const attachment = useAttachment(id);
  useEffect(() => {
    if (stopped.text === "" && stopped.file === null) return;
    const typed = drafts.get(id, "reply");
    drafts.set(id, "reply", [stopped.text, typed].filter((text) => text !== "").join("\n"));
    if (stopped.file !== null) giveBack(id, stopped.file);
    store.setStopped(id, { ...stopped, text: "", file: null });
    void workspace.loadThread(id);
  });
  const keepEditing = () => {
    // What is on screen now has been seen.
    drafts.begin(id, newestSeq(store.thread(id).messages));
    store.setStopped(id, null);
  };
  const sendAnyway = () => {
    const text = draft.trim();
    const file = attachment?.file ?? null;
    store.setStopped(id, null);
    if (text === "" && file === null) return;
    drafts.set(id, "reply", "");
    outbox.send(id, text, null, file);
    detach(id);
  };
  return (
    <div role="alert" className="mx-2 mt-2 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl bg-warn-soft px-3 py-2.5 text-warn-ink">
      <Hand className="size-4 shrink-0" aria-hidden />
      <div className="min-w-48 flex-1">
        <p className="text-[0.8125rem] font-semibold">{t.composer.stoppedTitle}</p>
        <p className="text-xs">{t.composer.stoppedText}</p>
      </div>
      <Button look="quiet" className="text-warn-ink" onClick={keepEditing}>
        {t.composer.keepEditing}
      </Button>
      <Button onClick={sendAnyway}>{t.composer.sendAnyway}</Button>
    </div>
  );
}

function useWorkspaceParts() {
  const workspace = useWorkspace();
  return {
    drafts: workspace.drafts,
    outbox: workspace.outbox,
    store: workspace.store,
    loadThread: workspace.loadThread.bind(workspace),
  };
}
