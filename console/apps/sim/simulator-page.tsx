import { ArrowUpRight, Smartphone } from "lucide-react";
import { useTexts } from "../../lib/i18n/language";
import { part } from "../../lib/ui/part";
import { EmptyState, ErrorState } from "../../lib/ui/states";
import { ClockPanel } from "./clock-panel";
import { FaultPanel } from "./fault-panel";
import { MailStand } from "./mail-stand";
import { PhoneStand } from "./phone-stand";
import { reloadPhones, usePhones } from "./phones-store";

// What stands below the phones is fetched when they are there.
const ScenarioPanel = part(async () => (await import("./scenario-panel")).ScenarioPanel);
const WireView = part(async () => (await import("./wire-view")).WireView);

/** The customers' side of the demo: one phone per channel, side by side, and what may go wrong on the way. */
export function SimulatorPage() {
  const t = useTexts();
  const { load, phones, mailboxes, faults, clock, error } = usePhones();
  return (
    <div className="min-h-full">
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-8 gap-y-3 px-6 py-4">
          <div className="min-w-64 flex-1">
            <h1 className="text-lg font-semibold tracking-tight">{t.sim.title}</h1>
            <p className="text-[0.8125rem] text-ink-soft">{t.sim.lead}</p>
          </div>
          <a
            href="/sim/shop"
            target="_blank"
            rel="noreferrer"
            className="inline-flex h-9 items-center gap-1.5 rounded-lg border border-line px-4 text-[0.8125rem] font-medium hover:bg-accent-soft"
          >
            {t.sim.shop}
            <ArrowUpRight className="size-4" aria-hidden />
          </a>
          <a href="/demo" className="inline-flex h-9 items-center rounded-lg border border-line px-4 text-[0.8125rem] font-medium hover:bg-accent-soft">
            {t.sim.sides}
          </a>
          <a
            href="/app/"
            target="_blank"
            rel="noreferrer"
            className="inline-flex h-9 items-center gap-1.5 rounded-lg bg-accent px-4 text-[0.8125rem] font-medium text-accent-ink hover:bg-accent-hover"
          >
            {t.sim.console}
            <ArrowUpRight className="size-4" aria-hidden />
          </a>
        </div>
      </header>
      <main className="mx-auto max-w-6xl px-6 py-8">
        <ol className="mb-8 flex flex-wrap gap-x-8 gap-y-2 text-[0.8125rem] text-ink-soft">
          {t.sim.hint.map((step, index) => (
            <li key={step} className="flex items-center gap-2">
              <span className="flex size-5 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent-text">{index + 1}</span>
              {step}
            </li>
          ))}
        </ol>
        {load === "error" && phones.length === 0 && <ErrorState title={t.sim.failed} error={error} onRetry={() => void reloadPhones()} />}
        {load === "ready" && phones.length === 0 && <EmptyState icon={Smartphone} title={t.sim.noPhones[0]} text={t.sim.noPhones[1]} />}
        {load === "loading" && <p className="py-20 text-center text-ink-soft">{t.common.loading}</p>}
        {phones.length > 0 && (
          <div className="flex flex-wrap justify-center gap-x-8 gap-y-12">
            <PhoneStand channel="whatsapp" phones={phones.filter((phone) => phone.channel === "whatsapp")} />
            <PhoneStand channel="sms" phones={phones.filter((phone) => phone.channel === "sms")} />
            <PhoneStand channel="voice" phones={phones.filter((phone) => phone.channel === "voice")} />
          </div>
        )}
        {clock !== null && <ClockPanel clock={clock} className="mx-auto mt-12 max-w-5xl" />}
        {mailboxes.length > 0 && <MailStand mailboxes={mailboxes} />}
        <ScenarioPanel phones={phones} className="mx-auto mt-12 max-w-5xl" />
        <WireView />
        {faults !== null && <FaultPanel board={faults} />}
      </main>
    </div>
  );
}
