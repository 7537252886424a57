// Turns a thread into the lines the page draws: days, bubbles grouped by who speaks, notes, and what is on its way.
import type { Message, Note } from "../../../lib/api/model";
import { sameDay } from "../../../lib/i18n/when";
import type { Outgoing, Thread } from "../../../lib/realtime/store";

export type Item =
  | { kind: "day"; key: string; at: string }
  | { kind: "unread"; key: string }
  | { kind: "message"; key: string; message: Message; grouped: boolean }
  | { kind: "system"; key: string; message: Message }
  | { kind: "note"; key: string; note: Note }
  | { kind: "outgoing"; key: string; outgoing: Outgoing; grouped: boolean };

const GROUP_MS = 5 * 60_000;

export function itemsOf(thread: Thread, userId: string, unreadAfter: number | null): readonly Item[] {
  const items: Item[] = [];
  const notes = [...thread.notes];
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
  const pushNotes = (until: number) => {
    for (let note = notes[0]; note !== undefined && Date.parse(note.created_at) <= until; note = notes[0]) {
      startDay(note.created_at);
      items.push({ kind: "note", key: note.id, note });
      notes.shift();
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
    pushNotes(at);
    startDay(message.timestamp);
    if (!marked && unreadAfter !== null && message.seq > unreadAfter && message.direction === "inbound") {
      marked = true;
      speaker = null;
      items.push({ kind: "unread", key: "unread" });
    }
    const key = message.client_message_id ?? message.message_id;
    if (message.sender.type === "system") {
      speaker = null;
      items.push({ kind: "system", key, message });
    } else {
      items.push({ kind: "message", key, message, grouped: speaks(speakerOf(message), at) });
    }
  }
  pushNotes(Number.POSITIVE_INFINITY);
  for (const outgoing of thread.outgoing) {
    startDay(outgoing.at);
    items.push({ kind: "outgoing", key: outgoing.client_message_id, outgoing, grouped: speaks(`outbound agent ${userId}`, Date.parse(outgoing.at)) });
  }
  return items;
}

function speakerOf(message: Message): string {
  return `${message.direction} ${message.sender.type} ${message.sender.id ?? ""}`;
}
