import { useState, type KeyboardEvent } from "react";
import { addNote } from "../../../lib/api/hub";
import type { Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { usePreferences } from "../../../lib/preferences";
import { useDraft, useWorkspace } from "../../../lib/realtime/hooks";
import { Avatar } from "../../../lib/ui/avatar";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { toastError } from "../../../lib/ui/toast";
import { useMe } from "../session/me";
import { GrowingField, selectText } from "./growing-field";
import { atSign, useTeammates, type At, type Teammate } from "./mentions";

/** A note for the team. It never goes to the customer, and neither does its typing. */
export function NoteField({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const me = useMe();
  const { drafts, signals, store } = useWorkspace();
  const { sendChat } = usePreferences();
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const [at, setAt] = useState<At | null>(null);
  const [picked, setPicked] = useState(0);
  const { matches } = useTeammates(at, me.user.id);
  const id = conversation.id;
  const text = useDraft(id, "note");
  const change = (next: string, caret: number) => {
    drafts.set(id, "note", next);
    setAt(atSign(next, caret));
    setPicked(0);
    if (next === "") signals.stopTyping();
    else signals.typing(id, "note");
  };
  const save = async () => {
    const written = text.trim();
    if (written === "" || busy === "yes") return;
    setBusy("yes");
    signals.stopTyping();
    try {
      const note = await addNote(id, written);
      store.mergeNotes(id, [note]);
      // What was typed while it was being saved is the next note.
      const since = drafts.get(id, "note");
      drafts.set(id, "note", since.startsWith(text) ? since.slice(text.length).trimStart() : since);
    } catch (error) {
      toastError(error, t.composer.noteFailed);
    } finally {
      setBusy("no");
    }
  };
  const mention = (person: Teammate) => {
    if (at === null) return;
    const before = `${text.slice(0, at.start)}@${person.name} `;
    drafts.set(id, "note", before + text.slice(at.end));
    setAt(null);
    selectText(before.length, before.length);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (at === null || matches.length === 0) return false;
    const person = matches[picked];
    if (event.key === "Escape") setAt(null);
    else if (event.key === "ArrowDown") setPicked((picked + 1) % matches.length);
    else if (event.key === "ArrowUp") setPicked((picked + matches.length - 1) % matches.length);
    else if ((event.key === "Enter" || event.key === "Tab") && person !== undefined) mention(person);
    else return false;
    return true;
  };
  return (
    <div className="relative">
      {at !== null && matches.length > 0 && (
        <div role="listbox" aria-label={t.composer.mention} className="appear absolute inset-x-2 bottom-full z-30 mb-2 rounded-xl border border-line bg-raised p-1 text-ink shadow-float">
          {matches.map((person, index) => (
            <div
              key={person.id}
              role="option"
              tabIndex={-1}
              aria-selected={index === picked}
              onMouseDown={(event) => {
                event.preventDefault();
                mention(person);
              }}
              className={cx("flex items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-[0.8125rem]", index === picked ? "bg-hover" : "hover:bg-hover")}
            >
              <Avatar name={person.name} size="sm" />
              {person.name}
            </div>
          ))}
        </div>
      )}
      <GrowingField
        value={text}
        label={t.composer.note}
        placeholder={t.composer.noteHint}
        onChange={change}
        sendKey={sendChat}
        onSend={() => void save()}
        onKey={onKey}
      />
      <div className="flex items-center gap-2 px-2 pb-2">
        <span className="ml-2 flex-1 truncate text-2xs opacity-75">{t.composer.mentionHint}</span>
        <Button look="primary" onClick={() => void save()} disabled={text.trim() === "" || busy === "yes"}>
          {t.composer.addNote}
        </Button>
      </div>
    </div>
  );
}
