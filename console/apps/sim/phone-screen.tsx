import { CheckCheck, ImagePlus, PhoneCall, SendHorizontal } from "lucide-react";
import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { useTexts } from "../../lib/i18n/language";
import { useScenarioTexts } from "../../lib/i18n/scenarios";
import { cx } from "../../lib/ui/cx";
import { toastError } from "../../lib/ui/toast";
import { PhoneBubble } from "./phone-bubble";
import { readAll, say, type Phone } from "./phones-api";
import { samplePhoto } from "./sample-photo";

/** A phone: its owner on top, the thread, quick replies, and a line to write in. */
export function PhoneScreen({ phone }: { phone: Phone }) {
  const t = useTexts();
  const { voice } = useScenarioTexts();
  const [text, setText] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const count = phone.thread.length;
  useEffect(() => {
    const scroller = end.current?.parentElement;
    if (scroller !== null && scroller !== undefined) scroller.scrollTop = scroller.scrollHeight;
  }, [count]);

  const send = async (body: { text?: string; media?: ReturnType<typeof samplePhoto> }) => {
    try {
      await say(phone.address, { channel: phone.channel, ...body });
    } catch (error) {
      toastError(error, t.sim.sendFailed);
      if (body.text !== undefined) setText(body.text);
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const said = text.trim();
    if (said === "") return;
    setText("");
    void send({ text: said });
  };
  const markRead = () => {
    readAll(phone.address, phone.channel).catch((error: unknown) => toastError(error));
  };
  const unread = phone.channel === "whatsapp" && phone.thread.some((message) => message.from === "business" && message.status === "delivered");
  const whatsapp = phone.channel === "whatsapp";
  const calls = phone.channel === "voice";
  const placeholder = calls ? voice.placeholder : t.sim.placeholder;
  return (
    <div data-phone={phone.address} className="flex h-[38rem] flex-col overflow-hidden rounded-[2.5rem] border-8 border-ink/85 bg-surface shadow-float dark:border-black">
      <div className={cx("flex items-center gap-3 px-5 pt-4 pb-3", whatsapp ? "bg-[#0b5f54] text-white" : "border-b border-line bg-sunken")}>
        <div className="min-w-0 flex-1">
          <p className="truncate text-[0.9375rem] leading-tight font-semibold">{phone.name}</p>
          <p className={cx("text-xs tabular-nums", whatsapp ? "text-white/85" : "text-ink-soft")}>{phone.address}</p>
        </div>
        {unread && (
          <button type="button" onClick={markRead} className="inline-flex items-center gap-1.5 rounded-full bg-white/15 px-2.5 py-1 text-xs font-medium hover:bg-white/25">
            <CheckCheck className="size-3.5" aria-hidden />
            {t.sim.markRead}
          </button>
        )}
      </div>
      <div role="log" aria-label={phone.name} tabIndex={0} className={cx("min-h-0 flex-1 overflow-y-auto px-3 py-4", whatsapp ? "bg-[#ece5dc] dark:bg-[#101a18]" : "bg-surface")}>
        {count === 0 && <p className="flex h-full items-center justify-center px-8 text-center text-[0.8125rem] text-ink-soft">{calls ? voice.empty : t.sim.empty}</p>}
        {phone.thread.map((message) => (
          <PhoneBubble key={message.id} message={message} channel={phone.channel} />
        ))}
        <div ref={end} />
      </div>
      <div className="border-t border-line bg-surface px-3 pt-2 pb-4">
        <div className="mb-2 flex gap-1.5 overflow-x-auto pb-1 [scrollbar-width:none]">
          {(calls ? voice.quick : t.sim.quick).map((quick) => (
            <button key={quick} type="button" onClick={() => void send({ text: quick })} className="shrink-0 rounded-full border border-line-strong px-2.5 py-1 text-xs whitespace-nowrap text-ink-soft hover:bg-hover hover:text-ink">
              {quick}
            </button>
          ))}
        </div>
        <form onSubmit={submit} className="flex items-center gap-2">
          {!calls && <button type="button" aria-label={t.sim.photo} title={t.sim.photo} onClick={() => void send({ media: samplePhoto() })} className="flex size-9 shrink-0 items-center justify-center rounded-full text-ink-soft hover:bg-hover">
            <ImagePlus className="size-5" strokeWidth={1.75} />
          </button>}
          <input
            aria-label={placeholder}
            placeholder={placeholder}
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="h-9 min-w-0 flex-1 rounded-full border border-line-strong bg-surface px-4 text-sm focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0"
          />
          <button type="submit" aria-label={calls ? voice.call : t.sim.send} disabled={text.trim() === ""} className="flex size-9 shrink-0 items-center justify-center rounded-full bg-accent text-accent-ink hover:bg-accent-hover disabled:opacity-50">
            {calls ? <PhoneCall className="size-4" /> : <SendHorizontal className="size-4" />}
          </button>
        </form>
      </div>
    </div>
  );
}
