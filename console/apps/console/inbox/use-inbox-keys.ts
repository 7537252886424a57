import { useWorkspace } from "../../../lib/realtime/hooks";
import { viewKey } from "../../../lib/realtime/views";
import { useCommands } from "../thread/commands";
import { focusComposer, askSavedReplies } from "../composer/mode";
import { focusTags } from "../context/details";
import { useMe } from "../session/me";
import { useKeys } from "../shell/keyboard";
import { show } from "../shell/overlay";
import { usePlace } from "./place";
import { clearSelection, select, selection, toggle } from "./selection";
import { markUnread } from "./unread-marks";

/** The keys of the inbox: J and K move through the list, the letters act on the open conversation. */
export function useInboxKeys(cursor: string | null, setCursor: (id: string) => void): void {
  const { store } = useWorkspace();
  const { user } = useMe();
  const { view, conversationId, open, back } = usePlace();
  const commands = useCommands(conversationId);

  const beside = (step: 1 | -1): string | undefined => {
    const ids = store.list(viewKey(view))?.ids ?? [];
    const at = cursor === null ? -1 : ids.indexOf(cursor);
    return ids[at === -1 ? (step === 1 ? 0 : ids.length - 1) : at + step];
  };
  const move = (step: 1 | -1) => {
    const next = beside(step);
    if (next === undefined) return;
    setCursor(next);
    if (conversationId !== null) open(next);
  };
  /** Selects the row under the cursor and the one it moves to. */
  const extend = (step: 1 | -1) => {
    const next = beside(step);
    select([cursor, next].filter((id) => typeof id === "string"));
    if (next !== undefined) setCursor(next);
  };
  const openCursor = () => {
    if (cursor !== null) open(cursor);
  };
  const leave = () => {
    if (selection().size > 0) clearSelection();
    else back();
  };
  const ask = (kind: "transfer" | "ticket" | "assign" | "snooze" | "state" | "macro") => {
    if (conversationId !== null) show({ kind, conversationId });
  };
  const unread = () => {
    const conversation = conversationId === null ? null : store.conversation(conversationId);
    if (conversation === null) return;
    markUnread(user.id, conversation);
    back();
  };

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    J: () => extend(1),
    K: () => extend(-1),
    x: () => cursor !== null && toggle(cursor),
    o: openCursor,
    u: back,
    U: unread,
    Escape: leave,
    "/": () => document.getElementById("search")?.focus(),
    r: () => conversationId !== null && focusComposer(conversationId, "reply"),
    n: () => conversationId !== null && focusComposer(conversationId, "note"),
    i: () => void commands.take(),
    e: commands.askClose,
    a: () => ask("assign"),
    s: () => ask("state"),
    z: () => ask("snooze"),
    c: () => ask("ticket"),
    m: () => ask("macro"),
    M: () => conversationId !== null && askSavedReplies(conversationId),
    t: focusTags,
  });
}
