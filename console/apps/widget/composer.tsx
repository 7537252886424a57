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
        📎
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
