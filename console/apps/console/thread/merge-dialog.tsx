import { contactContext } from "../../../lib/api/people";
import type { Conversation } from "../../../lib/api/model";
import { exact } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { Dialog } from "../../../lib/ui/dialog";
import { ErrorState } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import { contentLine } from "../inbox/preview";
import { hide } from "../shell/overlay";
import { useCommands } from "./commands";

/** The contact's other open conversations, one of which this one is to go on in. */
export function MergeDialog({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const commands = useCommands(conversation.id);
  const loaded = useLoad(`contact:${conversation.contact.id}`, () => contactContext(conversation.contact.id));
  const others = (loaded.value?.conversations ?? []).filter((one) => one.id !== conversation.id && one.status !== "closed");
  const merge = async (id: string) => {
    if ((await commands.merge({ id })) === "done") hide();
  };
  return (
    <Dialog title={t.actions.mergeInto} lead={t.actions.mergeLead} onClose={hide}>
      {loaded.state === "error" && <ErrorState title={t.actions.failed} error={loaded.error} onRetry={loaded.reload} />}
      {loaded.state === "loading" && <p className="py-4 text-center text-ink-soft">{t.common.loading}</p>}
      {loaded.state === "ready" && others.length === 0 && <p className="py-4 text-center text-ink-soft">{t.actions.mergeNone}</p>}
      <div className="-mx-2 grid gap-0.5">
        {others.map((other) => (
          <button key={other.id} type="button" data-merge={other.id} onClick={() => void merge(other.id)} className="flex items-center gap-3 rounded-lg px-3 py-2 text-left text-[0.8125rem] hover:bg-hover">
            <ChannelIcon channel={other.channel} />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{other.inbox.name}</span>
              <span className="block truncate text-xs text-ink-soft">{other.last_message ? contentLine(other.last_message.content, t) : exact(other.created_at)}</span>
            </span>
            <span className="shrink-0 text-xs text-ink-soft">{t.status[other.status]}</span>
          </button>
        ))}
      </div>
    </Dialog>
  );
}
