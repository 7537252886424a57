// Turns a thread into the lines the page draws: days, bubbles grouped by who speaks, notes, and what is on its way.
import type { ToolCall, ToolDraft } from "../../../lib/api/assistants";
import type { Message, Note } from "../../../lib/api/model";
import { sameDay } from "../../../lib/i18n/when";
import type { Outgoing, Thread } from "../../../lib/realtime/store";

export type Item =
  | { kind: "day"; key: string; at: string }
  | { kind: "unread"; key: string; count: number; since: string }
  | { kind: "message"; key: string; message: Message; grouped: boolean }
  | { kind: "system"; key: string; message: Message }
  | { kind: "note"; key: string; note: Note }
  | { kind: "calls"; key: string; calls: readonly ToolCall[] }
  | { kind: "draft"; key: string; draft: ToolDraft }
  | { kind: "outgoing"; key: string; outgoing: Outgoing; grouped: boolean };

const GROUP_MS = 5 * 60_000;

export function itemsOf(thread: Thread, userId: string, unreadAfter: number | null): readonly Item[] {
  const items: Item[] = [];
  const asides = asidesOf(thread);
  let day: number | null = null;
  let speaker: { id: string; at: number } | null = null;
  let marked = unreadAfter === null;

  const startDay = (iso: string) => {
    const at = Date.parse(iso);
    if (day !== null && sameDay(day, at)) return;
    day = at;
    speaker = null;
    items.push({ kind: "day", key: `day ${new Date(at).toDateString()} ${items.length}`, at: iso });
  };
  let told = 0;
  const pushAsides = (until: number) => {
    for (let aside = asides[told]; aside !== undefined && aside.at <= until; aside = asides[told]) {
      startDay(new Date(aside.at).toISOString());
      const last = items.at(-1);
      // What an assistant does in one go is one line.
      if (aside.item.kind === "calls" && last?.kind === "calls") items[items.length - 1] = { ...last, calls: [...last.calls, ...aside.item.calls] };
      else items.push(aside.item);
      told += 1;
      speaker = null;
    }
  };
  const speaks = (id: string, at: number): boolean => {
    const grouped = speaker?.id === id && at - speaker.at < GROUP_MS;
    speaker = { id, at };
    return grouped;
  };

  for (const message of thread.messages) {
    const at = Date.parse(message.timestamp);
    pushAsides(at);
    startDay(message.timestamp);
    if (!marked && unreadAfter !== null && message.seq > unreadAfter && message.direction === "inbound") {
      marked = true;
      speaker = null;
      const count = thread.messages.filter((one) => one.seq >= message.seq && one.direction === "inbound").length;
      items.push({ kind: "unread", key: "unread", count, since: message.timestamp });
    }
    const key = message.client_message_id ?? message.message_id;
    if (message.sender.type === "system") {
      speaker = null;
      items.push({ kind: "system", key, message });
    } else {
      items.push({ kind: "message", key, message, grouped: speaks(speakerOf(message), at) });
    }
  }
  pushAsides(Number.POSITIVE_INFINITY);
  for (const outgoing of thread.outgoing) {
    startDay(outgoing.at);
    items.push({ kind: "outgoing", key: outgoing.client_message_id, outgoing, grouped: speaks(`outbound agent ${userId}`, Date.parse(outgoing.at)) });
  }
  return items;
}

interface Aside {
  at: number;
  item: Item;
}

/** What stands between the messages: notes, and what assistants did and propose, by time. */
function asidesOf(thread: Thread): readonly Aside[] {
  const notes = thread.notes.map((note): Aside => ({ at: Date.parse(note.created_at), item: { kind: "note", key: note.id, note } }));
  const calls = thread.calls
    .filter((call) => call.phase === "done")
    .map((call): Aside => ({ at: Date.parse(call.at), item: { kind: "calls", key: call.id, calls: [call] } }));
  const drafts = thread.drafts.map((draft): Aside => ({ at: Date.parse(draft.created_at), item: { kind: "draft", key: draft.id, draft } }));
  return [...notes, ...calls, ...drafts].sort((a, b) => a.at - b.at);
}

function speakerOf(message: Message): string {
  return `${message.direction} ${message.sender.type} ${message.sender.id ?? ""}`;
}
