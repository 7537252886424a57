// What is said in one thread, and where one writes.
import { ArrowLeft, Users } from "lucide-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { TalkMessage } from "../../../lib/api/talk";
import { useTexts } from "../../../lib/i18n/language";
import { useTalkTexts } from "../../../lib/i18n/talk";
import { clock, dayName, exact, sameDay } from "../../../lib/i18n/when";
import { useNow, useTalk, useWorkspace } from "../../../lib/realtime/hooks";
import type { Unsaid } from "../../../lib/realtime/talk";
import { Avatar } from "../../../lib/ui/avatar";
import { Button, IconButton } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { ErrorState, explain } from "../../../lib/ui/states";
import { useMe } from "../session/me";
import { MembersDialog } from "./members-dialog";
import { SayField } from "./say-field";
import { titleOf } from "./team-page";

const NEAR_END_PX = 80;
const HOUR_MS = 3_600_000;
const GROUP_MS = 5 * 60_000;

export function RoomPane({ id, onBack }: { id: string; onBack: () => void }) {
  const t = useTalkTexts();
  const me = useMe();
  const { talk } = useWorkspace();
  const picture = useTalk();
  const [dialog, setDialog] = useState<"none" | "members">("none");
  const thread = picture.threads.find((one) => one.id === id) ?? null;
  const room = talk.room(id);
  const unread = thread?.unread_count ?? 0;
  useEffect(() => void talk.open(id), [talk, id]);
  useEffect(() => {
    const look = () => {
      if (!document.hidden && unread > 0 && room.load === "ready") void talk.read(id);
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [talk, id, unread, room.load]);
  if (room.load === "error") return <ErrorState title={t.roomFailed} error={room.error} onRetry={() => void talk.open(id)} />;
  const title = thread === null ? "" : titleOf(thread, me.user.id);
  return (
    <section aria-label={title} className="flex min-w-0 flex-1 flex-col">
      <header className="flex h-15 shrink-0 items-center gap-3 border-b border-line px-4 sm:px-6">
        <IconButton label={t.back} className="md:hidden" onClick={onBack}>
          <ArrowLeft className="size-4" />
        </IconButton>
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-semibold">{title}</h2>
          {thread !== null && <p className="truncate text-xs text-ink-soft">{thread.kind === "direct" ? t.members(thread.members.length) : thread.members.map((member) => member.name).join(", ")}</p>}
        </div>
        {thread !== null && thread.kind === "group" && (
          <IconButton label={t.manage} onClick={() => setDialog("members")}>
            <Users className="size-4" />
          </IconButton>
        )}
      </header>
      <Said id={id} />
      {thread !== null && <SayField thread={thread} title={title} />}
      {dialog === "members" && thread !== null && <MembersDialog thread={thread} onClose={() => setDialog("none")} onLeft={onBack} />}
    </section>
  );
}

/** The messages; it stays at the end when it was there. */
function Said({ id }: { id: string }) {
  const t = useTalkTexts();
  const { talk } = useWorkspace();
  useTalk();
  const room = talk.room(id);
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const height = useRef(0);
  const now = useNow(HOUR_MS);
  const first = room.messages[0]?.seq ?? 0;
  const firstBefore = useRef(first);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    // Earlier ones came in above: what is read stays where it is.
    if (first < firstBefore.current && !atEnd.current) element.scrollTop += element.scrollHeight - height.current;
    else if (atEnd.current) element.scrollTop = element.scrollHeight;
    firstBefore.current = first;
    height.current = element.scrollHeight;
  }, [room.messages, room.unsaid, first]);
  if (room.load === "ready" && room.messages.length === 0 && room.unsaid.length === 0) {
    return <p className="flex min-h-0 flex-1 items-center justify-center text-[0.8125rem] text-ink-faint">{t.empty}</p>;
  }
  return (
    <div
      ref={scroller}
      tabIndex={0}
      aria-busy={room.load === "loading"}
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      }}
      className="min-h-0 flex-1 overflow-y-auto px-4 py-5 [overflow-anchor:none] sm:px-6"
    >
      {room.older !== "none" && (
        <div className="pb-4 text-center">
          <Button disabled={room.older === "loading"} onClick={() => void talk.loadOlder(id)}>
            {t.older}
          </Button>
        </div>
      )}
      <div role="log" aria-label={t.latest} aria-live="polite" className="mx-auto flex min-h-full max-w-3xl flex-col justify-end gap-1">
        {room.messages.map((message, index) => (
          <Line key={message.client_message_id ?? message.id} message={message} before={room.messages[index - 1] ?? null} now={now} />
        ))}
        {room.unsaid.map((one) => (
          <OnItsWay key={one.clientId} one={one} onAgain={() => void talk.sayAgain(id, one.clientId)} />
        ))}
      </div>
    </div>
  );
}

