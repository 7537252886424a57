// Who answers in a conversation that an assistant works in: taken back by a person, or handed to the assistant again.
import { Hand, Undo2 } from "lucide-react";
import { useState } from "react";
import { listSwitches, setSwitch } from "../../../lib/api/decisions";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { Button } from "../../../lib/ui/button";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";

const SCOPE = "handover";

export function AssistantHand({ conversationId }: { conversationId: string }) {
  const { assistant: t } = useDeskTexts();
  const switches = useLoad(`handover ${conversationId}`, listSwitches);
  const [busy, setBusy] = useState<"no" | "yes">("no");
  if (switches.value === null) return null;
  const isTaken = switches.value.some((row) => row.active && row.scope_type === SCOPE && row.scope_id === conversationId);
  const change = async () => {
    setBusy("yes");
    try {
      await setSwitch({ scope_type: SCOPE, scope_id: conversationId, active: !isTaken, reason: t.takenBack });
      toastDone(isTaken ? t.handedOver : t.takenBack);
    } catch (error) {
      toastError(error);
    }
    switches.reload();
    setBusy("no");
  };
  return (
    <div data-hand={isTaken ? "person" : "assistant"} className="mt-2 flex flex-wrap items-center justify-end gap-2">
      <span className="mr-auto">{isTaken ? t.isSilent : t.mayAnswer}</span>
      <Button disabled={busy === "yes"} onClick={() => void change()}>
        {isTaken ? <Undo2 className="size-4" aria-hidden /> : <Hand className="size-4" aria-hidden />}
        {isTaken ? t.handOver : t.takeBack}
      </Button>
    </div>
  );
}
