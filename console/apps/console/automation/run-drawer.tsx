// One run of an automation or a macro: what became of each step, and the way back.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { undoRun, type AutomationRun } from "../../../lib/api/automation";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { texts } from "../../../lib/i18n/language";
import { exact } from "../../../lib/i18n/when";
import { Badge } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { Drawer } from "../../../lib/ui/drawer";
import { Facts } from "../../../lib/ui/facts";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { worksConversations } from "../session/areas";
import { useMe } from "../session/me";
import { OUTCOME_TONES } from "./runs-page";

export function RunDrawer({ run, onClose, onUndone }: { run: AutomationRun; onClose: () => void; onUndone: () => void }) {
  const { runs: t, actions } = useAdminTexts();
  const me = useMe();
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const undo = async () => {
    setBusy("yes");
    try {
      await undoRun(run.id);
      toastDone(t.undone);
      onUndone();
      onClose();
    } catch (error) {
      toastError(error);
      setBusy("no");
    }
  };
  const mayUndo = run.can_undo && worksConversations(me);
  return (
    <Drawer
      title={run.automation.name}
      lead={exact(run.created_at)}
      onClose={onClose}
      {...(mayUndo
        ? {
            footer: (
              <>
                <p className="min-w-40 flex-1 text-xs text-ink-soft">{t.undoHint}</p>
                <Button look="danger" disabled={busy === "yes"} onClick={() => void undo()}>
                  {t.undo}
                </Button>
              </>
            ),
          }
        : {})}
    >
      <Facts
        of={[
          [t.outcome, <Badge key="outcome" tone={OUTCOME_TONES[run.outcome] ?? "plain"}>{t.outcomes[run.outcome] ?? run.outcome}</Badge>],
          [t.version, String(run.automation.version)],
          [
            t.conversation,
            <Link key="conversation" to="/inbox/$view/$conversationId" params={{ view: "all", conversationId: run.conversation_id }} className="font-medium text-accent-text hover:underline">
              {t.openConversation}
            </Link>,
          ],
          run.undone_at ? [t.undoneAt, exact(run.undone_at)] : null,
        ]}
      />
      <h3 className="mt-6 mb-2 text-sm font-semibold">{t.did}</h3>
      <ol className="grid gap-1.5">
        {run.steps.map((step, index) => (
          // Steps have no ids of their own and never change places.
          <li key={`${index} ${step.action}`} data-step={step.action} className="flex items-center gap-3 rounded-lg border border-line bg-surface px-3 py-2 text-[0.8125rem]">
            <span className="w-4 text-right text-ink-faint tabular-nums">{index + 1}</span>
            <span className="min-w-0 flex-1">{actions.names[step.action] ?? step.action}</span>
            {step.undone !== null && step.undone !== undefined && <span className="text-xs text-ink-soft">{step.undone === "done" ? t.stepUndone : t.stepKept}</span>}
            <Badge tone={step.outcome === "done" ? "good" : "bad"}>{step.outcome === "done" ? t.outcomes["done"] : (texts().errors[step.outcome] ?? step.outcome)}</Badge>
          </li>
        ))}
      </ol>
    </Drawer>
  );
}
