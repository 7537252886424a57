import { Link } from "@tanstack/react-router";
import { contactContext } from "../../../lib/api/people";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { useTexts } from "../../../lib/i18n/language";
import { exact } from "../../../lib/i18n/when";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { useLoad } from "../../../lib/ui/use-load";

/** The customer's conversations, as far as whoever looks may see them. */
export function TicketConversations({ contactId }: { contactId: string | null }) {
  const t = useCockpitTexts();
  const texts = useTexts();
  const loaded = useLoad(`conversations ${contactId}`, async () => (contactId === null ? [] : (await contactContext(contactId)).conversations));
  // Whoever works tickets alone may not see conversations; then there is none to show.
  const rows = loaded.value ?? [];
  if (loaded.state !== "loading" && rows.length === 0) return <p className="text-[0.8125rem] text-ink-soft">{t.ticket.noConversations}</p>;
  return (
    <section aria-label={t.ticket.conversations}>
      <ul className="grid gap-1.5">
        {rows.map((row) => (
          <li key={row.id}>
            <Link to="/inbox/$view/$conversationId" params={{ view: "all", conversationId: row.id }} className="flex items-center gap-3 rounded-xl border border-line bg-surface px-3 py-2 text-[0.8125rem] hover:bg-hover">
              <ChannelIcon channel={row.channel} className="size-4" />
              <span className="min-w-0 flex-1 truncate">{row.last_message?.content.text ?? texts.status[row.status] ?? row.status}</span>
              <span className="text-xs text-ink-faint">{exact(row.updated_at)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
