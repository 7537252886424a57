// One contact: its name, everything known of it, and what can be done with it.
import { useNavigate } from "@tanstack/react-router";
import { ArrowLeft, UserX } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { contactContext, exportContact, renameContact, type Contact } from "../../../lib/api/people";
import { exact } from "../../../lib/i18n/when";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Avatar } from "../../../lib/ui/avatar";
import { Button, IconButton } from "../../../lib/ui/button";
import { TextField } from "../../../lib/ui/fields";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { useMe } from "../session/me";
import { ContactFacts } from "./contact-facts";
import { saveFile } from "./save-file";
import { EraseDialog } from "./erase-dialog";

export function ContactCard({ id, onChange }: { id: string; onChange: () => void }) {
  const t = usePeopleTexts();
  const me = useMe();
  const navigate = useNavigate();
  const loaded = useLoad(`contact:${id}`, () => contactContext(id));
  const [erasing, setErasing] = useState(false);
  const reload = () => {
    loaded.reload();
    onChange();
  };
  if (loaded.state === "error") return <ErrorState title={t.failed} error={loaded.error} onRetry={loaded.reload} />;
  if (loaded.value === null) return <div aria-busy className="h-full" />;
  const { contact } = loaded.value;
  const exports = me.user.role === "admin" || me.user.role === "supervisor";
  return (
    <div className="h-full overflow-y-auto px-5 py-6 md:px-10">
      <div className="mx-auto grid max-w-xl gap-7">
        <header className="flex items-center gap-3">
          <IconButton label={t.back} className="md:hidden" onClick={() => void navigate({ to: "/contacts" })}>
            <ArrowLeft className="size-4" />
          </IconButton>
          <Avatar name={contact.display_name} size="lg" />
          <h1 className="min-w-0 flex-1 truncate text-lg font-semibold tracking-tight">{contact.display_name}</h1>
        </header>
        {contact.erased_at !== null ? (
          <EmptyState icon={UserX} title={contact.display_name} text={t.erasedOn(exact(contact.erased_at))} />
        ) : (
          <>
            <Rename key={contact.version} contact={contact} onDone={reload} />
            <ContactFacts context={loaded.value} except={null} onChange={reload} />
            {exports && (
              <footer className="flex flex-wrap gap-2 border-t border-line pt-5">
                <Button onClick={() => void save(contact, t.exported)}>{t.exportAll}</Button>
                {me.user.role === "admin" && (
                  <Button look="danger" onClick={() => setErasing(true)}>
                    {t.erase}
                  </Button>
                )}
              </footer>
            )}
          </>
        )}
      </div>
      {erasing && <EraseDialog contact={contact} onClose={() => setErasing(false)} onDone={reload} />}
    </div>
  );
}

function Rename({ contact, onDone }: { contact: Contact; onDone: () => void }) {
  const t = usePeopleTexts();
  const [name, setName] = useState(contact.display_name);
  const changed = name.trim() !== "" && name.trim() !== contact.display_name;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await renameContact(contact.id, name.trim(), contact.version);
      toastDone(t.renamed);
      onDone();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="flex items-end gap-2">
      <div className="flex-1">
        <TextField label={t.name} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
      </div>
      <Button type="submit" disabled={!changed} className="h-9">
        {t.save}
      </Button>
    </form>
  );
}

async function save(contact: Contact, done: string): Promise<void> {
  try {
    const everything = await exportContact(contact.id);
    saveFile(`contact-${contact.id}.json`, "application/json", JSON.stringify(everything, null, 2));
    toastDone(done);
  } catch (error) {
    toastError(error);
  }
}
