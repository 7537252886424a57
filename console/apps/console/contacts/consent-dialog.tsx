import { useState, type SubmitEvent } from "react";
import { recordConsent, type Contact, type Identity } from "../../../lib/api/people";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { TextArea } from "../../../lib/ui/fields";
import { toastDone, toastError } from "../../../lib/ui/toast";

/** Records that somebody wants no more messages at an address, or does again; how we know is kept. */
export function ConsentDialog({ contact, identity, onClose, onDone }: { contact: Contact; identity: Identity; onClose: () => void; onDone: () => void }) {
  const t = usePeopleTexts();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const decision = identity.opted_out_at === null ? "withdrawn" : "given";
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy("yes");
    try {
      await recordConsent(contact.id, identity.id, decision, reason.trim());
      toastDone(t.consentDone);
      onDone();
      onClose();
    } catch (error) {
      toastError(error);
      setBusy("no");
    }
  };
  return (
    <Dialog title={decision === "withdrawn" ? t.withdraw : t.lift} lead={t.consentLead(identity.address)} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <TextArea label={t.consentReason} required minLength={3} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" disabled={busy === "yes" || reason.trim().length < 3}>
            {t.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
