import { MessageSquareOff } from "lucide-react";
import type { Conversation } from "../../../lib/api/model";
import { readContact, type Identity } from "../../../lib/api/people";
import { useTexts } from "../../../lib/i18n/language";
import { exact } from "../../../lib/i18n/when";
import { useLoad } from "../../../lib/ui/use-load";
import { useLooksAgain } from "../contacts/looks-again";

/** The address that a reply would go to, when its owner wants no messages there. */
export function useOptedOut(conversation: Conversation): Identity | null {
  const { id, address } = conversation.contact;
  const loaded = useLoad(`consent:${id}`, () => readContact(id));
  useLooksAgain(conversation, loaded.reload);
  const isTarget = (identity: Identity) => identity.channel === conversation.channel && identity.address === address;
  return loaded.value?.identities.find((identity) => isTarget(identity) && identity.opted_out_at !== null) ?? null;
}

/** Takes the place of the text field while the customer wants no messages: none would be sent. */
export function ConsentNotice({ conversation, identity }: { conversation: Conversation; identity: Identity }) {
  const t = useTexts();
  const channel = t.channels[identity.channel] ?? identity.channel;
  return (
    <div role="status" className="flex flex-wrap items-start gap-x-4 gap-y-3 px-4 py-4">
      <MessageSquareOff className="mt-0.5 size-4 shrink-0 text-danger-ink" aria-hidden />
      <div className="min-w-52 flex-1">
        <p className="text-[0.8125rem] font-semibold">{t.composer.optedOutTitle(channel)}</p>
        <p className="mt-0.5 text-xs text-ink-soft">
          {identity.opted_out_at !== null && t.composer.optedOutSince(exact(identity.opted_out_at))} {conversation.channel === "sms" ? t.composer.optedOutSms : t.composer.optedOutText}
        </p>
      </div>
    </div>
  );
}
