// What a ticket ranks by beside its site: how urgent the requester finds it, on what, and which services.
import { X } from "lucide-react";
import { listAssets, listServices } from "../../../lib/api/hub";
import { urgencyNames, useRankingTexts } from "../../../lib/i18n/ranking";
import { useTexts } from "../../../lib/i18n/language";
import { Select } from "../../../lib/ui/fields";
import { useRemote } from "../../../lib/ui/use-remote";
import type { TicketDraft } from "./ticket-draft";

export function WorkFields({ draft, onChange }: { draft: TicketDraft; onChange: (part: Partial<TicketDraft>) => void }) {
  const t = useTexts();
  const words = useRankingTexts();
  const assets = useRemote(draft.account_id === "" ? null : `assets ${draft.account_id}`, async () => (await listAssets(draft.account_id)).data);
  const services = useRemote("services", async () => (await listServices()).data);
  const here = (assets.value ?? []).filter((asset) => asset.status === "active").filter((asset) => asset.site_id == null || asset.site_id === draft.site_id);
  const nameOf = (id: string) => services.value?.find((service) => service.id === id)?.name ?? "…";
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Select label={words.urgency} value={draft.urgency} onChange={(event) => onChange({ urgency: event.target.value })}>
          {urgencyNames(words).map(([urgency, name]) => (
            <option key={urgency} value={urgency}>
              {name}
            </option>
          ))}
        </Select>
        <Select label={words.asset} hint={t.common.optional} value={draft.asset_id} disabled={draft.site_id === "" || here.length === 0} onChange={(event) => onChange({ asset_id: event.target.value })}>
          <option value="">{here.length === 0 && draft.site_id !== "" ? words.noAssets : words.nothing}</option>
          {here.map((asset) => (
            <option key={asset.id} value={asset.id}>
              {[asset.make, asset.model, asset.year, asset.stock_no ?? asset.serial ?? asset.tag].filter(Boolean).join(" ")}
            </option>
          ))}
        </Select>
      </div>
      <div className="grid gap-2">
        <Select label={words.services} hint={t.common.optional} value="" onChange={(event) => event.target.value !== "" && onChange({ service_ids: [...draft.service_ids, event.target.value] })}>
          <option value="">{words.addService}</option>
          {(services.value ?? [])
            .filter((service) => !draft.service_ids.includes(service.id))
            .map((service) => (
              <option key={service.id} value={service.id}>
                {service.name}
              </option>
            ))}
        </Select>
        {draft.service_ids.length > 0 && (
          <ul className="flex flex-wrap gap-1.5">
            {draft.service_ids.map((id) => (
              <li key={id} className="inline-flex max-w-full items-center gap-1 rounded-md border border-line bg-sunken py-0.5 pr-0.5 pl-2 text-xs">
                <span className="truncate">{nameOf(id)}</span>
                <button type="button" aria-label={words.removeService(nameOf(id))} onClick={() => onChange({ service_ids: draft.service_ids.filter((one) => one !== id) })} className="flex size-6 items-center justify-center rounded text-ink-faint hover:bg-hover hover:text-ink">
                  <X className="size-3" />
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}
