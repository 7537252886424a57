import { lazy, Suspense } from "react";
import { useConversation } from "../../../lib/realtime/hooks";
import { ShortcutSheet } from "./shortcut-sheet";
import { useOverlay, type Overlay } from "./overlay";

const Palette = lazy(async () => ({ default: (await import("./palette")).Palette }));
const CloseDialog = lazy(async () => ({ default: (await import("../thread/close-dialog")).CloseDialog }));
const TransferDialog = lazy(async () => ({ default: (await import("../thread/transfer-dialog")).TransferDialog }));
const AssignDialog = lazy(async () => ({ default: (await import("../thread/assign-dialog")).AssignDialog }));
const SnoozeDialog = lazy(async () => ({ default: (await import("../thread/snooze-dialog")).SnoozeDialog }));
const StateDialog = lazy(async () => ({ default: (await import("../thread/state-dialog")).StateDialog }));
const MergeDialog = lazy(async () => ({ default: (await import("../thread/merge-dialog")).MergeDialog }));
const TicketDialog = lazy(async () => ({ default: (await import("../tickets/ticket-dialog")).TicketDialog }));
const TemplateDialog = lazy(async () => ({ default: (await import("../composer/template-dialog")).TemplateDialog }));

const DIALOGS = {
  close: CloseDialog,
  transfer: TransferDialog,
  assign: AssignDialog,
  snooze: SnoozeDialog,
  state: StateDialog,
  merge: MergeDialog,
  ticket: TicketDialog,
  template: TemplateDialog,
} as const;

/** The dialog that was asked for; its code is fetched the first time. */
export function Overlays() {
  const overlay = useOverlay();
  if (overlay === null) return null;
  return (
    <Suspense fallback={null}>
      {overlay.kind === "sheet" ? <ShortcutSheet /> : overlay.kind === "palette" ? <Palette /> : <ConversationDialog overlay={overlay} />}
    </Suspense>
  );
}

function ConversationDialog({ overlay }: { overlay: Extract<Overlay, { conversationId: string }> }) {
  const conversation = useConversation(overlay.conversationId);
  if (conversation === null) return null;
  const Dialog = DIALOGS[overlay.kind];
  return <Dialog conversation={conversation} />;
}
