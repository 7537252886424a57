// One entry of the audit log, whole.
import { Link } from "@tanstack/react-router";
import type { AuditEntry } from "../../../lib/api/audit";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useAuditTexts } from "../../../lib/i18n/audit";
import { exact } from "../../../lib/i18n/when";
import { Drawer } from "../../../lib/ui/drawer";
import { Facts, Payload } from "../../../lib/ui/facts";
import { dispatches, worksInbox } from "../session/areas";
import { useMe } from "../session/me";

export function AuditDrawer({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const t = useAuditTexts();
  const { choices } = useAdminTexts();
  const me = useMe();
  const changes = Object.entries(entry.changes ?? {});
  const link = "font-medium text-accent-text hover:underline";
  const code = (text: string | null) => (text === null ? null : <code className="font-mono text-xs wrap-anywhere">{text}</code>);
  return (
    <Drawer title={entry.tool} lead={exact(entry.created_at)} onClose={onClose} width="sm:max-w-xl">
      <Facts
        of={[
          [t.who, `${entry.actor.name ?? t.kinds[entry.actor.type] ?? entry.actor.type} · ${choices[entry.actor.role] ?? entry.actor.role}`],
          [t.outcome, t.outcomes[entry.outcome] ?? entry.outcome],
          [t.code, code(entry.error_code)],
          [t.states, entry.after_state === null ? null : `${entry.before_state ?? "–"} → ${entry.after_state}`],
          entry.ticket_id !== null && [t.ticket, dispatches(me) ? <Link key="ticket" to="/cockpit/$ticketId" params={{ ticketId: entry.ticket_id }} className={link}>{entry.ticket_id}</Link> : code(entry.ticket_id)],
          entry.conversation_id !== null && [t.conversation, worksInbox(me) ? <Link key="conversation" to="/inbox/$view/$conversationId" params={{ view: "all", conversationId: entry.conversation_id }} className={link}>{entry.conversation_id}</Link> : code(entry.conversation_id)],
          [t.account, code(entry.account_id)],
          [t.request, code(entry.request_id)],
          [t.correlation, code(entry.correlation_id)],
          [t.hash, code(entry.hash)],
        ]}
      />
      {changes.length > 0 && (
        <section aria-label={t.changes} className="mt-6">
          <h3 className="mb-2 text-sm font-semibold">{t.changes}</h3>
          <table className="w-full border-collapse text-left text-[0.8125rem]">
            <thead>
              <tr className="border-b border-line text-xs text-ink-soft">
                {[t.field, t.before, t.after].map((title) => (
                  <th key={title} scope="col" className="py-1.5 pr-3 font-medium">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {changes.map(([field, pair]) => {
                const [before, after] = Array.isArray(pair) ? (pair as unknown[]) : [null, pair];
                return (
                  <tr key={field} className="border-b border-line last:border-0">
                    <th scope="row" className="py-1.5 pr-3 align-top font-normal text-ink-soft">
                      {field}
                    </th>
                    <td className="py-1.5 pr-3 align-top wrap-anywhere">{written(before)}</td>
                    <td className="py-1.5 align-top wrap-anywhere">{written(after)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
      )}
      <section aria-label={t.payload} className="mt-6">
        <h3 className="text-sm font-semibold">{t.payload}</h3>
        <p className="mt-0.5 mb-2 text-xs text-ink-soft">{t.payloadHint}</p>
        <Payload label={t.payload} value={entry.payload} />
      </section>
    </Drawer>
  );
}

function written(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
