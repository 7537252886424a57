import { useState } from "react";
import { listUsers } from "../../../lib/api/hub";
import type { Conversation, User } from "../../../lib/api/model";
import { currentLoads, type AgentLoad } from "../../../lib/api/reports";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Avatar } from "../../../lib/ui/avatar";
import { cx } from "../../../lib/ui/cx";
import { Dialog } from "../../../lib/ui/dialog";
import { PresenceDot } from "../../../lib/ui/presence-dot";
import { ErrorState } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import { useRemote } from "../../../lib/ui/use-remote";
import { leads, useMe } from "../session/me";
import { hide } from "../shell/overlay";
import { useCommands } from "./commands";

const ANSWERING: readonly string[] = ["support_agent", "team_lead", "supervisor", "admin"];

/** People of the conversation's team, those who are here first. */
export function AssignDialog({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const me = useMe();
  const { store } = useWorkspace();
  const commands = useCommands(conversation.id);
  const remote = useRemote("users", async () => (await listUsers()).data);
  const loads = useLoad("loads", currentLoads);
  const [query, setQuery] = useState("");
  const [picked, setPicked] = useState(0);
  if (!leads(me, conversation)) return null;
  const rank = (user: User) => ({ online: 0, away: 1, offline: 2 })[store.presence(user.id) ?? "offline"];
  const people = (remote.value ?? [])
    .filter((user) => ANSWERING.includes(user.role))
    .filter((user) => conversation.team === null || user.teams.some((team) => team.id === conversation.team?.id || team.slug === conversation.team?.slug))
    .filter((user) => user.full_name.toLowerCase().includes(query.trim().toLowerCase()))
    .sort((a, b) => rank(a) - rank(b) || a.full_name.localeCompare(b.full_name));
  const pick = async (user: User | undefined) => {
    if (user !== undefined && (await commands.assign({ id: user.id, name: user.full_name })) === "done") hide();
  };
  return (
    <Dialog title={t.actions.assignTo} onClose={hide} width="max-w-sm">
      <input
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls="people"
        aria-label={t.common.search}
        placeholder={t.common.search}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setPicked(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setPicked(Math.min(picked + 1, people.length - 1));
          else if (event.key === "ArrowUp") setPicked(Math.max(picked - 1, 0));
          else if (event.key === "Enter") void pick(people[picked]);
          else return;
          event.preventDefault();
        }}
        className="mb-2 h-9 w-full rounded-lg border border-line-strong bg-surface px-3 text-sm focus-visible:outline-1 focus-visible:outline-offset-0"
      />
      {remote.state === "error" && <ErrorState title={t.actions.failed} error={remote.error} onRetry={remote.retry} />}
      {remote.state === "loading" && <p className="py-4 text-center text-ink-soft">{t.common.loading}</p>}
      {remote.state === "ready" && people.length === 0 && <p className="py-4 text-center text-ink-soft">{t.common.nothing}</p>}
      <div id="people" role="listbox" aria-label={t.actions.assignTo} className="-mx-2 grid gap-0.5">
        {people.map((user, index) => (
          <button
            key={user.id}
            type="button"
            role="option"
            aria-selected={index === picked}
            onClick={() => void pick(user)}
            className={cx("flex items-center gap-3 rounded-lg px-2 py-1.5 text-left", index === picked ? "bg-hover" : "hover:bg-hover")}
          >
            <Avatar name={user.full_name} size="sm" />
            <span className="min-w-0 flex-1 truncate text-[0.8125rem]">
              {user.full_name}
              {user.id === me.user.id && <span className="text-ink-faint"> · {t.common.you}</span>}
            </span>
            <LoadOf load={loads.value?.get(user.id)} />
            <span title={t.shell[store.presence(user.id) ?? "offline"]}>
              <PresenceDot status={store.presence(user.id) ?? "offline"} />
              <span className="sr-only">{t.shell[store.presence(user.id) ?? "offline"]}</span>
            </span>
          </button>
        ))}
      </div>
    </Dialog>
  );
}

/** How many conversations somebody has of how many they can have. */
function LoadOf({ load }: { load: AgentLoad | undefined }) {
  const t = useTexts();
  if (load === undefined) return null;
  const isFull = load.active >= load.capacity;
  return (
    <span data-load={`${load.active}/${load.capacity}`} title={t.actions.loadHint} className={cx("shrink-0 text-xs tabular-nums", isFull ? "font-semibold text-warn-ink" : "text-ink-soft")}>
      {t.actions.load(load.active, load.capacity)}
    </span>
  );
}
