import { useState, type SubmitEvent } from "react";
import { eraseContact, type Contact } from "../../../lib/api/people";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { TextField } from "../../../lib/ui/fields";
import { toastDone, toastError } from "../../../lib/ui/toast";

/** Erases a contact once its name was typed. */
export function EraseDialog({ contact, onClose, onDone }: { contact: Contact; onClose: () => void; onDone: () => void }) {
  const t = usePeopleTexts();
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const erased = await eraseContact(contact.id, reason.trim());
      toastDone(t.erased(erased.messages));
      onClose();
      onDone();
    } catch (error) {
      toastError(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={t.eraseTitle} lead={t.eraseLead} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <TextField label={t.eraseConfirm(contact.display_name)} value={typed} autoComplete="off" autoFocus onChange={(event) => setTyped(event.target.value)} />
        <TextField label={t.eraseReason} hint={t.optional} value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="danger" disabled={busy || typed.trim() !== contact.display_name.trim()}>
            {t.erase}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
