// The talk among colleagues: threads on the left, what is said in one on the right; one at a time on a phone.
import { MessagesSquare, Plus } from "lucide-react";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { TalkThread } from "../../../lib/api/talk";
import { useTalkTexts } from "../../../lib/i18n/talk";
import { shortAge } from "../../../lib/i18n/when";
import { useNow, useTalk, useWorkspace } from "../../../lib/realtime/hooks";
import { Avatar } from "../../../lib/ui/avatar";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { Boundary, EmptyState, ErrorState } from "../../../lib/ui/states";
import { useTexts } from "../../../lib/i18n/language";
import { talks } from "../session/areas";
import { Forbidden } from "../session/forbidden";
import { useMe } from "../session/me";
import { NewThread } from "./new-thread";
import { RoomPane } from "./room-pane";

const NEEDED = ["admin", "supervisor", "team_lead", "support_agent", "dispatcher"] as const;
const MINUTE_MS = 30_000;

export function TeamPage() {
  const me = useMe();
  return talks(me) ? <Shown /> : <Forbidden needs={NEEDED} />;
}

function Shown() {
  const t = useTalkTexts();
  const { product } = useTexts();
  const { talk } = useWorkspace();
  const { threadId = null } = useParams({ strict: false });
  const navigate = useNavigate();
  const picture = useTalk();
  const [dialog, setDialog] = useState<"none" | "new">("none");
  const open = (id: string) => void navigate({ to: "/team/$threadId", params: { threadId: id } });
  useEffect(() => {
    document.title = `${t.title} · ${product}`;
  }, [t, product]);
  return (
    <>
      <div className={cx("min-h-0 w-full flex-col border-line bg-canvas pb-14 md:flex md:w-80 md:shrink-0 md:border-r md:pb-0", threadId === null ? "flex" : "hidden")}>
        <header className="border-b border-line px-4 py-4">
          <div className="flex items-center gap-3">
            <h1 className="min-w-0 flex-1 text-lg font-semibold tracking-tight">{t.title}</h1>
            <Button look="primary" onClick={() => setDialog("new")}>
              <Plus className="size-4" aria-hidden />
              {t.begin}
            </Button>
          </div>
          <p className="mt-1 text-xs text-ink-soft">{t.lead}</p>
        </header>
        <nav aria-label={t.threads} aria-busy={picture.load === "idle"} className="min-h-0 flex-1 overflow-y-auto p-2">
          {picture.load === "error" && <ErrorState title={t.failed} error={picture.error} onRetry={() => void talk.load()} />}
          {picture.load === "ready" && picture.threads.length === 0 && (
            <EmptyState icon={MessagesSquare} title={t.none} text={t.noneHint}>
              <Button onClick={() => setDialog("new")}>{t.begin}</Button>
            </EmptyState>
          )}
          <ul className="grid grid-cols-[minmax(0,1fr)] gap-0.5">
            {picture.threads.map((one) => (
              <ThreadRow key={one.id} thread={one} isHere={one.id === threadId} onOpen={() => open(one.id)} />
            ))}
          </ul>
        </nav>
      </div>
      <main id="main" tabIndex={-1} className={cx("min-h-0 min-w-0 flex-1 bg-surface outline-none md:flex", threadId === null ? "hidden" : "flex")}>
        <Boundary key={threadId}>{threadId === null ? <div className="min-w-0 flex-1"><EmptyState icon={MessagesSquare} title={t.pick} text={t.pickHint} /></div> : <RoomPane id={threadId} onBack={() => void navigate({ to: "/team" })} />}</Boundary>
      </main>
      {dialog === "new" && (
        <NewThread
          onClose={() => setDialog("none")}
          onBegun={(thread) => {
            setDialog("none");
            talk.merge(thread);
            open(thread.id);
          }}
        />
      )}
    </>
  );
}

/** What a thread is called by whoever looks: its title, or who else is in it. */
export function titleOf(thread: TalkThread, myId: string): string {
  const others = thread.members.filter((member) => member.id !== myId).map((member) => member.name);
  return thread.title || others.join(", ") || thread.members.map((member) => member.name).join(", ");
}

function ThreadRow({ thread, isHere, onOpen }: { thread: TalkThread; isHere: boolean; onOpen: () => void }) {
  const t = useTalkTexts();
  const { list } = useTexts();
  const me = useMe();
  const { talk } = useWorkspace();
  const now = useNow(MINUTE_MS);
  const title = titleOf(thread, me.user.id);
  const last = thread.last_message ?? null;
  const draft = talk.draft(thread.id);
  const unread = thread.unread_count > 0 && !isHere;
  const said = last === null ? t.empty : `${last.author.id === me.user.id ? list.youSaid : `${last.author.name.split(" ")[0]}:`} ${last.text}`;
  return (
    <li>
      <button type="button" data-thread={thread.id} {...(isHere ? { "aria-current": "true" as const } : {})} onClick={onOpen} className={cx("flex w-full items-center gap-3 rounded-xl px-3 py-2.5 text-left", isHere ? "bg-selected" : "hover:bg-hover")}>
        <Avatar name={title} />
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className={cx("min-w-0 flex-1 truncate text-[0.8125rem]", unread ? "font-semibold" : "font-medium")}>{title}</span>
            <time dateTime={thread.last_message_at} className={cx("shrink-0 text-2xs tabular-nums", unread ? "font-semibold text-accent-text" : "text-ink-faint")}>
              {shortAge(thread.last_message_at, now)}
            </time>
          </span>
          <span className="mt-0.5 flex items-center gap-2">
            <span className={cx("min-w-0 flex-1 truncate text-xs", unread ? "text-ink" : "text-ink-soft")}>
              {draft !== "" && !isHere ? (
                <>
                  <span className="text-warn-ink">{list.draft}</span> {draft}
                </>
              ) : (
                said
              )}
            </span>
            {unread && (
              <span className="flex h-4.5 min-w-4.5 shrink-0 items-center justify-center rounded-full bg-accent px-1 text-2xs font-semibold text-accent-ink tabular-nums">
                <span aria-hidden>{thread.unread_count > 99 ? "99+" : thread.unread_count}</span>
                <span className="sr-only">{t.unread(thread.unread_count)}</span>
              </span>
            )}
          </span>
        </span>
      </button>
    </li>
  );
}
