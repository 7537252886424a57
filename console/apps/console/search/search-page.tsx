// One field for everything: conversations and what was written in them, people, tickets. The words are in the address.
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Search, SearchX, TicketCheck } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import type { Conversation, Ticket } from "../../../lib/api/model";
import type { Contact } from "../../../lib/api/people";
import { findEverywhere, NOTHING } from "../../../lib/api/search";
import { shortAge } from "../../../lib/i18n/when";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import { useTicketState } from "../../../lib/i18n/ticket-states";
import { useNow, useWorkspace } from "../../../lib/realtime/hooks";
import { activityOf } from "../../../lib/realtime/merge";
import { Avatar } from "../../../lib/ui/avatar";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import { contactName, contentLine } from "../inbox/preview";

const PAUSE_MS = 250;
const MOST = 20;
const ROW = "flex items-center gap-3 rounded-xl px-3 py-2 hover:bg-hover";

export function SearchPage() {
  const desk = useDeskTexts();
  const navigate = useNavigate();
  const { q = "" }: { q?: string } = useSearch({ strict: false });
  const [text, setText] = useState(q);
  useEffect(() => {
    document.title = `${desk.search.title} · Patchbay`;
  }, [desk]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const wanted = text.trim();
      if (wanted !== q) void navigate({ to: "/search", search: wanted === "" ? {} : { q: wanted }, replace: true });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, q, navigate]);
  return (
    <main id="main" tabIndex={-1} className="min-h-0 min-w-0 flex-1 overflow-y-auto bg-surface pb-20 outline-none">
      <div className="mx-auto grid max-w-3xl grid-cols-[minmax(0,1fr)] gap-6 px-5 py-6">
        <h1 className="text-lg font-semibold tracking-tight">{desk.search.title}</h1>
        <div role="search" className="relative">
          <Search aria-hidden className="pointer-events-none absolute top-1/2 left-3.5 size-4 -translate-y-1/2 text-ink-faint" />
          <input
            id="search"
            autoFocus
            role="searchbox"
            aria-label={desk.search.label}
            placeholder={desk.search.label}
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="h-11 w-full rounded-xl border border-line-strong bg-surface pr-4 pl-10 text-sm focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0"
          />
        </div>
        {q === "" ? <EmptyState icon={Search} title={desk.search.start[0]} text={desk.search.start[1]} /> : <Results q={q} />}
      </div>
    </main>
  );
}

function Results({ q }: { q: string }) {
  const t = useTexts();
  const desk = useDeskTexts();
  const { store } = useWorkspace();
  const loaded = useLoad(`search:${q}`, async () => {
    const found = await findEverywhere(q, MOST);
    for (const conversation of found.conversations) store.mergeConversation(conversation, "event");
    return found;
  });
  if (loaded.state === "error") return <ErrorState title={desk.search.failed} error={loaded.error} onRetry={loaded.reload} />;
  if (loaded.state === "loading") return <div role="status" aria-label={t.common.loading} className="skeleton h-40 rounded-xl" />;
  const { conversations, contacts, tickets } = loaded.value ?? NOTHING;
  if (conversations.length + contacts.length + tickets.length === 0) {
    return <EmptyState icon={SearchX} title={desk.search.none[0]} text={desk.search.none[1]} />;
  }
  return (
    <>
      <Group title={desk.search.conversations} rows={conversations.map((one) => <ConversationHit key={one.id} conversation={one} />)} />
      <Group title={desk.search.people} rows={contacts.map((one) => <ContactHit key={one.id} contact={one} />)} />
      <Group title={desk.search.tickets} rows={tickets.map((one) => <TicketHit key={one.id} ticket={one} />)} />
    </>
  );
}

function Group({ title, rows }: { title: string; rows: readonly ReactNode[] }) {
  if (rows.length === 0) return null;
  return (
    <section aria-label={title} className="grid grid-cols-[minmax(0,1fr)] gap-1">
      <h2 className="px-3 text-xs font-semibold text-ink-faint">{title}</h2>
      {rows}
    </section>
  );
}

function ConversationHit({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const now = useNow(60_000);
  const last = conversation.last_message ?? null;
  const view = conversation.status === "closed" ? "closed" : "all";
  return (
    <Link to="/inbox/$view/$conversationId" params={{ view, conversationId: conversation.id }} data-hit="conversation" className={ROW}>
      <ChannelIcon channel={conversation.channel} />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-[0.8125rem] font-medium">{contactName(conversation, t)}</span>
        <span className="block truncate text-xs text-ink-soft">{last === null ? "" : contentLine(last.content, t)}</span>
      </span>
      <span className="shrink-0 text-xs text-ink-soft">{t.status[conversation.status]}</span>
      <time dateTime={activityOf(conversation)} className="w-12 shrink-0 text-right text-2xs text-ink-faint tabular-nums">
        {shortAge(activityOf(conversation), now)}
      </time>
    </Link>
  );
}

function ContactHit({ contact }: { contact: Contact }) {
  return (
    <Link to="/contacts/$contactId" params={{ contactId: contact.id }} data-hit="contact" className={ROW}>
      <Avatar name={contact.display_name} size="sm" />
      <span className="min-w-0 flex-1 truncate text-[0.8125rem] font-medium">{contact.display_name}</span>
      <span className="shrink-0 text-xs text-ink-soft tabular-nums">{contact.identities[0]?.address ?? ""}</span>
    </Link>
  );
}

function TicketHit({ ticket }: { ticket: Ticket }) {
  const stateName = useTicketState();
  const path: string = `/cockpit/${ticket.id}`;
  return (
    <Link to={path} data-hit="ticket" className={ROW}>
      <TicketCheck className="size-4 text-accent-text" aria-hidden />
      <span className="shrink-0 text-[0.8125rem] font-semibold tabular-nums">{ticket.code}</span>
      <span className="min-w-0 flex-1 truncate text-[0.8125rem]">{ticket.summary}</span>
      <span className="shrink-0 rounded-full bg-sunken px-2 py-0.5 text-2xs font-medium text-ink-soft">{stateName(ticket.state)}</span>
    </Link>
  );
}
