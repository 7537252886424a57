import { useState, type SubmitEvent } from "react";
import { listTeams } from "../../../lib/api/hub";
import { beginThread, type TalkThread } from "../../../lib/api/talk";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useTalkTexts } from "../../../lib/i18n/talk";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Select, TextField } from "../../../lib/ui/fields";
import { explain } from "../../../lib/ui/states";
import { useRemote } from "../../../lib/ui/use-remote";
import { WordList } from "../admin/word-list";
import { useMe } from "../session/me";
import { useColleagues } from "./colleagues";

/** Begins a thread with colleagues, or with all of a team. */
export function NewThread({ onClose, onBegun }: { onClose: () => void; onBegun: (thread: TalkThread) => void }) {
  const t = useTalkTexts();
  const { cancel } = useAdminTexts();
  const me = useMe();
  const colleagues = useColleagues(me.user.id);
  const teams = useRemote("teams", async () => (await listTeams()).data);
  const [people, setPeople] = useState<readonly string[]>([]);
  const [team, setTeam] = useState("");
  const [title, setTitle] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const begin = async () => {
    if (people.length === 0 && team === "") return setProblem(t.nobody);
    setBusy("yes");
    setProblem(null);
    try {
      onBegun(await beginThread({ ...(people.length === 0 ? {} : { members: people }), ...(team === "" ? {} : { team }), ...(title.trim() === "" ? {} : { title: title.trim() }) }));
    } catch (error) {
      setProblem(explain(error));
      setBusy("no");
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void begin();
  };
  return (
    <Dialog title={t.begin} lead={t.beginLead} onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4" noValidate>
        <WordList label={t.people} words={people} choices={colleagues.map(({ id, name }) => ({ value: id, text: name }))} disabled={false} error={problem} onChange={setPeople} />
        <Select label={t.team} value={team} onChange={(event) => setTeam(event.target.value)}>
          <option value="">{t.noTeam}</option>
          {(teams.value ?? []).map((one) => (
            <option key={one.id} value={one.slug}>
              {one.name}
            </option>
          ))}
        </Select>
        <TextField label={t.topic} value={title} autoComplete="off" onChange={(event) => setTitle(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{cancel}</Button>
          <Button type="submit" look="primary" disabled={busy === "yes"}>
            {t.start}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
