import { useState, type SubmitEvent } from "react";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { TextArea } from "../../../lib/ui/fields";

/** Asks why something is let be. */
export function DiscardDialog({ count, onClose, onDiscard }: { count: number; onClose: () => void; onDiscard: (reason: string) => Promise<void> }) {
  const t = usePeopleTexts();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    await onDiscard(reason.trim());
    onClose();
  };
  return (
    <Dialog title={t.discardTitle(count)} lead={t.discardLead} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <TextArea label={t.discardReason} value={reason} maxLength={500} required autoFocus onChange={(event) => setReason(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="danger" disabled={busy || reason.trim() === ""}>
            {t.discard}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
