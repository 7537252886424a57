// The contacts: a list that is searched while typing, and one of them beside it; one at a time on a phone.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ContactRound, SearchX } from "lucide-react";
import { useEffect, useState } from "react";
import { listContacts } from "../../../lib/api/people";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Avatar } from "../../../lib/ui/avatar";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { TextField } from "../../../lib/ui/fields";
import { More } from "../../../lib/ui/more";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { usePages } from "../../../lib/ui/use-pages";
import { ListTools } from "./list-tools";
import { ContactCard } from "./contact-card";

const PAUSE_MS = 200;

export function ContactsPage() {
  const t = usePeopleTexts();
  const navigate = useNavigate();
  const { contactId } = useParams({ strict: false });
  const { q = "" } = useSearch({ strict: false }) as { q?: string };
  const [text, setText] = useState(q);
  useEffect(() => {
    document.title = `${t.contacts} · Patchbay`;
  }, [t]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text.trim() !== q) void navigate({ to: ".", search: text.trim() === "" ? {} : { q: text.trim() }, replace: true });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, q, navigate]);
  const list = usePages(`contacts:${q}`, (cursor) => listContacts(q, cursor));
  const { rows } = list;
  return (
    <>
      <section aria-label={t.contacts} className={cx("min-h-0 w-full flex-col border-line bg-canvas pb-14 md:flex md:w-80 md:shrink-0 md:border-r md:pb-0 lg:w-88", contactId === undefined ? "flex" : "hidden")}>
        <div className="border-b border-line px-4 py-3">
          <div className="mb-2 flex items-center justify-between gap-2">
            <h1 className="text-base font-semibold tracking-tight">{t.contacts}</h1>
            <ListTools q={q} onDone={list.reload} />
          </div>
          <TextField label={t.find} type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto" aria-busy={list.state === "loading"}>
          {list.state === "error" && <ErrorState title={t.failed} error={list.error} onRetry={list.reload} />}
          {list.state === "ready" && rows.length === 0 && (
            <EmptyState icon={q === "" ? ContactRound : SearchX} title={q === "" ? t.none : t.noMatch} text={q === "" ? t.noneHint : t.noMatchHint}>
              {q !== "" && <Button onClick={() => setText("")}>{t.clear}</Button>}
            </EmptyState>
          )}
          <ul>
            {rows.map((contact) => (
              <li key={contact.id}>
                <Link
                  to="/contacts/$contactId"
                  params={{ contactId: contact.id }}
                  search={q === "" ? {} : { q }}
                  data-contact={contact.id}
                  className={cx("flex items-center gap-3 px-4 py-2.5 hover:bg-hover", contact.id === contactId && "bg-accent-soft")}
                  {...(contact.id === contactId ? { "aria-current": "page" as const } : {})}
                >
                  <Avatar name={contact.display_name} />
                  <span className="min-w-0 flex-1">
                    <span className="block truncate text-[0.8125rem] font-medium">{contact.display_name}</span>
                    <span className="block truncate text-xs text-ink-soft tabular-nums">{contact.identities[0]?.address ?? ""}</span>
                  </span>
                </Link>
              </li>
            ))}
          </ul>
          <More label={t.more} more={list.more} />
        </div>
      </section>
      <main id="main" tabIndex={-1} className={cx("min-h-0 min-w-0 flex-1 outline-none md:block", contactId === undefined ? "hidden" : "block")}>
        {contactId === undefined ? (
          <EmptyState icon={ContactRound} title={t.choose} text={t.chooseHint} />
        ) : (
          <ContactCard key={contactId} id={contactId} onChange={list.reload} />
        )}
      </main>
    </>
  );
}
