/** @jsxImportSource preact */
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Availability } from "./api";
import { now, subscribe } from "./chat";
import type { State } from "./state";
import { Composer } from "./composer";
import { EmailForm } from "./email-form";
import { Satisfaction } from "./satisfaction";
import { tell } from "./host";
import { currentLanguage, subscribeLanguage, texts } from "./language";
import { Bubble, WaitingBubble } from "./bubble";
import { fill } from "./texts";

/** How long a lost connection is nobody's business. */
const QUIET = 2500;

function useChat(): State {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const parting = [subscribe(() => draw(undefined)), subscribeLanguage(() => draw(undefined))];
    return () => parting.forEach((part) => part());
  }, []);
  return now();
}

/** On a phone the keyboard covers the lower part: the page is as high as what is seen. */
function useVisibleHeight(): void {
  useEffect(() => {
    const view = window.visualViewport;
    if (view === null) return undefined;
    const fit = () => document.documentElement.style.setProperty("--height", `${view.height}px`);
    fit();
    view.addEventListener("resize", fit);
    return () => view.removeEventListener("resize", fit);
  }, []);
}

export function App() {
  const chat = useChat();
  const t = texts();
  useVisibleHeight();
  useEffect(() => {
    const leave = (event: KeyboardEvent) => event.key === "Escape" && tell({ hub: "close" });
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, []);
  return (
    <main class="chat" aria-label={t.title}>
      <header>
        {chat.conversation?.agent != null && (
          <span class="avatar" aria-hidden="true">
            {initials(chat.conversation.agent.name)}
          </span>
        )}
        <div class="who">
          <strong>{chat.conversation?.agent?.name ?? t.title}</strong>
          <p>{status(chat.availability)}</p>
        </div>
        <button type="button" class="plain" aria-label={t.close} onClick={() => tell({ hub: "close" })}>
          ×
        </button>
      </header>
      <Banner chat={chat} />
      <Log chat={chat} />
      {chat.phase !== "refused" && <Composer limit={chat.limit} maxText={chat.maxText} />}
    </main>
  );
}

/** Of a name of several words the first letters of the first and the last. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => Array.from(word ?? "")[0] ?? "").join("").toUpperCase();
}

function status(availability: Availability | null): string {
  const t = texts();
  if (availability === null) return "";
  if (availability.online) return t.online;
  const opens = availability.business_hours?.opens_at;
  if (availability.business_hours?.open !== false || opens === null || opens === undefined) return t.away;
  const when = new Intl.DateTimeFormat(currentLanguage(), { weekday: "long", hour: "2-digit", minute: "2-digit" }).format(new Date(opens));
  return `${t.away} ${fill(t.opens, "when", when)}`;
}

function Banner({ chat }: { chat: State }) {
  const t = texts();
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (chat.connected) return undefined;
    const timer = setTimeout(() => setLate(true), QUIET);
    return () => clearTimeout(timer);
  }, [chat.connected]);
  const text = chat.phase === "refused" ? t.refused : late ? t.offline : null;
  return (
    <div role="status" aria-live="polite">
      {text !== null && <p class="banner">{text}</p>}
    </div>
  );
}

function Log({ chat }: { chat: State }) {
  const t = texts();
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const readUntil = chat.conversation?.read_until_seq ?? 0;
  useEffect(() => {
    const element = box.current;
    if (element !== null && atEnd.current) element.scrollTop = element.scrollHeight;
  });
  const follow = () => {
    const element = box.current;
    if (element !== null) atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
  };
  const asks = chat.availability !== null && !chat.availability.online;
  return (
    <div class="log" ref={box} role="log" aria-live="polite" aria-label={t.log} tabIndex={0} onScroll={follow}>
      <p class="greeting">{chat.greeting ?? t.greeting}</p>
      {chat.messages.map((message, index) => (
        <Bubble
          key={message.client_message_id ?? message.message_id}
          message={message}
          isRead={message.seq <= readUntil}
          isLast={index === chat.messages.length - 1}
        />
      ))}
      {chat.waiting.map((one) => (
        <WaitingBubble key={one.id} waiting={one} />
      ))}
      {chat.phase === "ready" && asks && <EmailForm isGiven={chat.hasEmail} />}
      {chat.conversation?.status === "closed" && <p class="note">{t.closed}</p>}
      {chat.phase === "ready" && chat.conversation !== null && <Satisfaction key={chat.conversation.id} conversation={chat.conversation} rated={chat.rated} />}
      {chat.typist !== null && <p class="note typing">{fill(t.typing, "name", chat.typist)}</p>}
    </div>
  );
}
