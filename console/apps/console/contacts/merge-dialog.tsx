import { useState, type SubmitEvent } from "react";
import { mergeContact } from "../../../lib/api/people";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { TextArea } from "../../../lib/ui/fields";
import { toastDone, toastError } from "../../../lib/ui/toast";

export interface Mergeable {
  id: string;
  name: string;
}

/** Asks why two contacts are one person, and merges `other` into `contact`. */
export function MergeDialog({ contact, other, onClose, onDone }: { contact: Mergeable; other: Mergeable; onClose: () => void; onDone: () => void }) {
  const t = usePeopleTexts();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await mergeContact(contact.id, other.id, reason.trim());
      toastDone(t.merged);
      onClose();
      onDone();
    } catch (error) {
      toastError(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={t.mergeTitle} lead={t.mergeLead(other.name, contact.name)} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <TextArea label={t.mergeReason} value={reason} maxLength={500} required autoFocus onChange={(event) => setReason(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" disabled={busy || reason.trim() === ""}>
            {t.merge}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
