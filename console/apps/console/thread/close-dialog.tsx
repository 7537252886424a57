import { useState, type SubmitEvent } from "react";
import type { CloseReason, Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { TextArea } from "../../../lib/ui/fields";
import { hide } from "../shell/overlay";
import { Choices } from "./choices";
import { useCommands } from "./commands";

const REASONS: readonly CloseReason[] = ["resolved", "customer_unresponsive", "spam"];

export function CloseDialog({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const commands = useCommands(conversation.id);
  const [reason, setReason] = useState<CloseReason>("resolved");
  const [notes, setNotes] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if ((await commands.close(reason, notes.trim())) === "done") hide();
  };
  return (
    <Dialog title={t.actions.closeTitle} onClose={hide}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <Choices label={t.actions.closeAs} value={reason} onChange={setReason} choices={REASONS.map((one) => [one, t.closeReasons[one] ?? one] as const)} />
        <TextArea label={t.actions.closeNotes} hint={t.common.optional} value={notes} onChange={(event) => setNotes(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={hide}>{t.common.cancel}</Button>
          <Button type="submit" look="primary">
            {t.actions.close}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
