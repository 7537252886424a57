import { useState } from "react";
import { useTexts } from "../../lib/i18n/language";
import { useScenarioTexts } from "../../lib/i18n/scenarios";
import { Avatar } from "../../lib/ui/avatar";
import { ChannelIcon } from "../../lib/ui/channel-icon";
import { cx } from "../../lib/ui/cx";
import { Tip } from "../../lib/ui/tip";
import { PhoneScreen } from "./phone-screen";
import type { Phone, PhoneChannel } from "./phones-api";

/** The phones of one channel: whose it is on top, the phone below. */
export function PhoneStand({ channel, phones }: { channel: PhoneChannel; phones: readonly Phone[] }) {
  const t = useTexts();
  const { voice } = useScenarioTexts();
  const [chosen, setChosen] = useState<string | null>(null);
  const phone = phones.find((one) => one.address === chosen) ?? phones[0];
  if (phone === undefined) return null;
  const title = channel === "voice" ? voice.title : t.sim[channel];
  return (
    <section aria-label={title} data-phones={channel} className="flex w-full max-w-86 flex-col">
      <h2 className="mb-3 flex items-center justify-center gap-2 text-[0.8125rem] font-semibold">
        <ChannelIcon channel={channel} className="size-4" />
        {title}
      </h2>
      <div role="group" aria-label={t.sim.contacts} className="mb-4 flex justify-center gap-2">
        {phones.map((one) => (
          <Tip key={one.address} label={`${one.name} · ${one.address}`}>
            <button
              type="button"
              aria-pressed={one.address === phone.address}
              aria-label={one.name}
              onClick={() => setChosen(one.address)}
              className={cx(
                "relative rounded-full ring-offset-2 ring-offset-canvas transition-shadow",
                one.address === phone.address ? "ring-2 ring-accent" : "opacity-75 hover:opacity-100",
              )}
            >
              <Avatar name={one.name} />
              {waiting(one) > 0 && one.address !== phone.address && (
                <span
                  aria-hidden
                  data-count={waiting(one)}
                  className="absolute -top-1 -right-1 flex size-4.5 items-center justify-center rounded-full bg-accent text-2xs font-semibold text-accent-ink before:content-[attr(data-count)]"
                />
              )}
            </button>
          </Tip>
        ))}
      </div>
      <PhoneScreen key={`${phone.address} ${phone.channel}`} phone={phone} />
    </section>
  );
}

/** Answers that arrived after the last thing its owner wrote. */
function waiting(phone: Phone): number {
  const last = phone.thread.findLastIndex((message) => message.from === "phone");
  return phone.thread.length - 1 - last;
}
