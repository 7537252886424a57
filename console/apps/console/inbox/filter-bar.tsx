import { ListFilter, Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Channel } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { useList } from "../../../lib/realtime/hooks";
import type { ViewName } from "../../../lib/realtime/views";
import { IconButton } from "../../../lib/ui/button";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { cx } from "../../../lib/ui/cx";
import { Menu, MenuChoices, MenuLine } from "../../../lib/ui/menu";
import { usePlace } from "./place";
import { MINE, UNASSIGNED } from "./standing-views";

const SEARCH_MS = 250;
const TABS: readonly ViewName[] = ["mine", "unassigned", "all"];
const CHANNELS: readonly Channel[] = ["whatsapp", "sms", "email", "chat", "voice"];

export function FilterBar() {
  const t = useTexts();
  const { view, show } = usePlace();
  const mine = useList(MINE);
  const unassigned = useList(UNASSIGNED);
  const counts: Partial<Record<ViewName, string>> = { mine: count(mine), unassigned: count(unassigned) };
  return (
    <div className="grid gap-3 px-4 pt-4 pb-3">
      <div className="flex items-center gap-2">
        <SearchBox />
        <FilterMenu />
      </div>
      <div role="group" aria-label={t.list.label} className="flex gap-1">
        {(TABS.includes(view.name) ? TABS : [...TABS, view.name]).map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={view.name === name && view.q === ""}
            onClick={() => show(name)}
            className={cx(
              "flex h-7 items-center gap-1.5 rounded-full px-2.5 text-[0.8125rem] transition-colors",
              view.name === name && view.q === "" ? "bg-accent-soft font-semibold text-accent-text" : "text-ink-soft hover:bg-hover hover:text-ink",
            )}
          >
            {t.views[name]}
            {counts[name] !== undefined && counts[name] !== "0" && <span className="text-2xs font-semibold tabular-nums opacity-80">{counts[name]}</span>}
          </button>
        ))}
      </div>
    </div>
  );
}

function count(list: ReturnType<typeof useList>): string {
  if (list === null) return "0";
  return `${list.ids.length}${list.cursor === null ? "" : "+"}`;
}

function SearchBox() {
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

function FilterMenu() {
  const t = useTexts();
  const { view, search, show, filter } = usePlace();
  const trigger = (
    <IconButton label={t.list.more} look="quiet" className={cx("size-9", view.channel !== null && "bg-accent-soft text-accent-text")}>
      <ListFilter className="size-4" />
    </IconButton>
  );
  return (
    <Menu trigger={trigger}>
      <MenuChoices<ViewName>
        label={t.list.label}
        value={view.name}
        onChange={show}
        choices={(["mine", "unassigned", "all", "snoozed", "closed"] as const).map((name) => [name, t.views[name]] as const)}
      />
      <MenuLine />
      <MenuChoices<Channel | "any">
        label={t.list.channel}
        value={view.channel ?? "any"}
        onChange={(channel) => {
          const { channel: _, ...rest } = search;
          filter(channel === "any" ? rest : { ...rest, channel });
        }}
        choices={[
          ["any", t.list.anyChannel],
          ...CHANNELS.map(
            (channel) =>
              [
                channel,
                <span key={channel} className="flex items-center gap-2.5">
                  <ChannelIcon channel={channel} />
                  {t.channels[channel]}
                </span>,
              ] as const,
          ),
        ]}
      />
    </Menu>
  );
}
