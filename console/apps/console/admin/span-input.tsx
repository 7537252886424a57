import { Plus, X } from "lucide-react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { Button, IconButton } from "../../../lib/ui/button";
import type { Span } from "./fields";

export interface SpanInputProps {
  label: string;
  error: string | null;
  disabled: boolean;
  several: boolean;
  spans: readonly Span[];
  onChange: (spans: readonly Span[]) => void;
}

const BOX = "h-9 min-w-0 flex-1 max-sm:basis-full rounded-lg border border-line-strong bg-surface px-2 text-[0.8125rem] aria-invalid:border-danger";

const HOURS_2 = 2 * 3_600_000;

/** Two hours after a moment, as the browser's field writes it: what most windows and absences are changed from. */
function later(start: string): string {
  const from = new Date(`${start}Z`);
  return Number.isNaN(from.getTime()) ? "" : new Date(from.getTime() + HOURS_2).toISOString().slice(0, 16);
}

/** From when until when; several of them where the field takes several. */
export function SpanInput({ label, error, disabled, several, spans, onChange }: SpanInputProps) {
  const t = useAdminTexts();
  const change = (index: number, part: Partial<Span>) => onChange(spans.map((span, at) => (at === index ? { ...span, ...part } : span)));
  return (
    <fieldset className="grid gap-1.5" disabled={disabled}>
      <legend className="mb-1.5 text-[0.8125rem] font-medium">{label}</legend>
      {spans.map((span, index) => (
        <div key={`${index} of ${spans.length}`} className="flex flex-wrap items-center gap-2">
          <input type="datetime-local" aria-label={`${label}: ${t.from}`} aria-invalid={error !== null} value={span.start} onChange={(event) => change(index, { start: event.target.value, ...(span.end === "" ? { end: later(event.target.value) } : {}) })} className={BOX} />
          <input type="datetime-local" aria-label={`${label}: ${t.until}`} aria-invalid={error !== null} value={span.end} onChange={(event) => change(index, { end: event.target.value })} className={BOX} />
          {several && spans.length > 1 && (
            <IconButton label={t.removeWord(`${index + 1}`)} onClick={() => onChange(spans.filter((_, at) => at !== index))}>
              <X className="size-3.5" />
            </IconButton>
          )}
        </div>
      ))}
      {several && (
        <div>
          <Button onClick={() => onChange([...spans, { start: "", end: "" }])}>
            <Plus className="size-3.5" aria-hidden />
            {t.addWord}
          </Button>
        </div>
      )}
      {error !== null && <p className="text-xs text-danger-ink">{error}</p>}
    </fieldset>
  );
}
