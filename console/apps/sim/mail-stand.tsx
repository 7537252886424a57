import { MailPlus, SendHorizontal } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { useTexts } from "../../lib/i18n/language";
import { Avatar } from "../../lib/ui/avatar";
import { ChannelIcon } from "../../lib/ui/channel-icon";
import { cx } from "../../lib/ui/cx";
import { toastError } from "../../lib/ui/toast";
import { writeMail, type Mail, type Mailbox } from "./phones-api";

const FIELD = "w-full rounded-lg border border-line-strong bg-surface px-3 py-2 text-sm focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0";

/** The customers' mailboxes: whose it is on top; the mails, newest first; the one that is open; a new mail or an answer. */
export function MailStand({ mailboxes }: { mailboxes: readonly Mailbox[] }) {
  const t = useTexts();
  const [chosen, setChosen] = useState<string | null>(null);
  const box = mailboxes.find((one) => one.address === chosen) ?? mailboxes[0];
  if (box === undefined) return null;
  return (
    <section aria-label={t.sim.mail} data-mailboxes className="mx-auto mt-12 w-full max-w-4xl">
      <h2 className="mb-3 flex items-center justify-center gap-2 text-[0.8125rem] font-semibold">
        <ChannelIcon channel="email" className="size-4" />
        {t.sim.mail}
      </h2>
      <div role="group" aria-label={t.sim.mailboxes} className="mb-4 flex justify-center gap-2">
        {mailboxes.map((one) => (
          <button
            key={one.address}
            type="button"
            aria-pressed={one.address === box.address}
            aria-label={one.name}
            title={`${one.name} · ${one.address}`}
            onClick={() => setChosen(one.address)}
            className={cx(
              "rounded-full ring-offset-2 ring-offset-canvas transition-shadow",
              one.address === box.address ? "ring-2 ring-accent" : "opacity-75 hover:opacity-100",
            )}
          >
            <Avatar name={one.name} />
          </button>
        ))}
      </div>
      <MailWindow key={box.address} box={box} />
    </section>
  );
}

function MailWindow({ box }: { box: Mailbox }) {
  const t = useTexts();
  const [open, setOpen] = useState<string | "new" | null>(null);
  const mails = box.mails.toReversed();
  const shown = open === "new" ? undefined : (box.mails.find((mail) => mail.id === open) ?? mails[0]);
  return (
    <div data-mailbox={box.address} className="overflow-hidden rounded-2xl border border-line bg-surface shadow-float">
      <div className="flex items-center gap-3 border-b border-line bg-sunken px-5 py-3">
        <div className="min-w-0 flex-1">
          <p className="truncate text-[0.9375rem] leading-tight font-semibold">{box.name}</p>
          <p className="truncate text-xs text-ink-soft">{box.address}</p>
        </div>
        <button type="button" onClick={() => setOpen("new")} className="inline-flex h-8 items-center gap-1.5 rounded-lg border border-line-strong px-3 text-[0.8125rem] font-medium hover:bg-hover">
          <MailPlus className="size-4" aria-hidden />
          {t.sim.newMail}
        </button>
      </div>
      <div className="grid min-h-96 sm:grid-cols-[16rem_1fr]">
        <ul aria-label={t.sim.mails} className="max-h-[32rem] overflow-y-auto border-b border-line sm:border-r sm:border-b-0">
          {mails.length === 0 && <li className="px-5 py-8 text-center text-[0.8125rem] text-ink-soft">{t.sim.noMail}</li>}
          {mails.map((mail) => (
            <li key={mail.id}>
              <button
                type="button"
                aria-current={mail.id === shown?.id}
                onClick={() => setOpen(mail.id)}
                className={cx("block w-full border-b border-line px-4 py-3 text-left hover:bg-hover", mail.id === shown?.id && "bg-accent-soft")}
              >
                <span className="block truncate text-xs text-ink-soft">{who(mail, t.sim.you)}</span>
                <span className="block truncate text-[0.8125rem] font-semibold">{mail.subject === "" ? t.sim.noSubject : mail.subject}</span>
                <span className="block truncate text-xs text-ink-soft">{mail.text}</span>
              </button>
            </li>
          ))}
        </ul>
        <div className="min-w-0 p-5">
          {shown === undefined ? (
            <NewMail box={box} onSent={() => setOpen(null)} />
          ) : (
            <OpenMail key={shown.id} box={box} mail={shown} onSent={() => setOpen(null)} />
          )}
        </div>
      </div>
    </div>
  );
}

function OpenMail({ box, mail, onSent }: { box: Mailbox; mail: Mail; onSent: () => void }) {
  const t = useTexts();
  return (
    <article aria-label={mail.subject} className="grid gap-4">
      <header>
        <h3 className="text-base font-semibold">{mail.subject === "" ? t.sim.noSubject : mail.subject}</h3>
        <p className="text-xs text-ink-soft">{who(mail, t.sim.you)}</p>
      </header>
      <p className="text-sm leading-relaxed break-words whitespace-pre-wrap">{mail.text}</p>
      {mail.media.map((file) => (
        <a key={file.url} href={file.url} className="text-[0.8125rem] text-accent-text underline">
          {file.filename ?? file.url}
        </a>
      ))}
      {mail.from === "business" && <Writing box={box} answers={mail} onSent={onSent} />}
    </article>
  );
}

function NewMail({ box, onSent }: { box: Mailbox; onSent: () => void }) {
  return <Writing box={box} answers={null} onSent={onSent} />;
}

function Writing({ box, answers, onSent }: { box: Mailbox; answers: Mail | null; onSent: () => void }) {
  const t = useTexts();
  const [subject, setSubject] = useState("");
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (text.trim() === "" || busy) return;
    setBusy(true);
    try {
      await writeMail(box.address, answers === null ? { subject, text } : { text, reply_to: answers.id });
      setText("");
      setSubject("");
      onSent();
    } catch (error) {
      toastError(error, t.sim.sendFailed);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="grid gap-3">
      {answers === null && (
        <input aria-label={t.sim.subject} placeholder={t.sim.subject} value={subject} onChange={(event) => setSubject(event.target.value)} className={FIELD} />
      )}
      <textarea
        aria-label={answers === null ? t.sim.mailText : t.sim.answer}
        placeholder={answers === null ? t.sim.mailText : t.sim.answer}
        rows={answers === null ? 8 : 4}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className={FIELD}
      />
      <button type="submit" disabled={text.trim() === "" || busy} className="inline-flex h-9 items-center gap-1.5 justify-self-end rounded-lg bg-accent px-4 text-[0.8125rem] font-medium text-accent-ink hover:bg-accent-hover disabled:opacity-50">
        {answers === null ? t.sim.send : t.sim.sendAnswer}
        <SendHorizontal className="size-4" aria-hidden />
      </button>
    </form>
  );
}

function who(mail: Mail, you: string): string {
  if (mail.from === "phone") return you;
  return mail.writer === null ? mail.business : `${mail.writer} · ${mail.business}`;
}
