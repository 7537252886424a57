import { LayoutTemplate, TimerOff } from "lucide-react";
import type { Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { Button } from "../../../lib/ui/button";
import { show } from "../shell/overlay";

/** Takes the place of the text field while the channel lets nothing but a template through. */
export function WindowNotice({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  return (
    <div className="flex flex-wrap items-start gap-x-4 gap-y-3 px-4 py-4">
      <TimerOff className="mt-0.5 size-4 shrink-0 text-warn-ink" aria-hidden />
      <div className="min-w-52 flex-1">
        <p className="text-[0.8125rem] font-semibold">{t.composer.closedTitle}</p>
        <p className="mt-0.5 text-xs text-ink-soft">{t.composer.closedText}</p>
      </div>
      <Button look="primary" onClick={() => show({ kind: "template", conversationId: conversation.id })}>
        <LayoutTemplate className="size-3.5" aria-hidden />
        {t.composer.template}
      </Button>
    </div>
  );
}
