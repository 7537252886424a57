import { AlarmClock, Check, Tag, UserPlus, X } from "lucide-react";
import { useState } from "react";
import * as hub from "../../../lib/api/hub";
import type { Conversation } from "../../../lib/api/model";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Button, IconButton } from "../../../lib/ui/button";
import { explain } from "../../../lib/ui/states";
import { toastDone, toastTrouble } from "../../../lib/ui/toast";
import { mayTake, useMe } from "../session/me";
import { forEach, type Failed } from "./bulk";
import { contactName } from "./preview";
import { clearSelection, deselect, useSelection } from "./selection";

const HOUR_MS = 3_600_000;

/** What can be done with the selected rows; stands in the place of the tabs while some are selected. */
export function BulkBar() {
  const t = useTexts();
  const desk = useDeskTexts();
  const me = useMe();
  const workspace = useWorkspace();
  const selected = useSelection();
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const [tagging, setTagging] = useState<"no" | "yes">("no");

  const nameOf = (id: string) => {
    const row = workspace.store.conversation(id);
    return row === null ? t.common.unknownContact : contactName(row, t);
  };
  const tell = (failed: readonly Failed[]) => {
    if (failed.length === 0) return;
    const detail = failed.map(({ id, error }) => `${nameOf(id)}: ${explain(error)}`).join("\n");
    toastTrouble(desk.bulk.failed(failed.length), detail, failed[0]?.error);
  };
  const run = async (command: (id: string) => Promise<Conversation>, done: (count: number) => string, undo: ((id: string) => Promise<Conversation>) | null) => {
    setBusy("yes");
    const outcome = await forEach(workspace, [...selected], command);
    setBusy("no");
    deselect(outcome.done);
    if (outcome.done.length > 0) {
      const back = async () => {
        if (undo !== null) tell((await forEach(workspace, outcome.done, undo)).failed);
      };
      toastDone(done(outcome.done.length), undo === null ? null : { label: t.actions.undo, run: () => void back() });
    }
    tell(outcome.failed);
  };
  const takeOrAssign = (id: string) => {
    const row = workspace.store.conversation(id);
    return row !== null && mayTake(me, row) ? hub.take(id) : hub.assign(id, me.user.id);
  };
  const snooze = () => {
    const until = new Date(workspace.now() + HOUR_MS).toISOString();
    return run((id) => hub.snooze(id, until), desk.bulk.snoozed, (id) => hub.snooze(id, null));
  };
  const tag = (name: string) => {
    setTagging("no");
    if (name === "") return;
    const changed = (change: (id: string) => Promise<unknown>) => async (id: string) => {
      await change(id);
      return hub.getConversation(id);
    };
    void run(changed((id) => hub.addTag(id, name)), desk.bulk.tagged, changed((id) => hub.removeTag(id, name)));
  };
  const off = busy === "yes";
  return (
    <div role="toolbar" aria-label={desk.bulk.label} className="flex min-h-7 flex-wrap items-center gap-1">
      <IconButton label={desk.bulk.clear} keys="Esc" className="size-7" onClick={clearSelection}>
        <X className="size-4" />
      </IconButton>
      <span role="status" className="mr-auto text-[0.8125rem] font-semibold tabular-nums">
        {desk.bulk.selected(selected.size)}
      </span>
      {tagging === "yes" ? (
        <TagField onDone={tag} />
      ) : (
        <>
          <IconButton label={desk.bulk.take} className="size-7" disabled={off} onClick={() => void run(takeOrAssign, desk.bulk.taken, null)}>
            <UserPlus className="size-4" />
          </IconButton>
          <IconButton label={desk.bulk.tag} className="size-7" disabled={off} onClick={() => setTagging("yes")}>
            <Tag className="size-4" />
          </IconButton>
          <IconButton label={desk.bulk.snooze} className="size-7" disabled={off} onClick={() => void snooze()}>
            <AlarmClock className="size-4" />
          </IconButton>
          <Button className="h-7 px-2" disabled={off} onClick={() => void run((id) => hub.close(id, { close_reason: "resolved" }), desk.bulk.resolved, hub.reopen)}>
            <Check className="size-4" aria-hidden />
            {desk.bulk.resolve}
          </Button>
        </>
      )}
    </div>
  );
}

function TagField({ onDone }: { onDone: (name: string) => void }) {
  const t = useTexts();
  const [name, setName] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onDone(name.trim().toLowerCase());
      }}
    >
      <input
        autoFocus
        aria-label={t.context.addTag}
        placeholder={t.context.addTag}
        maxLength={40}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onBlur={() => name === "" && onDone("")}
        onKeyDown={(event) => event.key === "Escape" && onDone("")}
        className="h-7 w-32 rounded-full border border-line-strong bg-surface px-3 text-xs"
      />
    </form>
  );
}
