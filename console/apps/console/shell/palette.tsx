import { useNavigate } from "@tanstack/react-router";
import { Command, Lock } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { findEverywhere, NOTHING, type Found } from "../../../lib/api/search";
import { ApiError } from "../../../lib/api/http";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { named, useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { cx } from "../../../lib/ui/cx";
import { Dialog } from "../../../lib/ui/dialog";
import { Keys } from "../../../lib/ui/keys";
import { contactName } from "../inbox/preview";
import { usePlace } from "../inbox/place";
import { hide } from "./overlay";
import { fit, useEntries, type Entry } from "./palette-entries";

const GROUPS = ["here", "go", "found", "else"] as const;
const SEARCH_MS = 200;
const MOST_FOUND = 5;
/** So many lines fill the palette; the others are drawn once it is there. */
const FIRST_LINES = 16;

/** Everything that can be done or reached, by typing a few letters of it. */
export function Palette() {
  const t = useTexts();
  const desk = useDeskTexts();
  const entries = useEntries();
  const [query, setQuery] = useState("");
  const [picked, setPicked] = useState(0);
  const [drawn, setDrawn] = useState<"first" | "all">("first");
  const list = useRef<HTMLDivElement>(null);
  const wanted = query.trim().toLowerCase();
  const found = useFound(wanted);
  const known = new Set(found.map((one) => one.id));
  const ranked = [...entries.filter((entry) => !known.has(entry.id)), ...found].flatMap((entry) => {
    const rank = entry.group === "found" && known.has(entry.id) ? 1 : fit(entry.text, wanted);
    return rank === null || (wanted === "" && entry.group === "found") ? [] : [{ entry, rank: rank + (entry.blocked ? 10 : 0) }];
  });
  const shown = GROUPS.flatMap((group) =>
    ranked.filter(({ entry }) => entry.group === group).sort((a, b) => (wanted === "" ? 0 : a.rank - b.rank)).map(({ entry }) => entry),
  );
  const run = (entry: Entry | undefined) => {
    if (entry === undefined || entry.blocked) return;
    flushSync(hide);
    // The closing dialog gives the focus back first; then the command may take it.
    setTimeout(entry.run, 0);
  };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => setDrawn("all"), 0);
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, []);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [picked]);
  return (
    <Dialog title={desk.palette.title} onClose={hide} width="max-w-lg">
      <input
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls="palette-entries"
        aria-activedescendant={shown[picked] === undefined ? undefined : `entry-${shown[picked].id}`}
        aria-label={desk.palette.hint}
        placeholder={desk.palette.hint}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setPicked(0);
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "ArrowDown") setPicked(Math.min(picked + 1, shown.length - 1));
          else if (event.key === "ArrowUp") setPicked(Math.max(picked - 1, 0));
          else if (event.key === "Enter") run(shown[picked]);
          else return;
          event.preventDefault();
        }}
        className="mb-2 h-10 w-full rounded-lg border border-line-strong bg-surface px-3 text-sm focus-visible:outline-1 focus-visible:outline-offset-0"
      />
      <div ref={list} id="palette-entries" role="listbox" aria-label={desk.palette.title} className="-mx-2 grid max-h-[55vh] gap-0.5 overflow-y-auto">
        {shown.length === 0 && <p className="px-2 py-4 text-center text-ink-soft">{t.common.nothing}</p>}
        {(drawn === "all" ? shown : shown.slice(0, FIRST_LINES)).map((entry, index) => (
          <Line key={entry.id} entry={entry} heading={shown[index - 1]?.group === entry.group ? null : (desk.palette.groups[entry.group] ?? "")} chosen={index === picked} onPick={() => run(entry)} />
        ))}
      </div>
    </Dialog>
  );
}

function Line({ entry, heading, chosen, onPick }: { entry: Entry; heading: string | null; chosen: boolean; onPick: () => void }) {
  const blocked = Boolean(entry.blocked);
  return (
    <>
      {heading !== null && (
        <p role="presentation" className="px-2.5 pt-2 pb-1 text-2xs font-semibold text-ink-faint">
          {heading}
        </p>
      )}
      <button
        id={`entry-${entry.id}`}
        type="button"
        role="option"
        tabIndex={-1}
        aria-selected={chosen}
        aria-disabled={blocked || undefined}
        onClick={onPick}
        className={cx("flex min-h-9 items-center gap-3 rounded-lg px-2.5 text-left text-[0.8125rem]", chosen ? "bg-hover" : "hover:bg-hover", blocked && "text-ink-soft")}
      >
        {blocked ? <Lock className="size-3.5 text-ink-faint" aria-hidden /> : entry.channel === undefined ? <Command className="size-3.5 text-ink-faint" aria-hidden /> : <ChannelIcon channel={entry.channel} />}
        <span className="min-w-0 flex-1 py-1">
          <span className="block truncate">{entry.text}</span>
          {blocked && <span className="block text-xs text-ink-faint">{entry.blocked}</span>}
        </span>
        {entry.keys !== undefined && <Keys keys={entry.keys} />}
      </button>
    </>
  );
}

/** What the server finds for the words, a moment after they were typed. */
function useFound(query: string): readonly Entry[] {
  const t = useTexts();
  const { store } = useWorkspace();
  const navigate = useNavigate();
  const { open } = usePlace();
  const [found, setFound] = useState<Found>(NOTHING);
  useEffect(() => {
    let current = true;
    setFound(NOTHING);
    if (query.length < 2) return;
    const timer = setTimeout(() => {
      findEverywhere(query, MOST_FOUND).then(
        (next) => {
          if (!current) return;
          for (const conversation of next.conversations) store.mergeConversation(conversation, "event");
          setFound(next);
        },
        (error: unknown) => {
          // Commands work without it; the search page tells what went wrong.
          if (!(error instanceof ApiError)) throw error;
        },
      );
    }, SEARCH_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [query, store]);
  const go = (path: string) => () => void navigate({ to: path });
  return [
    ...found.conversations.map((one): Entry => ({ id: one.id, group: "found", text: contactName(one, t), channel: one.channel, run: () => open(one.id) })),
    ...found.contacts.map((one): Entry => ({ id: one.id, group: "found", text: named(t.context.contact, one.display_name), run: go(`/contacts/${one.id}`) })),
    ...found.tickets.map((one): Entry => ({ id: one.id, group: "found", text: `${one.code} ${one.summary ?? ""}`, run: go(`/cockpit/${one.id}`) })),
  ];
}
