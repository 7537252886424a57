import { useState, type SubmitEvent } from "react";
import { listTeams } from "../../../lib/api/hub";
import type { Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Select, TextField } from "../../../lib/ui/fields";
import { ErrorState } from "../../../lib/ui/states";
import { useRemote } from "../../../lib/ui/use-remote";
import { hide } from "../shell/overlay";
import { useCommands } from "./commands";

export function TransferDialog({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const commands = useCommands(conversation.id);
  const remote = useRemote("teams", async () => (await listTeams()).data);
  const [chosen, setChosen] = useState("");
  const [reason, setReason] = useState("");
  const teams = (remote.value ?? []).filter((team) => team.id !== conversation.team?.id);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const team = teams.find((one) => one.id === chosen);
    if (team !== undefined && (await commands.transfer(team, reason.trim())) === "done") hide();
  };
  if (remote.state === "error") {
    return (
      <Dialog title={t.actions.transferTitle} onClose={hide}>
        <ErrorState title={t.actions.failed} error={remote.error} onRetry={remote.retry} />
      </Dialog>
    );
  }
  return (
    <Dialog title={t.actions.transferTitle} onClose={hide}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <Select label={t.actions.team} required value={chosen} onChange={(event) => setChosen(event.target.value)} disabled={remote.state === "loading"}>
          <option value="" disabled>
            {remote.state === "loading" ? t.common.loading : t.actions.team}
          </option>
          {teams.map((team) => (
            <option key={team.id} value={team.id}>
              {team.name}
            </option>
          ))}
        </Select>
        <TextField label={t.actions.reason} hint={t.actions.reasonHint} required value={reason} onChange={(event) => setReason(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={hide}>{t.common.cancel}</Button>
          <Button type="submit" look="primary" disabled={chosen === "" || reason.trim() === ""}>
            {t.actions.transfer}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
