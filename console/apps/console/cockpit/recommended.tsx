import { isRecord } from "../../../lib/api/http";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { Button } from "../../../lib/ui/button";
import type { Option } from "../admin/options";

export interface Recommendation {
  id: string | null;
  candidates: readonly { technician: string; rank: number; score: number; zoneMatch: boolean }[];
}

/** The ranking in the answer of the command. */
export function readRecommendation(answer: unknown): Recommendation {
  const body = isRecord(answer) ? answer : {};
  const kept = isRecord(body["recommendation"]) ? body["recommendation"] : body;
  const list = Array.isArray(kept["candidates"]) ? kept["candidates"].filter(isRecord) : [];
  const id = body["recommendation_snapshot_id"] ?? kept["id"];
  return {
    id: typeof id === "string" ? id : null,
    candidates: list.map((one, index) => ({
      technician: String(one["technician_id"] ?? one["tech_id"] ?? ""),
      rank: Number(one["rank"] ?? index + 1),
      score: Number(one["score"] ?? 0),
      zoneMatch: one["zone_match"] === true,
    })),
  };
}

export function Recommended({ ranking, technicians, onClose }: { ranking: Recommendation; technicians: readonly Option[]; onClose: () => void }) {
  const t = useCockpitTexts();
  return (
    <section aria-label={t.recommended} className="grid gap-4">
      {ranking.candidates.length === 0 && <p className="text-[0.8125rem] text-ink-soft">{t.noCandidates}</p>}
      <ol className="grid gap-1.5">
        {ranking.candidates.map((one) => (
          <li key={one.technician} data-candidate className="flex items-center gap-3 rounded-xl border border-line px-3 py-2 text-[0.8125rem]">
            <span className="font-semibold tabular-nums">{t.rank(one.rank)}</span>
            <span className="min-w-0 flex-1 truncate font-medium">{technicians.find((option) => option.value === one.technician)?.text ?? one.technician.slice(-8)}</span>
            <span className="text-xs text-ink-soft">
              {[t.score(one.score.toFixed(0)), one.zoneMatch ? t.inZone : null].filter((part) => part !== null).join(" · ")}
            </span>
          </li>
        ))}
      </ol>
      <div className="flex justify-end">
        <Button look="primary" onClick={onClose}>
          OK
        </Button>
      </div>
    </section>
  );
}
