// The contact beside the open conversation.
import { Link } from "@tanstack/react-router";
import { contactContext } from "../../../lib/api/people";
import type { Conversation } from "../../../lib/api/model";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { useLoad } from "../../../lib/ui/use-load";
import { ContactFacts } from "../contacts/contact-facts";

export function ContactSection({ conversation }: { conversation: Conversation }) {
  const t = usePeopleTexts();
  const { id } = conversation.contact;
  const loaded = useLoad(`contact:${id}`, () => contactContext(id));
  if (loaded.value === null) return null;
  return (
    <>
      <ContactFacts context={loaded.value} except={conversation.id} onChange={loaded.reload} />
      <Link to="/contacts/$contactId" params={{ contactId: id }} className="text-[0.8125rem] font-medium text-accent-text hover:underline">
        {t.open}
      </Link>
    </>
  );
}
