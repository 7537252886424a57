import { X } from "lucide-react";
import { memo } from "react";
import { listUsers } from "../../../lib/api/hub";
import { useTexts } from "../../../lib/i18n/language";
import { useOfList } from "../../../lib/realtime/hooks";
import type { ViewName } from "../../../lib/realtime/views";
import { cx } from "../../../lib/ui/cx";
import { part } from "../../../lib/ui/part";
import { useRemote } from "../../../lib/ui/use-remote";
import { count } from "./count";
import { usePlace } from "./place";
import { SearchBox } from "./search-box";
import { useSelection } from "./selection";
import { MINE, UNASSIGNED } from "./standing-views";

// Menus and dialogs come right after the list itself.
const BulkBar = part(async () => (await import("./bulk-bar")).BulkBar, Tabs);
const FilterMenu = part(async () => (await import("./filter-menu")).FilterMenu, FilterPlace);
const SavedViews = part(async () => (await import("./saved-views-bar")).SavedViews);
const SaveView = part(async () => (await import("./saved-views-bar")).SaveView);

const TABS: readonly ViewName[] = ["mine", "unassigned", "all"];

/** Stands over the list, which changes many times a second, and is not drawn anew with it. */
export const FilterBar = memo(function FilterBar() {
  const selected = useSelection();
  return (
    <div className="grid gap-2.5 px-4 pt-4 pb-2.5">
      <div className="flex items-center gap-2">
        <SearchBox />
        <FilterMenu />
      </div>
      {selected.size > 0 ? <BulkBar /> : <Tabs />}
      <SavedViews />
      <Filters />
    </div>
  );
});

/** Keeps the place of the menu. */
function FilterPlace() {
  return <span className="size-9 shrink-0" />;
}

function Tabs() {
  const t = useTexts();
  const { view, show } = usePlace();
  const mine = useOfList(MINE, count);
  const unassigned = useOfList(UNASSIGNED, count);
  const counts: Partial<Record<ViewName, string>> = { mine, unassigned };
  return (
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
  );
}

/** The filters in force, each to be taken away, and the offer to keep them under a name. */
function Filters() {
  const t = useTexts();
  const { view, search, filter } = usePlace();
  const { q: _, ...kept } = search;
  const people = useRemote(kept.agent === undefined ? null : "users", async () => (await listUsers()).data);
  const names = Object.keys(kept) as (keyof typeof kept)[];
  if (names.length === 0 && view.q === "") return null;
  const without = (name: keyof typeof kept) => {
    const rest = { ...search };
    delete rest[name];
    filter(rest);
  };
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {names.map((name) => {
        const agent = people.value?.find((one) => one.id === kept.agent)?.full_name ?? "…";
        const text = name === "channel" ? (t.channels[kept.channel ?? ""] ?? "") : name === "agent" ? agent : (kept[name] ?? "");
        return (
          <button
            key={name}
            type="button"
            aria-label={t.list.without(text)}
            onClick={() => without(name)}
            className="inline-flex h-6 max-w-40 items-center gap-1 rounded-full bg-accent-soft pr-1.5 pl-2.5 text-xs font-medium text-accent-text hover:bg-accent/20"
          >
            <span className="truncate">{text}</span>
            <X className="size-3 shrink-0" aria-hidden />
          </button>
        );
      })}
      <SaveView />
    </div>
  );
}
