import { TriangleAlert } from "lucide-react";
import { useTexts } from "../../lib/i18n/language";
import { toastError } from "../../lib/ui/toast";
import { setFaults, type FaultBoard, type ProviderName } from "./phones-api";
import { keepFaults } from "./phones-store";

const PROVIDERS: readonly (readonly [ProviderName, string])[] = [
  ["meta", "WhatsApp Cloud API"],
  ["twilio", "Twilio"],
  ["mail", "SMTP"],
];

/** What goes wrong on purpose, for each provider. A number counts down as it is used up. */
export function FaultPanel({ board }: { board: FaultBoard }) {
  const t = useTexts();
  const change = async (provider: ProviderName, name: string, value: number | boolean) => {
    try {
      keepFaults(await setFaults(provider, { ...board[provider], [name]: value }));
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <details className="mx-auto mt-12 max-w-5xl rounded-2xl border border-line bg-surface">
      <summary className="flex cursor-pointer items-center gap-3 rounded-2xl px-5 py-4">
        <TriangleAlert className="size-4 text-ink-faint" aria-hidden />
        <span>
          <span className="block text-[0.8125rem] font-semibold">{t.sim.faults}</span>
          <span className="block text-xs text-ink-soft">{t.sim.faultsLead}</span>
        </span>
      </summary>
      <div className="grid gap-8 border-t border-line px-5 py-5 sm:grid-cols-2 lg:grid-cols-3">
        {PROVIDERS.map(([provider, title]) => (
          <fieldset key={provider} className="grid content-start gap-2">
            <legend className="mb-2 text-[0.8125rem] font-semibold">{title}</legend>
            {Object.entries(board[provider]).map(([name, value]) => (
              <label key={name} className="flex min-h-7 items-center justify-between gap-4 text-[0.8125rem] text-ink-soft">
                {t.sim.faultNames[name] ?? name}
                {typeof value === "boolean" ? (
                  <input type="checkbox" checked={value} onChange={(event) => void change(provider, name, event.target.checked)} className="size-4 accent-accent" />
                ) : (
                  <input
                    type="number"
                    min={0}
                    value={value}
                    onChange={(event) => Number.isInteger(event.target.valueAsNumber) && void change(provider, name, event.target.valueAsNumber)}
                    className="h-7 w-20 rounded-lg border border-line-strong bg-surface px-2 text-right tabular-nums"
                  />
                )}
              </label>
            ))}
          </fieldset>
        ))}
      </div>
    </details>
  );
}