const BOX = "w-fit max-w-full rounded-2xl px-3.5 py-2 leading-relaxed whitespace-pre-wrap wrap-anywhere";

function Line({ message, before, now }: { message: TalkMessage; before: TalkMessage | null; now: number }) {
  const t = useTalkTexts();
  const { common } = useTexts();
  const me = useMe();
  const mine = message.author.id === me.user.id;
  const at = Date.parse(message.created_at);
  const newDay = before === null || !sameDay(Date.parse(before.created_at), at);
  const grouped = !newDay && before.author.id === message.author.id && at - Date.parse(before.created_at) < GROUP_MS;
  const name = mine ? common.you : message.author.name;
  return (
    <>
      {newDay && (
        <p className="flex items-center gap-3 py-3 text-2xs font-medium text-ink-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">{dayName(message.created_at, now)}</p>
      )}
      <div role="group" aria-label={`${name}, ${exact(message.created_at)}`} data-talk={message.id} className={cx("flex gap-2.5", mine && "flex-row-reverse", grouped ? "" : "pt-2")}>
        <span className="w-6 shrink-0">{!grouped && <Avatar name={message.author.name} size="sm" />}</span>
        <div className={cx("flex min-w-0 max-w-[85%] flex-col", mine && "items-end")}>
          {!grouped && (
            <p className="mb-0.5 px-1 text-2xs text-ink-faint">
              {name} · <time dateTime={message.created_at}>{clock(message.created_at)}</time>
            </p>
          )}
          <div className={cx(BOX, mine ? "rounded-br-md bg-mine text-mine-ink" : "rounded-bl-md border border-line bg-theirs", message.mentions.includes(me.user.id) && "ring-2 ring-accent")}>
            <Words text={message.text} />
          </div>
          {message.conversation_id && (
            <Link to="/inbox/$view/$conversationId" params={{ view: "all", conversationId: message.conversation_id }} className="mt-0.5 px-1 text-2xs font-medium text-accent-text hover:underline">
              {t.about}
            </Link>
          )}
        </div>
      </div>
    </>
  );
}

/** Text is only ever text; who is called stands out. */
function Words({ text }: { text: string }) {
  const { talk } = useWorkspace();
  const names = [...new Set(talk.picture().threads.flatMap((thread) => thread.members.map((member) => member.name)))].toSorted((a, b) => b.length - a.length);
  const called = names.find((name) => text.includes(`@${name}`));
  if (called === undefined) return <>{text}</>;
  const at = text.indexOf(`@${called}`);
  return (
    <>
      {text.slice(0, at)}
      <strong className="font-semibold">@{called}</strong>
      <Words text={text.slice(at + called.length + 1)} />
    </>
  );
}

function OnItsWay({ one, onAgain }: { one: Unsaid; onAgain: () => void }) {
  const t = useTalkTexts();
  return (
    <div data-unsaid={one.clientId} className="flex flex-col items-end pt-1 pr-8.5">
      <div className={cx(BOX, "rounded-br-md", one.error === null ? "bg-mine text-mine-ink opacity-80" : "bg-danger-soft text-danger-ink")}>{one.text}</div>
      <p role="status" className="mt-0.5 flex items-center gap-2 px-1 text-2xs text-ink-faint">
        {one.error === null ? t.sending : `${t.notSent} ${explain(one.error)}`}
        {one.error !== null && (
          <button type="button" onClick={onAgain} className="font-semibold text-accent-text hover:underline">
            {t.again}
          </button>
        )}
      </p>
    </div>
  );
}
