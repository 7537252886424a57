// What there is to know about a contact: beside a conversation, and on the contacts' own page.
import { Link } from "@tanstack/react-router";
import { MessageSquareOff } from "lucide-react";
import { useState } from "react";
import { undoMerge, type ContactContext, type Identity } from "../../../lib/api/people";
import { exact } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Button } from "../../../lib/ui/button";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { contentLine } from "../inbox/preview";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useMe } from "../session/me";
import { ConsentDialog } from "./consent-dialog";
import { TicketLine } from "../tickets/ticket-line";
import { MergeDialog, type Mergeable } from "./merge-dialog";

export function ContactFacts({ context, except, onChange }: { context: ContactContext; except: string | null; onChange: () => void }) {
  const t = usePeopleTexts();
  const words = useTexts();
  const [other, setOther] = useState<Mergeable | null>(null);
  const me = useMe();
  const [consent, setConsent] = useState<Identity | null>(null);
  const { contact } = context;
  // Beside a conversation its own tickets stand above.
  const tickets = except === null ? context.tickets : [];
  const conversations = context.conversations.filter((one) => one.id !== except);
  const undo = async (mergeId: string) => {
    try {
      await undoMerge(contact.id, mergeId);
      toastDone(t.undone);
      onChange();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <>
      <Part title={t.addresses} isShown={contact.identities.length > 0}>
        <ul className="grid gap-1.5">
          {contact.identities.map((identity) => (
            <li key={identity.id} data-identity={identity.channel} className="relative rounded-lg border border-line bg-surface px-3 py-2 text-[0.8125rem]">
              <span className="block wrap-anywhere tabular-nums">{identity.address}</span>
              <span className="text-xs text-ink-soft">
                {words.channels[identity.channel] ?? identity.channel} · {t.evidence[identity.evidence] ?? identity.evidence}
              </span>
              {identity.opted_out_at !== null && (
                <span className="mt-0.5 flex items-center gap-1 text-xs font-medium text-danger-ink">
                  <MessageSquareOff className="size-3" aria-hidden />
                  {t.optedOut}
                </span>
              )}
              {(identity.opted_out_at === null || me.user.role === "admin") && contact.erased_at === null && (
                <button type="button" onClick={() => setConsent(identity)} className="mt-1 block text-left text-xs font-medium text-ink-soft underline underline-offset-2 hover:text-ink">
                  {identity.opted_out_at === null ? t.withdraw : t.lift}
                </button>
              )}
            </li>
          ))}
        </ul>
      </Part>
      <Part title={t.same} isShown={context.suggestions.length > 0}>
        {context.suggestions.map((suggestion) => (
          <div key={suggestion.contact_id} data-suggestion={suggestion.contact_id} className="flex items-center gap-3 rounded-lg border border-line bg-surface px-3 py-2">
            <span className="min-w-0 flex-1 text-[0.8125rem]">
              <span className="block truncate font-medium">{suggestion.name}</span>
              <span className="text-xs wrap-anywhere text-ink-soft">{t.sameBecause(suggestion.addresses.join(", "))}</span>
            </span>
            <Button onClick={() => setOther({ id: suggestion.contact_id, name: suggestion.name })}>{t.merge}</Button>
          </div>
        ))}
      </Part>
      <Part title={t.mergedContacts} isShown={context.merges.length > 0}>
        {context.merges.map((merge) => (
          <div key={merge.id} className="flex items-center gap-3 rounded-lg border border-line bg-surface px-3 py-2">
            <span className="min-w-0 flex-1 text-[0.8125rem]">
              <span className="block truncate font-medium">{merge.name}</span>
              <span className="text-xs text-ink-soft">{t.undoUntil(exact(merge.undo_until))}</span>
            </span>
            <Button onClick={() => void undo(merge.id)}>{t.undo}</Button>
          </div>
        ))}
      </Part>
      <Part title={t.conversations} isShown={conversations.length > 0}>
        <ul className="grid gap-1">
          {conversations.slice(0, 10).map((conversation) => (
            <li key={conversation.id}>
              <Link
                to="/inbox/$view/$conversationId"
                params={{ view: "all", conversationId: conversation.id }}
                className="flex justify-between gap-3 rounded-lg px-2 py-1.5 text-[0.8125rem] hover:bg-hover"
              >
                <span className="flex min-w-0 items-center gap-2">
                  <ChannelIcon channel={conversation.channel} />
                  <span className="truncate">{conversation.last_message ? contentLine(conversation.last_message.content, words) : conversation.inbox.name}</span>
                </span>
                <span className="shrink-0 text-ink-soft">{words.status[conversation.status]}</span>
              </Link>
            </li>
          ))}
        </ul>
      </Part>
      <Part title={t.tickets} isShown={tickets.length > 0}>
        <ul className="grid gap-1">
          {tickets.map((ticket) => (
            <li key={ticket.id}>
              <TicketLine ticket={ticket} />
            </li>
          ))}
        </ul>
      </Part>
      <Part title={t.sites} isShown={context.sites.length > 0}>
        <ul className="grid gap-1 text-[0.8125rem]">
          {context.sites.map((site) => (
            <li key={`${site.id}-${site.relation}`} className="flex justify-between gap-3 px-2">
              <span className="truncate">{site.name}</span>
              <span className="shrink-0 text-ink-soft">{site.relation}</span>
            </li>
          ))}
        </ul>
      </Part>
      {consent !== null && <ConsentDialog contact={contact} identity={consent} onClose={() => setConsent(null)} onDone={onChange} />}
      {other !== null && (
        <MergeDialog contact={{ id: contact.id, name: contact.display_name }} other={other} onClose={() => setOther(null)} onDone={onChange} />
      )}
    </>
  );
}

function Part({ title, isShown, children }: { title: string; isShown: boolean; children: React.ReactNode }) {
  if (!isShown) return null;
  return (
    <section className="grid gap-2">
      <h3 className="text-xs font-semibold text-ink-faint">{title}</h3>
      {children}
    </section>
  );
}
