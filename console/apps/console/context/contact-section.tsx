// The contact beside the open conversation.
import { Link } from "@tanstack/react-router";
import { contactContext } from "../../../lib/api/people";
import type { Conversation } from "../../../lib/api/model";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { useLoad } from "../../../lib/ui/use-load";
import { ContactFacts } from "../contacts/contact-facts";
import { contactChanged, useLooksAgain } from "../contacts/looks-again";

export function ContactSection({ conversation }: { conversation: Conversation }) {
  const t = usePeopleTexts();
  const { id } = conversation.contact;
  const loaded = useLoad(`contact:${id}`, () => contactContext(id));
  useLooksAgain(conversation, loaded.reload);
  if (loaded.value === null) return null;
  return (
    <>
      <ContactFacts context={loaded.value} except={conversation.id} onChange={contactChanged} />
      <Link to="/contacts/$contactId" params={{ contactId: id }} className="text-[0.8125rem] font-medium text-accent-text hover:underline">
        {t.open}
      </Link>
    </>
  );
}
