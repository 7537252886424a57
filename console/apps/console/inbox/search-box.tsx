import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTexts } from "../../../lib/i18n/language";
import { usePlace } from "./place";

const SEARCH_MS = 250;

export function SearchBox() {
  const t = useTexts();
  const { view, search, filter } = usePlace();
  const [text, setText] = useState(view.q);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(view.q), [view.q]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const apply = (next: string) => {
    const { q: _, ...rest } = search;
    filter(next.trim() === "" ? rest : { ...rest, q: next.trim() });
  };
  const change = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => apply(next), SEARCH_MS);
  };
  const clear = () => {
    clearTimeout(timer.current);
    setText("");
    apply("");
  };
  return (
    <div role="search" className="relative min-w-0 flex-1">
      <Search aria-hidden className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-faint" />
      <input
        id="search"
        type="text"
        role="searchbox"
        aria-label={t.list.search}
        placeholder={t.list.search}
        autoComplete="off"
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (text !== "") clear();
          event.currentTarget.blur();
        }}
        className="h-9 w-full rounded-xl border border-line bg-surface pr-8 pl-9 text-[0.8125rem] hover:border-line-strong focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0"
      />
      {text !== "" && (
        <button type="button" aria-label={t.list.clearSearch} onClick={clear} className="absolute top-1/2 right-2 -translate-y-1/2 rounded p-1 text-ink-faint hover:text-ink">
          <X className="size-3.5" />
        </button>
      )}
    </div>
  );
}
