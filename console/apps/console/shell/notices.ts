// Sounds and notes on the desktop, from one tab only: the browser lends a lock to one of them at a time.
import { useEffect, useRef } from "react";
import { isRecord } from "../../../lib/api/http";
import type { Conversation, Message, Note } from "../../../lib/api/model";
import type { TalkMessage } from "../../../lib/api/talk";
import { deskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import type { Texts } from "../../../lib/i18n/en";
import { isQuiet, preferences, type NoticeKind } from "../../../lib/preferences";
import type { Frame } from "../../../lib/realtime/frames";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { toastDone } from "../../../lib/ui/toast";
import { contactName, contentLine } from "../inbox/preview";
import { usePlace } from "../inbox/place";
import { useMe } from "../session/me";
import { chime } from "./chime";

/** So many events are known again when a resumed socket repeats them. */
const REMEMBERED = 500;
const LOCK = "patchbay.notices";

interface Notice {
  kind: NoticeKind;
  /** One key for one event, so that a resumed socket tells nothing twice. */
  key: string;
  title: string;
  text: string;
  conversationId: string | null;
  noteId?: string;
  /** The thread among colleagues it stands in. */
  threadId?: string;
}

export function useNotices(): void {
  const t = useTexts();
  const workspace = useWorkspace();
  const { user } = useMe();
  const place = usePlace();
  const now = useRef({ place, t });
  useEffect(() => {
    now.current = { place, t };
  });
  useEffect(() => {
    const lead = leading();
    const told = new Set<string>();
    const stop = workspace.onFrame((frame) => {
      const { t, place } = now.current;
      const notice = noticeOf(frame, { id: user.id, name: user.full_name }, t);
      if (notice === null || told.has(notice.key)) return;
      told.add(notice.key);
      if (told.size > REMEMBERED) told.delete(told.values().next().value ?? "");
      const shown = notice.threadId === undefined ? notice.conversationId === place.conversationId : location.pathname.endsWith(notice.threadId);
      const looking = !document.hidden && document.hasFocus() && shown;
      const go = () => {
        window.focus();
        if (notice.conversationId !== null) place.open(notice.conversationId, notice.noteId);
        else if (notice.threadId !== undefined) place.openThread(notice.threadId);
      };
      if (notice.kind === "mention" && !looking) toastDone(notice.title, { label: deskTexts().notices.show, run: go });
      if (lead.isOurs() && !looking) announce(notice, go);
    });
    return () => {
      stop();
      lead.release();
    };
  }, [workspace, user.id, user.full_name]);
}

function announce(notice: Notice, go: () => void): void {
  const chosen = preferences();
  if (isQuiet(chosen, new Date())) return;
  if (chosen.sound[notice.kind] === "on") chime(notice.kind);
  if (chosen.desktop[notice.kind] !== "on" || typeof Notification === "undefined" || Notification.permission !== "granted") return;
  const note = new Notification(notice.title, { tag: notice.key, ...(chosen.noteText === "on" ? { body: notice.text } : {}) });
  note.addEventListener("click", () => {
    note.close();
    go();
  });
}

function noticeOf(frame: Frame, me: { id: string; name: string }, t: Texts): Notice | null {
  const desk = deskTexts();
  const { data } = frame;
  if (frame.event === "message.received" && isRecord(data["message"]) && isRecord(data["conversation"])) {
    const message = data["message"] as unknown as Message;
    const conversation = data["conversation"] as unknown as Conversation;
    const owner = conversation.assigned_to;
    if (owner !== null && owner.id !== me.id) return null;
    const kind = owner === null ? "unassigned" : "mine";
    return { kind, key: message.message_id, title: contactName(conversation, t), text: contentLine(message.content, t), conversationId: conversation.id };
  }
  if (frame.event === "conversation.note" && isRecord(data["note"])) {
    const note = data["note"] as unknown as Note;
    if (note.author.id === me.id || !mentions(note.text, me.name)) return null;
    return { kind: "mention", key: note.id, title: desk.notices.mentioned(note.author.name), text: note.text, conversationId: note.conversation_id, noteId: note.id };
  }
  if (frame.event === "internal.message" && data["mentioned"] === true && isRecord(data["message"])) {
    const message = data["message"] as unknown as TalkMessage;
    if (message.author.id === me.id) return null;
    return { kind: "mention", key: message.id, title: desk.notices.mentionedInTalk(message.author.name), text: message.text, conversationId: null, threadId: message.thread_id };
  }
  const alert = frame.event === "alert.raised" && isRecord(data["alert"]) ? data["alert"] : null;
  if (alert?.["severity"] === "critical" || alert?.["code"] === "EMERGENCY" || frame.event === "ticket.escalated") {
    return { kind: "escalation", key: frame.cursor ?? crypto.randomUUID(), title: desk.notices.escalation, text: "", conversationId: null };
  }
  return null;
}

/** Whether a note calls a person by their whole name. */
export function mentions(text: string, name: string): boolean {
  const at = text.toLowerCase().indexOf(`@${name.toLowerCase()}`);
  return at !== -1 && !/^[\p{L}\d]/u.test(text.slice(at + name.length + 1));
}

interface Lead {
  isOurs: () => boolean;
  release: () => void;
}

/** Whether this tab is the one that makes noise. Without locks in the browser every tab does. */
function leading(): Lead {
  if (navigator.locks === undefined) return { isOurs: () => true, release: () => undefined };
  let ours = false;
  const asking = new AbortController();
  let release = () => asking.abort();
  navigator.locks
    .request(LOCK, { signal: asking.signal }, () => {
      ours = true;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    })
    // Given up before it was ours.
    .catch(() => undefined);
  return {
    isOurs: () => ours,
    release: () => {
      ours = false;
      release();
    },
  };
}
