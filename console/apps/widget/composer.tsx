/** @jsxImportSource preact */
import { useRef, useState } from "preact/hooks";
import { attach, say, typing } from "./chat";
import { inbox } from "./host";
import { texts } from "./language";
import { keep, kept } from "./storage";
import { fill } from "./texts";

const DRAFT = `hub.draft.${inbox}`;

export function Composer({ limit, maxText }: { limit: number; maxText: number }) {
  const t = texts();
  const [text, setText] = useState(() => kept<string>(DRAFT) ?? "");
  const [problem, setProblem] = useState<string | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const write = (value: string) => {
    setText(value);
    keep(DRAFT, value);
    typing(value.trim() === "");
  };
  const send = () => {
    const said = text.trim();
    if (said === "") return;
    say(said);
    setText("");
    keep(DRAFT, "");
    setProblem(null);
  };
  const pick = async (files: FileList | null) => {
    setProblem(null);
    for (const file of Array.from(files ?? [])) {
      const outcome = await attach(file);
      if (outcome === "tooLarge") setProblem(fill(t.tooLarge, "limit", String(Math.floor(limit / 1024 / 1024))));
      if (outcome === "notSent") setProblem(t.notSent);
    }
    if (picker.current !== null) picker.current.value = "";
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="button" class="plain" aria-label={t.attach} onClick={() => picker.current?.click()}>
        <svg width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
          <path d="m21 11-9 9a5.5 5.5 0 0 1-8-8l9-9a3.7 3.7 0 0 1 5.3 5.2l-9 9a1.8 1.8 0 0 1-2.6-2.6l8.3-8.3" />
        </svg>
      </button>
      <input ref={picker} type="file" hidden multiple onChange={(event) => void pick(event.currentTarget.files)} />
      <textarea
        rows={1}
        value={text}
        maxLength={maxText}
        aria-label={t.field}
        placeholder={t.field}
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            send();
          }
        }}
      />
      <button type="submit" class="send" aria-label={t.send} disabled={text.trim() === ""}>
        ➤
      </button>
    </form>
  );
}
