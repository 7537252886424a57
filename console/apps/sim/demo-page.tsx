// Both sides at once: the console in a frame of our own origin, the customers' phones beside it.
import { useState } from "react";
import { useTexts } from "../../lib/i18n/language";
import { useScenarioTexts } from "../../lib/i18n/scenarios";
import { ChannelIcon } from "../../lib/ui/channel-icon";
import { cx } from "../../lib/ui/cx";
import { ErrorState } from "../../lib/ui/states";
import { ClockPanel } from "./clock-panel";
import type { PhoneChannel } from "./phones-api";
import { PhoneStand } from "./phone-stand";
import { reloadPhones, usePhones } from "./phones-store";
import { ScenarioPanel } from "./scenario-panel";

const CHANNELS: readonly PhoneChannel[] = ["whatsapp", "sms", "voice"];
const TAB = "inline-flex h-8 items-center gap-1.5 rounded-lg px-3 text-[0.8125rem] font-medium text-ink-soft hover:bg-hover aria-pressed:bg-accent-soft aria-pressed:text-accent-text";

export function DemoPage() {
  const t = useTexts();
  const { demo, voice } = useScenarioTexts();
  const { load, phones, clock, error } = usePhones();
  // A phone has room for one side.
  const [side, setSide] = useState<"console" | "phones">("console");
  const [channel, setChannel] = useState<PhoneChannel>("whatsapp");
  return (
    <div className="flex h-full flex-col">
      <header className="flex flex-wrap items-center gap-x-8 gap-y-2 border-b border-line bg-surface px-5 py-2.5">
        <div>
          <h1 className="text-[0.9375rem] font-semibold tracking-tight">{demo.title}</h1>
          <p className="text-xs text-ink-soft">{demo.lead}</p>
        </div>
        <ol className="flex flex-wrap gap-x-6 gap-y-1 text-[0.8125rem] text-ink-soft">
          {demo.hint.map((step, index) => (
            <li key={step} className="flex items-center gap-2">
              <span className="flex size-5 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent-text">{index + 1}</span>
              {step}
            </li>
          ))}
        </ol>
        <div role="group" aria-label={demo.sides} className="ml-auto flex gap-1 lg:hidden">
          {(["console", "phones"] as const).map((one) => (
            <button key={one} type="button" aria-pressed={side === one} onClick={() => setSide(one)} className={TAB}>
              {demo[one]}
            </button>
          ))}
        </div>
      </header>
      <div className="flex min-h-0 flex-1">
        {/* oxlint-disable-next-line react/iframe-missing-sandbox -- our own page, with all that a page of ours may do */}
        <iframe title={demo.console} src="/app/" className={cx("min-w-0 flex-1 border-0 bg-canvas lg:block", side === "console" ? "block" : "hidden")} />
        <main className={cx("min-h-0 overflow-y-auto border-line bg-canvas px-5 py-5 max-lg:flex-1 lg:block lg:w-[26rem] lg:shrink-0 lg:border-l", side === "phones" ? "block" : "hidden")}>
          <div role="group" aria-label={demo.channel} className="mb-5 flex justify-center gap-1">
            {CHANNELS.map((one) => (
              <button key={one} type="button" aria-pressed={channel === one} onClick={() => setChannel(one)} className={TAB}>
                <ChannelIcon channel={one} className="size-4" />
                {one === "voice" ? voice.title : t.sim[one]}
              </button>
            ))}
          </div>
          {load === "error" && phones.length === 0 && <ErrorState title={t.sim.failed} error={error} onRetry={() => void reloadPhones()} />}
          <div className="flex justify-center">
            {CHANNELS.map((one) => (
              <div key={one} className={one === channel ? "contents [&_h2]:sr-only" : "hidden"}>
                <PhoneStand channel={one} phones={phones.filter((phone) => phone.channel === one)} />
              </div>
            ))}
          </div>
          {clock !== null && <ClockPanel clock={clock} className="mt-6" />}
          <ScenarioPanel phones={phones} className="mt-6" />
        </main>
      </div>
    </div>
  );
}
