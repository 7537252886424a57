import { SendHorizontal } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import type { TalkThread } from "../../../lib/api/talk";
import { useTexts } from "../../../lib/i18n/language";
import { useTalkTexts } from "../../../lib/i18n/talk";
import { usePreferences } from "../../../lib/preferences";
import { useTalk, useWorkspace } from "../../../lib/realtime/hooks";
import { Avatar } from "../../../lib/ui/avatar";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { GrowingField, rewrite } from "../composer/growing-field";
import { atSign, type At } from "../composer/mentions";
import { useMe } from "../session/me";

/** Where one writes to colleagues; an at sign calls one of those in the thread. */
export function SayField({ thread, title }: { thread: TalkThread; title: string }) {
  const t = useTalkTexts();
  const { composer } = useTexts();
  const me = useMe();
  const { talk } = useWorkspace();
  const { sendChat } = usePreferences();
  useTalk();
  const [at, setAt] = useState<At | null>(null);
  const [picked, setPicked] = useState(0);
  const { id } = thread;
  const text = talk.draft(id);
  const wanted = at?.query.trim().toLowerCase() ?? "";
  const fits = (name: string) => name.toLowerCase().split(" ").some((_, index, words) => words.slice(index).join(" ").startsWith(wanted));
  const matches = at === null ? [] : thread.members.filter((member) => member.id !== me.user.id && fits(member.name));
  const send = () => {
    const said = text.trim();
    if (said === "") return;
    talk.setDraft(id, "");
    setAt(null);
    void talk.say(id, said);
  };
  const call = (name: string) => {
    if (at === null) return;
    const before = `${text.slice(0, at.start)}@${name} `;
    const change = () => {
      talk.setDraft(id, before + text.slice(at.end));
      setAt(null);
    };
    rewrite(change, before.length, before.length);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const one = matches[picked];
    if (at === null || one === undefined) return false;
    if (event.key === "Escape") setAt(null);
    else if (event.key === "ArrowDown") setPicked((picked + 1) % matches.length);
    else if (event.key === "ArrowUp") setPicked((picked + matches.length - 1) % matches.length);
    else if (event.key === "Enter" || event.key === "Tab") call(one.name);
    else return false;
    return true;
  };
  return (
    <div className="shrink-0 px-4 pb-4 sm:px-6">
      <div className="relative mx-auto max-w-3xl rounded-2xl border border-line-strong bg-surface shadow-xs focus-within:border-accent">
        {matches.length > 0 && (
          <div role="listbox" aria-label={composer.mention} className="appear absolute inset-x-2 bottom-full z-30 mb-2 rounded-xl border border-line bg-raised p-1 shadow-float">
            {matches.map((member, index) => (
              <div
                key={member.id}
                role="option"
                tabIndex={-1}
                aria-selected={index === picked}
                onMouseDown={(event) => {
                  event.preventDefault();
                  call(member.name);
                }}
                className={cx("flex items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-[0.8125rem]", index === picked ? "bg-hover" : "hover:bg-hover")}
              >
                <Avatar name={member.name} size="sm" />
                {member.name}
              </div>
            ))}
          </div>
        )}
        <GrowingField
          value={text}
          label={t.write(title)}
          placeholder={t.write(title)}
          onChange={(next, caret) => {
            talk.setDraft(id, next);
            setAt(atSign(next, caret));
            setPicked(0);
          }}
          sendKey={sendChat}
          onSend={send}
          onKey={onKey}
        />
        <div className="flex items-center gap-2 px-2 pb-2">
          <span className="ml-2 flex-1 truncate text-2xs text-ink-faint">{t.hint}</span>
          <Button look="primary" disabled={text.trim() === ""} onClick={send}>
            {t.send}
            <SendHorizontal className="size-3.5" aria-hidden />
          </Button>
        </div>
      </div>
    </div>
  );
}
