import { lazy, Suspense, useEffect } from "react";
import { useConversation } from "../../../lib/realtime/hooks";
import { useOverlay, type Overlay } from "./overlay";

const ShortcutSheet = lazy(async () => ({ default: (await import("./shortcut-sheet")).ShortcutSheet }));
const loadPalette = () => import("./palette");
const Palette = lazy(async () => ({ default: (await loadPalette()).Palette }));
/** The palette opens at once also the first time: it is fetched when everything else is there. */
const PALETTE_AFTER_MS = 1500;
const CloseDialog = lazy(async () => ({ default: (await import("../thread/close-dialog")).CloseDialog }));
const TransferDialog = lazy(async () => ({ default: (await import("../thread/transfer-dialog")).TransferDialog }));
const AssignDialog = lazy(async () => ({ default: (await import("../thread/assign-dialog")).AssignDialog }));
const SnoozeDialog = lazy(async () => ({ default: (await import("../thread/snooze-dialog")).SnoozeDialog }));
const StateDialog = lazy(async () => ({ default: (await import("../thread/state-dialog")).StateDialog }));
const MergeDialog = lazy(async () => ({ default: (await import("../thread/merge-dialog")).MergeDialog }));
const TicketDialog = lazy(async () => ({ default: (await import("../tickets/ticket-dialog")).TicketDialog }));
const TemplateDialog = lazy(async () => ({ default: (await import("../composer/template-dialog")).TemplateDialog }));

const MacroDialog = lazy(async () => ({ default: (await import("../automation/macro-dialog")).MacroDialog }));

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

/** The dialog that was asked for; its code is fetched the first time. */
export function Overlays() {
  const overlay = useOverlay();
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), PALETTE_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
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
