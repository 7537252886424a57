import { Check, CheckCheck, CircleAlert, Clock3 } from "lucide-react";
import { clock, exact } from "../../lib/i18n/when";
import { useTexts } from "../../lib/i18n/language";
import { cx } from "../../lib/ui/cx";
import type { PhoneChannel, PhoneMessage } from "./phones-api";

export function PhoneBubble({ message, channel }: { message: PhoneMessage; channel: PhoneChannel }) {
  const own = message.from === "phone";
  const looks = {
    whatsapp: own ? "bg-[#d6f5cf] text-[#14301a] dark:bg-[#17483e] dark:text-[#e3f5f1]" : "bg-white text-[#1c1f1e] dark:bg-[#1f2b28] dark:text-[#e9edeb]",
    sms: own ? "bg-[#0a5cc2] text-white" : "bg-sunken text-ink border border-line",
    voice: "bg-accent-soft text-ink italic",
  };
  return (
    <div className={cx("mb-1.5 flex", own ? "justify-end" : "justify-start")}>
      <div data-message={message.id} data-status={message.status} className={cx("appear max-w-[82%] rounded-2xl px-3 py-1.5 text-[0.8125rem] leading-relaxed shadow-xs", own ? "rounded-br-md" : "rounded-bl-md", looks[channel])}>
        {message.media.map((file) =>
          file.mime_type === null || file.mime_type.startsWith("image/") ? (
            <img key={file.url} src={file.url} alt={file.filename ?? ""} className="my-1 max-h-48 rounded-xl" />
          ) : (
            <a key={file.url} href={file.url} className="block underline">
              {file.filename ?? file.mime_type}
            </a>
          ),
        )}
        <span dir="auto" className="wrap-anywhere whitespace-pre-wrap">
          {message.text}
        </span>
        <span className="float-right mt-1.5 ml-2 inline-flex items-center gap-1 text-2xs tabular-nums opacity-90">
          <time dateTime={message.at} title={exact(message.at)}>
            {clock(message.at)}
          </time>
          {message.from === "business" && <State status={message.status} />}
        </span>
      </div>
    </div>
  );
}

/** What the provider has reported about one of our messages. */
function State({ status }: { status: string }) {
  const t = useTexts();
  const Icon = status === "failed" || status === "undelivered" ? CircleAlert : status === "read" || status === "delivered" ? CheckCheck : status === "sent" ? Check : Clock3;
  return (
    <span role="img" aria-label={t.ticks[status] ?? status} title={t.ticks[status] ?? status} className={cx("inline-flex", status === "read" && "text-read")}>
      <Icon className="size-3.5" strokeWidth={2.25} aria-hidden />
    </span>
  );
}
