import { Command } from "lucide-react";
import { useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { VIEWS } from "../../../lib/realtime/views";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { cx } from "../../../lib/ui/cx";
import { Dialog } from "../../../lib/ui/dialog";
import { Keys } from "../../../lib/ui/keys";
import { setTheme } from "../../../lib/ui/theme";
import { focusComposer } from "../composer/mode";
import { contactName } from "../inbox/preview";
import { usePlace } from "../inbox/place";
import { leads, mayClose, mayTake, useMe } from "../session/me";
import { useCommands } from "../thread/commands";
import { hide, show } from "./overlay";

interface Entry {
  id: string;
  text: string;
  keys?: string;
  icon?: ReactNode;
  run: () => void;
}

const MOST_CONVERSATIONS = 8;

export function Palette() {
  const t = useTexts();
  const entries = useEntries();
  const [query, setQuery] = useState("");
  const [picked, setPicked] = useState(0);
  const wanted = query.trim().toLowerCase();
  const shown = entries.filter((entry) => entry.text.toLowerCase().includes(wanted));
  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    flushSync(hide);
    // The closing dialog gives the focus back first; then the command may take it.
    setTimeout(entry.run, 0);
  };
  return (
    <Dialog title={t.palette.title} onClose={hide} width="max-w-lg">
      <input
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls="palette-entries"
        aria-label={t.palette.hint}
        placeholder={t.palette.hint}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setPicked(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setPicked(Math.min(picked + 1, shown.length - 1));
          else if (event.key === "ArrowUp") setPicked(Math.max(picked - 1, 0));
          else if (event.key === "Enter") run(shown[picked]);
          else return;
          event.preventDefault();
        }}
        className="mb-2 h-10 w-full rounded-lg border border-line-strong bg-surface px-3 text-sm focus-visible:outline-1 focus-visible:outline-offset-0"
      />
      <div id="palette-entries" role="listbox" aria-label={t.palette.title} className="-mx-2 grid max-h-80 gap-0.5 overflow-y-auto">
        {shown.length === 0 && <p className="px-2 py-4 text-center text-ink-soft">{t.common.nothing}</p>}
        {shown.map((entry, index) => (
          <button
            key={entry.id}
            type="button"
            role="option"
            aria-selected={index === picked}
            onClick={() => run(entry)}
            className={cx("flex min-h-9 items-center gap-3 rounded-lg px-2.5 text-left text-[0.8125rem]", index === picked ? "bg-hover" : "hover:bg-hover")}
          >
            {entry.icon ?? <Command className="size-3.5 text-ink-faint" aria-hidden />}
            <span className="min-w-0 flex-1 truncate">{entry.text}</span>
            {entry.keys !== undefined && <Keys keys={entry.keys} />}
          </button>
        ))}
      </div>
    </Dialog>
  );
}

function useEntries(): readonly Entry[] {
  const t = useTexts();
  const me = useMe();
  const { store } = useWorkspace();
  const { conversationId, open, show: showView } = usePlace();
  const commands = useCommands(conversationId);
  const conversation = conversationId === null ? null : store.conversation(conversationId);
  const entries: Entry[] = [];
  if (conversation !== null) {
    const { id } = conversation;
    if (mayTake(me, conversation)) entries.push({ id: "take", text: t.keys.take, keys: "T", run: () => void commands.take() });
    entries.push({ id: "reply", text: t.keys.reply, keys: "R", run: () => focusComposer(id, "reply") });
    entries.push({ id: "note", text: t.keys.note, keys: "N", run: () => focusComposer(id, "note") });
    entries.push({ id: "ticket", text: t.keys.ticket, keys: "M", run: () => show({ kind: "ticket", conversationId: id }) });
    if (mayClose(me, conversation)) entries.push({ id: "close", text: t.keys.close, keys: "E", run: commands.askClose });
    entries.push({ id: "snooze", text: t.keys.snooze, keys: "Z", run: () => show({ kind: "snooze", conversationId: id }) });
    if (leads(me, conversation)) {
      entries.push({ id: "assign", text: t.keys.assign, keys: "A", run: () => show({ kind: "assign", conversationId: id }) });
      entries.push({ id: "transfer", text: t.actions.transfer, run: () => show({ kind: "transfer", conversationId: id }) });
    }
  }
  for (const name of VIEWS) entries.push({ id: `view ${name}`, text: `${t.palette.go}: ${t.views[name] ?? name}`, run: () => showView(name) });
  entries.push({ id: "keys", text: t.shell.shortcuts, keys: "?", run: () => show({ kind: "sheet" }) });
  entries.push({ id: "light", text: `${t.shell.theme}: ${t.shell.light}`, run: () => setTheme("light") });
  entries.push({ id: "dark", text: `${t.shell.theme}: ${t.shell.dark}`, run: () => setTheme("dark") });
  const ids = new Set(store.lists().flatMap((list) => list.ids));
  for (const id of [...ids].slice(0, 50)) {
    const one = store.conversation(id);
    if (one === null || entries.length > 60) continue;
    entries.push({ id, text: contactName(one, t), icon: <ChannelIcon channel={one.channel} />, run: () => open(id) });
  }
  return entries.slice(0, 60 + MOST_CONVERSATIONS);
}
