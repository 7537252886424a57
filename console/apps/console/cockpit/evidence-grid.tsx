import { FileText, ImageIcon, Lock, PenLine } from "lucide-react";
import { readEvidence, type Evidence } from "../../../lib/api/dispatch";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { exact } from "../../../lib/i18n/when";
import { Badge } from "../../../lib/ui/badge";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import { openFile } from "./open-file";

/** What proves the work. `version` changes when there may be more. */
export function EvidenceGrid({ ticketId, version }: { ticketId: string; version: number }) {
  const t = useCockpitTexts();
  const loaded = useLoad(`evidence ${ticketId} ${version}`, () => readEvidence(ticketId));
  if (loaded.state === "error") return <ErrorState title={t.evidence.failed} error={loaded.error} onRetry={loaded.reload} />;
  if (loaded.value === null) return <div aria-busy className="h-24" />;
  const { evidence, exceptions } = loaded.value;
  return (
    <div className="grid gap-3">
      {exceptions.map((one) => (
        <p key={one.id} className="rounded-xl bg-warn-soft px-3 py-2 text-[0.8125rem] text-warn-ink">
          {t.evidence.waived(one.evidence_keys.join(", "), exact(one.expires_at))}
        </p>
      ))}
      {evidence.length === 0 && (
        <div className="rounded-xl border border-line">
          <EmptyState icon={ImageIcon} title={t.evidence.none} text={t.evidence.noneHint} />
        </div>
      )}
      <ul className="grid gap-2 sm:grid-cols-2">
        {evidence.map((one) => (
          <Tile key={one.id} ticketId={ticketId} evidence={one} />
        ))}
      </ul>
    </div>
  );
}

function Tile({ ticketId, evidence }: { ticketId: string; evidence: Evidence }) {
  const t = useCockpitTexts();
  const Icon = evidence.kind === "SIGNATURE" ? PenLine : evidence.kind === "PHOTO" ? ImageIcon : FileText;
  return (
    <li data-evidence={evidence.kind} className="flex items-start gap-3 rounded-xl border border-line bg-surface p-3 text-[0.8125rem]">
      <Icon className="mt-0.5 size-5 shrink-0 text-ink-faint" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{t.evidence.kinds[evidence.kind] ?? evidence.kind}</p>
        {evidence.evidence_key && <p className="font-mono text-xs wrap-anywhere text-ink-soft">{evidence.evidence_key}</p>}
        <p className="text-xs text-ink-faint">{exact(evidence.created_at)}</p>
        {evidence.checksum && (
          <button type="button" onClick={() => void openFile(`/tickets/${ticketId}/evidence/${evidence.id}/content`)} className="mt-1 text-xs font-medium text-accent-text hover:underline">
            {t.evidence.open}
          </button>
        )}
      </div>
      {evidence.is_immutable && <Badge icon={<Lock className="size-3" aria-hidden />}>{t.evidence.frozen}</Badge>}
    </li>
  );
}
