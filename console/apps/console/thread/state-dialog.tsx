import type { Conversation, Priority } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { cx } from "../../../lib/ui/cx";
import { Dialog } from "../../../lib/ui/dialog";
import { hasHandInIt, leads, mayClose, useMe } from "../session/me";
import { hide, show } from "../shell/overlay";
import { useCommands } from "./commands";

const PRIORITIES: readonly Priority[] = ["low", "normal", "high", "urgent"];

/** Where the conversation stands, and where it can go from there. */
export function StateDialog({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const me = useMe();
  const commands = useCommands(conversation.id);
  const { id } = conversation;
  const steps = [
    { text: t.actions.close, may: mayClose(me, conversation), run: () => show({ kind: "close", conversationId: id }) },
    { text: t.actions.reopen, may: conversation.status === "closed" && leads(me, conversation), run: () => void commands.reopen() },
    { text: t.actions.snooze, may: conversation.status !== "closed" && hasHandInIt(me, conversation), run: () => show({ kind: "snooze", conversationId: id }) },
    { text: t.actions.unsnooze, may: conversation.snoozed_until !== null, run: () => void commands.snooze(null) },
  ].filter((step) => step.may);
  return (
    <Dialog title={t.context.status} lead={t.status[conversation.status] ?? conversation.status} onClose={hide} width="max-w-sm">
      <div className="-mx-2 grid gap-0.5">
        {steps.map((step) => (
          <button
            key={step.text}
            type="button"
            onClick={() => {
              hide();
              step.run();
            }}
            className="rounded-lg px-3 py-2 text-left text-[0.8125rem] hover:bg-hover"
          >
            {step.text}
          </button>
        ))}
      </div>
      {hasHandInIt(me, conversation) && (
        <fieldset className="mt-3 border-t border-line pt-3">
          <legend className="sr-only">{t.context.priority}</legend>
          <p aria-hidden className="mb-2 text-xs font-semibold text-ink-faint">
            {t.context.priority}
          </p>
          <div className="flex flex-wrap gap-1.5">
            {PRIORITIES.map((priority) => (
              <button
                key={priority}
                type="button"
                aria-pressed={conversation.priority === priority}
                onClick={() => {
                  hide();
                  void commands.prioritize(priority);
                }}
                className={cx("h-8 rounded-full border px-3 text-[0.8125rem]", conversation.priority === priority ? "border-accent bg-accent-soft font-semibold text-accent-text" : "border-line hover:bg-hover")}
              >
                {t.priority[priority]}
              </button>
            ))}
          </div>
        </fieldset>
      )}
    </Dialog>
  );
}
