import { useState } from "react";
import { addNote } from "../../../lib/api/hub";
import type { Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { useDraft, useWorkspace } from "../../../lib/realtime/hooks";
import { Button } from "../../../lib/ui/button";
import { toastError } from "../../../lib/ui/toast";
import { GrowingField } from "./growing-field";

/** A note for the team. It never goes to the customer, and neither does its typing. */
export function NoteField({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const workspace = useWorkspace();
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const id = conversation.id;
  const text = useDraft(id, "note");
  const change = (next: string) => {
    workspace.drafts.set(id, "note", next);
    if (next === "") workspace.stopTyping();
    else workspace.typing(id, "note");
  };
  const save = async () => {
    const written = text.trim();
    if (written === "" || busy === "yes") return;
    setBusy("yes");
    workspace.stopTyping();
    try {
      const note = await addNote(id, written);
      workspace.store.mergeNotes(id, [note]);
      workspace.drafts.set(id, "note", "");
    } catch (error) {
      toastError(error, t.composer.noteFailed);
    } finally {
      setBusy("no");
    }
  };
  return (
    <>
      <GrowingField value={text} label={t.composer.note} placeholder={t.composer.noteHint} onChange={change} onEnter={() => void save()} />
      <div className="flex items-center gap-2 px-2 pb-2">
        <span className="ml-2 flex-1 truncate text-2xs opacity-75">{t.composer.noteHint}</span>
        <Button look="primary" onClick={() => void save()} disabled={text.trim() === "" || busy === "yes"}>
          {t.composer.addNote}
        </Button>
      </div>
    </>
  );
}
