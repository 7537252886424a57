// Who is on call by a schedule: now, or at another time that is asked for.
import { useState } from "react";
import { whoIsOnCall } from "../../../lib/api/alerts";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { exact } from "../../../lib/i18n/when";
import { TextField } from "../../../lib/ui/fields";
import { explain } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import type { ExtraProps } from "./row-extras";

export function OnCallNow({ row }: ExtraProps) {
  const { plans: t } = useAdminTexts();
  const [at, setAt] = useState("");
  const moment = new Date(at);
  const asked = at === "" || Number.isNaN(moment.getTime()) ? null : moment.toISOString();
  const found = useLoad(`on call ${row.id} ${row.version} ${asked ?? "now"}`, () => whoIsOnCall(row.id, asked));
  const { value } = found;
  return (
    <section aria-label={t.onCall}>
      <h3 className="text-sm font-semibold">{t.onCall}</h3>
      <p className="mt-0.5 mb-3 text-[0.8125rem] text-ink-soft">{t.onCallHint}</p>
      <TextField label={t.at} type="datetime-local" value={at} onChange={(event) => setAt(event.target.value)} />
      <p role="status" className="mt-3 text-[0.8125rem]">
        {found.state === "error" && <span className="text-danger-ink">{explain(found.error)}</span>}
        {value !== null && (
          <>
            <span className="font-medium">{value.user?.name ?? t.nobody}</span>
            {value.until && <span className="text-ink-soft"> · {t.until(exact(value.until))}</span>}
            {value.source === "override" && <span className="text-ink-soft"> · {t.byOverride}</span>}
          </>
        )}
      </p>
    </section>
  );
}
