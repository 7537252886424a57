import { useEffect } from "react";
import { useConversation } from "../../../lib/realtime/hooks";
import { part, prepareWhenIdle } from "../../../lib/ui/part";
import { useOverlay, type Overlay } from "./overlay";

const ShortcutSheet = part(async () => (await import("./shortcut-sheet")).ShortcutSheet);
const Palette = part(async () => (await import("./palette")).Palette);
const CloseDialog = part(async () => (await import("../thread/close-dialog")).CloseDialog);
const TransferDialog = part(async () => (await import("../thread/transfer-dialog")).TransferDialog);
const AssignDialog = part(async () => (await import("../thread/assign-dialog")).AssignDialog);
const SnoozeDialog = part(async () => (await import("../thread/snooze-dialog")).SnoozeDialog);
const StateDialog = part(async () => (await import("../thread/state-dialog")).StateDialog);
const MergeDialog = part(async () => (await import("../thread/merge-dialog")).MergeDialog);
const TicketDialog = part(async () => (await import("../tickets/ticket-dialog")).TicketDialog);
const TemplateDialog = part(async () => (await import("../composer/template-dialog")).TemplateDialog);
const MacroDialog = part(async () => (await import("../automation/macro-dialog")).MacroDialog);

const DIALOGS = {
  close: CloseDialog,
  transfer: TransferDialog,
  assign: AssignDialog,
  snooze: SnoozeDialog,
  state: StateDialog,
  merge: MergeDialog,
  ticket: TicketDialog,
  template: TemplateDialog,
  macro: MacroDialog,
} as const;

/** What a key opens opens at once, also the first time: its code is fetched when everything else is there. */
const PREPARED_AFTER_MS = 1500;

/** The dialog that was asked for. */
export function Overlays() {
  const overlay = useOverlay();
  useEffect(() => {
    let stop = () => {};
    const timer = setTimeout(() => {
      stop = prepareWhenIdle([Palette, ShortcutSheet, ...Object.values(DIALOGS)]);
    }, PREPARED_AFTER_MS);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
  if (overlay === null) return null;
  if (overlay.kind === "sheet") return <ShortcutSheet />;
  if (overlay.kind === "palette") return <Palette />;
  return <ConversationDialog overlay={overlay} />;
}

function ConversationDialog({ overlay }: { overlay: Extract<Overlay, { conversationId: string }> }) {
  const conversation = useConversation(overlay.conversationId);
  if (conversation === null) return null;
  const Dialog = DIALOGS[overlay.kind];
  return <Dialog conversation={conversation} />;
}
