import { Link } from "@tanstack/react-router";
import { TicketPlus } from "lucide-react";
import type { ReactNode } from "react";
import type { Conversation, Satisfaction } from "../../../lib/api/model";
import { exact } from "../../../lib/i18n/when";
import { useTexts } from "../../../lib/i18n/language";
import { Avatar } from "../../../lib/ui/avatar";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { contactName } from "../inbox/preview";
import { useMe } from "../session/me";
import { show } from "../shell/overlay";
import { ContactSection } from "./contact-section";
import { closeDetails, useDetails } from "./details";
import { TicketLine } from "../tickets/ticket-line";
import { TagEditor } from "./tag-editor";

/** Who writes, where the conversation stands, its tags and tickets. */
export function ContextPanel({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const details = useDetails();
  if (details === "hidden") return null;
  if (details === "over") {
    return (
      <Dialog title={t.context.title} onClose={closeDetails}>
        <Sections conversation={conversation} />
      </Dialog>
    );
  }
  return (
    <aside aria-label={t.context.title} className="w-76 shrink-0 overflow-y-auto border-l border-line bg-canvas px-5 py-6">
      <Sections conversation={conversation} />
    </aside>
  );
}

function Sections({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const me = useMe();
  const name = contactName(conversation, t);
  const { address } = conversation.contact;
  return (
    <div className="grid gap-7">
      <section className="flex flex-col items-center text-center">
        <Avatar name={name} size="lg" />
        <h2 className="mt-3 text-[0.9375rem] font-semibold tracking-tight">{name}</h2>
        {address !== "" && address !== name && <p className="mt-0.5 text-[0.8125rem] text-ink-soft tabular-nums">{address}</p>}
      </section>
      <Section title={t.context.tickets}>
        {(conversation.tickets ?? []).map((ticket) => (
          <TicketLine key={ticket.id} ticket={ticket} />
        ))}
        <Button className="w-full" onClick={() => show({ kind: "ticket", conversationId: conversation.id })}>
          <TicketPlus className="size-4" aria-hidden />
          {t.context.makeTicket}
        </Button>
      </Section>
      <ContactSection conversation={conversation} />
      <Section title={t.context.tags}>
        <TagEditor conversation={conversation} />
      </Section>
      {conversation.satisfaction != null && (
        <Section title={t.context.satisfaction}>
          <SatisfactionFact said={conversation.satisfaction} />
        </Section>
      )}
      <Section title={t.context.conversation}>
        <dl className="grid gap-2 text-[0.8125rem]">
          <Fact name={t.context.status}>{t.status[conversation.status]}</Fact>
          <Fact name={t.context.assignee}>
            {conversation.assigned_to === null ? t.context.nobody : conversation.assigned_to.id === me.user.id ? t.common.you : conversation.assigned_to.name}
          </Fact>
          {conversation.team !== null && <Fact name={t.context.team}>{me.user.teams.find((team) => team.id === conversation.team?.id)?.name ?? conversation.team.slug}</Fact>}
          <Fact name={t.context.inbox}>{conversation.inbox.name}</Fact>
          <Fact name={t.context.priority}>{t.priority[conversation.priority] ?? conversation.priority}</Fact>
          <Fact name={t.context.opened}>{exact(conversation.created_at)}</Fact>
          {conversation.previous_conversation_id !== null && (
            <Fact name={t.context.previous}>
              <Link to="/inbox/$view/$conversationId" params={{ view: "closed", conversationId: conversation.previous_conversation_id }} className="font-medium text-accent-text hover:underline">
                {t.common.show}
              </Link>
            </Fact>
          )}
          {conversation.snoozed_until !== null && <Fact name={t.context.snoozedUntil}>{exact(conversation.snoozed_until)}</Fact>}
        </dl>
      </Section>
    </div>
  );
}

/** What the customer said when it was over. */
function SatisfactionFact({ said }: { said: Satisfaction }) {
  const t = useTexts();
  const words = t.context.rated.replace("{rating}", String(said.rating));
  return (
    <div className="grid gap-1 text-[0.8125rem]">
      <p className="flex justify-between gap-4">
        <span role="img" aria-label={words} title={words} className="tracking-widest text-accent-text">
          {"★".repeat(said.rating)}
          <span className="text-ink-faint">{"☆".repeat(5 - said.rating)}</span>
        </span>
        <span className="text-ink-soft">{exact(said.answered_at)}</span>
      </p>
      {said.comment !== null && <p className="wrap-anywhere whitespace-pre-wrap">{said.comment}</p>}
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="grid gap-2">
      <h3 className="text-xs font-semibold text-ink-faint">{title}</h3>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="shrink-0 text-ink-soft">{name}</dt>
      <dd className="min-w-0 text-right wrap-anywhere">{children}</dd>
    </div>
  );
}
