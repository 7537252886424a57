// What the palette offers: what can be done here first, then where one can go, then what is looked for.
import { useNavigate } from "@tanstack/react-router";
import type { Channel } from "../../../lib/api/model";
import { listMacros } from "../../../lib/api/automation";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { setLanguage, useLanguage, useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { VIEWS } from "../../../lib/realtime/views";
import { setTheme } from "../../../lib/ui/theme";
import { useRemote } from "../../../lib/ui/use-remote";
import { apply } from "../automation/apply-macro";
import { askSavedReplies, focusComposer } from "../composer/mode";
import { focusTags } from "../context/details";
import { contactName } from "../inbox/preview";
import { usePlace } from "../inbox/place";
import { useSavedViews } from "../inbox/saved-views";
import { talks } from "../session/areas";
import { hasHandInIt, leads, mayClose, mayReply, mayTake, useMe } from "../session/me";
import { useCommands } from "../thread/commands";
import { show } from "./overlay";

export interface Entry {
  id: string;
  group: "here" | "go" | "found" | "else";
  text: string;
  keys?: string;
  channel?: Channel;
  /** Why it cannot be done now; such an entry is shown and does nothing. */
  blocked?: string | null;
  run: () => void;
}

const MOST_KNOWN = 50;

export function useEntries(): readonly Entry[] {
  const t = useTexts();
  const desk = useDeskTexts();
  const here = useHere();
  const { store } = useWorkspace();
  const me = useMe();
  const language = useLanguage();
  const navigate = useNavigate();
  const { open, show: showView, go } = usePlace();
  const saved = useSavedViews(me.user.id);
  const page = (path: string) => () => void navigate({ to: path });
  const going: Entry[] = [
    ...VIEWS.map((name): Entry => ({ id: `view ${name}`, group: "go", text: `${desk.palette.go}: ${t.views[name] ?? name}`, run: () => showView(name) })),
    ...saved.map((one): Entry => ({ id: one.id, group: "go", text: `${desk.palette.go}: ${one.name}`, run: () => go(one.view) })),
    { id: "contacts", group: "go", text: `${desk.palette.go}: ${desk.palette.contacts}`, keys: "G P", run: page("/contacts") },
    ...(talks(me) ? [{ id: "team", group: "go", text: `${desk.palette.go}: ${desk.talk}`, keys: "G T", run: page("/team") } satisfies Entry] : []),
    { id: "search", group: "go", text: `${desk.palette.go}: ${desk.search.title}`, keys: "G S", run: page("/search") },
  ];
  const rest: Entry[] = [
    { id: "keys", group: "else", text: t.shell.shortcuts, keys: "?", run: () => show({ kind: "sheet" }) },
    { id: "light", group: "else", text: `${t.shell.theme}: ${t.shell.light}`, run: () => setTheme("light") },
    { id: "dark", group: "else", text: `${t.shell.theme}: ${t.shell.dark}`, run: () => setTheme("dark") },
    { id: "language", group: "else", text: language === "fr" ? "English" : "Français", run: () => setLanguage(language === "fr" ? "en" : "fr") },
  ];
  const known = [...new Set(store.lists().flatMap((list) => list.ids))].slice(0, MOST_KNOWN).flatMap((id): Entry[] => {
    const one = store.conversation(id);
    return one === null ? [] : [{ id, group: "found", text: contactName(one, t), channel: one.channel, run: () => open(id) }];
  });
  return [...here, ...going, ...rest, ...known];
}

/** What can be done with the open conversation, and why the rest cannot. */
function useHere(): readonly Entry[] {
  const t = useTexts();
  const desk = useDeskTexts();
  const me = useMe();
  const { store } = useWorkspace();
  const { conversationId } = usePlace();
  const commands = useCommands(conversationId);
  const conversation = conversationId === null ? null : store.conversation(conversationId);
  const macros = useRemote(conversation === null ? null : "macros", listMacros);
  if (conversation === null) return [];
  const { id } = conversation;
  const closed = conversation.status === "closed";
  const owner = conversation.assigned_to;
  const notMine = owner === null ? desk.why.takeFirst : desk.why.assignedTo(owner.name);
  const lead = leads(me, conversation);
  const hand = hasHandInIt(me, conversation);
  const entry = (name: string, text: string, keys: string | null, blocked: string | null, run: () => void): Entry => ({
    id: name,
    group: "here",
    text,
    ...(keys === null ? {} : { keys }),
    blocked,
    run,
  });
  const ask = (kind: "assign" | "transfer" | "snooze" | "ticket" | "state" | "merge" | "macro") => () => show({ kind, conversationId: id });
  const ended = closed ? desk.why.closed : null;
  const mayHave = mayTake(me, conversation) || (lead && !closed && owner?.id !== me.user.id);
  return [
    entry("close", desk.keys.close, "E", ended ?? (mayClose(me, conversation) ? null : notMine), commands.askClose),
    entry("reply", desk.keys.reply, "R", ended ?? (mayReply(me, conversation) ? null : notMine), () => focusComposer(id, "reply")),
    entry("note", desk.keys.note, "N", hand ? null : notMine, () => focusComposer(id, "note")),
    entry("take", desk.keys.take, "I", mayHave ? null : (ended ?? (owner?.id === me.user.id ? desk.why.yours : desk.why.notQueued)), () => void commands.take()),
    entry("assign", desk.keys.assign, "A", ended ?? (lead ? null : desk.why.leads), ask("assign")),
    entry("transfer", t.actions.transfer, null, ended ?? (lead ? null : desk.why.leads), ask("transfer")),
    entry("snooze", desk.keys.snooze, "Z", ended ?? (hand ? null : notMine), ask("snooze")),
    entry("state", desk.keys.state, "S", hand ? null : notMine, ask("state")),
    entry("tag", desk.keys.tag, "T", hand ? null : notMine, focusTags),
    entry("replies", desk.keys.canned, "Shift M", ended ?? (mayReply(me, conversation) ? null : notMine), () => askSavedReplies(id)),
    entry("macro", desk.keys.macro, "M", hand ? null : notMine, ask("macro")),
    entry("ticket", desk.keys.ticket, "C", ended, ask("ticket")),
    entry("merge", t.actions.mergeInto, null, ended ?? (hand ? null : notMine), ask("merge")),
    entry("reopen", t.actions.reopen, null, closed ? (lead ? null : desk.why.leads) : desk.why.open, () => void commands.reopen()),
    ...(macros.value ?? []).map((one) => entry(`macro ${one.id}`, `${desk.macros.run}: ${String(one["name"])}`, null, hand ? null : notMine, () => void apply(store, id, one, desk.macros))),
  ];
}

/** How well a text answers what was typed; null when not at all. Beginnings of words count before what is inside them. */
export function fit(text: string, query: string): number | null {
  if (query === "") return 0;
  const words = text.toLowerCase();
  if (words.startsWith(query)) return 0;
  if (words.split(/[\s:]+/).some((word) => word.startsWith(query))) return 1;
  return words.includes(query) ? 2 : null;
}
