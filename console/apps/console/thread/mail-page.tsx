import { FileCode2, ShieldAlert } from "lucide-react";
import { useState } from "react";
import { readMail } from "../../../lib/api/files";
import type { Message } from "../../../lib/api/model";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import { cx } from "../../../lib/ui/cx";
import { explain } from "../../../lib/ui/states";
import { MessageContent } from "./message-content";
import { useLoad } from "../../../lib/ui/use-load";

/** A mail: its subject, a doubt about the sender, and its text, or its page as it was laid out. */
export function Mail({ message }: { message: Message }) {
  const desk = useDeskTexts();
  const [shown, setShown] = useState<"text" | "page">("text");
  const facts = message.metadata;
  const subject = typeof facts["subject"] === "string" ? facts["subject"] : null;
  const hasPage = typeof facts["html_sha256"] === "string";
  const hasFiles = (message.content.media?.length ?? 0) > 0;
  const isDoubtful = facts["sender_verified"] === false && message.direction === "inbound";
  return (
    <>
      {subject !== null && subject !== "" && <span className="block font-semibold wrap-anywhere">{subject}</span>}
      {isDoubtful && (
        <span className="my-1 flex items-center gap-1.5 text-xs text-warn-ink" title={desk.mail.doubtHint}>
          <ShieldAlert className="size-3.5 shrink-0" aria-hidden />
          {desk.mail.doubt}
        </span>
      )}
      {hasPage && (
        <button
          type="button"
          aria-expanded={shown === "page"}
          onClick={() => setShown(shown === "page" ? "text" : "page")}
          className="my-1 flex h-6 items-center gap-1.5 rounded text-xs font-medium underline-offset-2 opacity-80 hover:underline hover:opacity-100"
        >
          <FileCode2 className="size-3.5" aria-hidden />
          {shown === "page" ? desk.mail.hidePage : desk.mail.showPage}
        </button>
      )}
      {shown === "page" && <Page id={message.message_id} title={subject ?? desk.mail.page} />}
      {shown === "text" ? <MessageContent content={message.content} /> : hasFiles && <MessageContent content={{ ...message.content, text: null }} />}
    </>
  );
}

/** The page runs nothing, reaches nothing and knows nothing of us: a frame without any right. */
function Page({ id, title }: { id: string; title: string }) {
  const t = useTexts();
  const desk = useDeskTexts();
  const [size, setSize] = useState<"usual" | "tall">("usual");
  const loaded = useLoad(`mail:${id}`, () => readMail(id));
  if (loaded.state === "error") {
    return (
      <span role="alert" className="my-1 block rounded-lg bg-sunken px-3 py-2 text-xs">
        {desk.mail.failed} {explain(loaded.error)}{" "}
        <button type="button" onClick={loaded.reload} className="font-semibold underline">
          {t.common.retry}
        </button>
      </span>
    );
  }
  if (loaded.value === null) return <span className="skeleton my-1 block h-40 w-80 max-w-full rounded-lg" />;
  return (
    <span className="my-1 block">
      <iframe
        title={title}
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        srcDoc={loaded.value}
        referrerPolicy="no-referrer"
        className={cx("block w-[34rem] max-w-full rounded-lg border border-line bg-white", size === "tall" ? "h-[70vh]" : "h-72")}
      />
      <span className="mt-1 flex flex-wrap gap-x-3 text-xs opacity-80">
        {desk.mail.noRemote}
        <button type="button" onClick={() => setSize(size === "tall" ? "usual" : "tall")} className="font-semibold hover:underline">
          {size === "tall" ? desk.mail.smaller : desk.mail.larger}
        </button>
      </span>
    </span>
  );
}
