import { X } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { listRows, post, removeRow, type Row } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { exact } from "../../../lib/i18n/when";
import { Button, IconButton } from "../../../lib/ui/button";
import { Select, TextField } from "../../../lib/ui/fields";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import type { ExtraProps } from "./row-extras";

const KINDS = ["full_day", "multi_day", "half_day_morning", "half_day_afternoon", "break"] as const;

/** When a technician is not there. */
export function TimeOff({ row, writes }: ExtraProps) {
  const t = useAdminTexts();
  const path = `/api/v1/technicians/${row.id}/time-off`;
  const list = useLoad<readonly Row[]>(path, async () => (await listRows(path)).data);
  const [draft, setDraft] = useState({ kind: "full_day", start: "", end: "", note: "" });
  const rows = list.value ?? [];
  const change = async (act: () => Promise<unknown>) => {
    try {
      await act();
      toastDone(t.saved);
      setDraft({ kind: "full_day", start: "", end: "", note: "" });
    } catch (error) {
      toastError(error);
    }
    list.reload();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const body = { kind: draft.kind, start: new Date(draft.start).toISOString(), end: new Date(draft.end).toISOString(), ...(draft.note.trim() === "" ? {} : { note: draft.note.trim() }) };
    void change(() => post(path, body));
  };
  return (
    <section aria-label={t.timeOff} className="grid gap-3">
      <h3 className="text-sm font-semibold">{t.timeOff}</h3>
      {list.state === "ready" && rows.length === 0 && <p className="text-[0.8125rem] text-ink-soft">{t.noTimeOff}</p>}
      <ul className="grid gap-1 text-[0.8125rem]">
        {rows.map((one) => (
          <li key={one.id} className="flex items-center gap-3">
            <span className="min-w-0 flex-1">
              {t.choices[String(one["kind"])] ?? String(one["kind"])} · {exact(String(one["start"]))} – {exact(String(one["end"]))}
              {one["cancelled_at"] !== null && one["cancelled_at"] !== undefined && <span className="text-ink-faint"> · {t.cancelled}</span>}
            </span>
            {writes && (one["cancelled_at"] === null || one["cancelled_at"] === undefined) && (
              <IconButton label={t.cancelTimeOff} onClick={() => void change(() => removeRow(path, one.id))}>
                <X className="size-3.5" />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      {writes && (
        <form onSubmit={submit} className="grid gap-3 sm:grid-cols-2">
          <Select label={t.fields["kind"] ?? ""} value={draft.kind} onChange={(event) => setDraft({ ...draft, kind: event.target.value })}>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t.choices[kind]}
              </option>
            ))}
          </Select>
          <TextField label={t.fields["note"] ?? ""} value={draft.note} onChange={(event) => setDraft({ ...draft, note: event.target.value })} />
          <TextField label={t.fields["start"] ?? ""} type="datetime-local" required value={draft.start} onChange={(event) => setDraft({ ...draft, start: event.target.value })} />
          <TextField label={t.fields["end"] ?? ""} type="datetime-local" required value={draft.end} onChange={(event) => setDraft({ ...draft, end: event.target.value })} />
          <div className="sm:col-span-2">
            <Button type="submit" disabled={draft.start === "" || draft.end === ""}>
              {t.addTimeOff}
            </Button>
          </div>
        </form>
      )}
    </section>
  );
}
