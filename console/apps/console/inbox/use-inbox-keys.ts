import { useWorkspace } from "../../../lib/realtime/hooks";
import { viewKey } from "../../../lib/realtime/views";
import { useCommands } from "../thread/commands";
import { focusComposer } from "../composer/mode";
import { useKeys } from "../shell/keyboard";
import { show } from "../shell/overlay";
import { usePlace } from "./place";

/** The keys of the inbox: J and K move through the list, the letters act on the open conversation. */
export function useInboxKeys(cursor: string | null, setCursor: (id: string) => void): void {
  const { store } = useWorkspace();
  const { view, conversationId, open, back } = usePlace();
  const commands = useCommands(conversationId);

  const move = (step: 1 | -1) => {
    const ids = store.list(viewKey(view))?.ids ?? [];
    const at = cursor === null ? -1 : ids.indexOf(cursor);
    const next = ids[at === -1 ? (step === 1 ? 0 : ids.length - 1) : at + step];
    if (next === undefined) return;
    setCursor(next);
    if (conversationId !== null) open(next);
  };
  const openCursor = () => {
    if (cursor !== null) open(cursor);
  };
  const ask = (kind: "transfer" | "ticket" | "assign" | "snooze") => {
    if (conversationId !== null) show({ kind, conversationId });
  };

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    o: openCursor,
    u: back,
    Escape: back,
    "/": () => document.getElementById("search")?.focus(),
    r: () => conversationId !== null && focusComposer(conversationId, "reply"),
    n: () => conversationId !== null && focusComposer(conversationId, "note"),
    t: () => void commands.take(),
    e: commands.askClose,
    a: () => ask("assign"),
    z: () => ask("snooze"),
    m: () => ask("ticket"),
    l: () => document.getElementById("add-tag")?.focus(),
    "?": () => show({ kind: "sheet" }),
    "Mod+k": () => show({ kind: "palette" }),
  });
}
