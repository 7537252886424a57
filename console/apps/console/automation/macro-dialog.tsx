// Several steps under one name, done to the open conversation at once; the toast takes them back.
import { useState } from "react";
import { listMacros } from "../../../lib/api/automation";
import type { Conversation } from "../../../lib/api/model";
import type { Row } from "../../../lib/api/rows";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Dialog } from "../../../lib/ui/dialog";
import { cx } from "../../../lib/ui/cx";
import { explain, requestOf } from "../../../lib/ui/states";
import { useRemote } from "../../../lib/ui/use-remote";
import { hide } from "../shell/overlay";
import { apply, type MacroWords } from "./apply-macro";

export function MacroDialog({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const { macros: words } = useDeskTexts();
  const { store } = useWorkspace();
  const remote = useRemote("macros", listMacros);
  const [query, setQuery] = useState("");
  const [picked, setPicked] = useState(0);
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const wanted = query.trim().toLowerCase();
  const shown = (remote.value ?? []).filter((one) => String(one["name"]).toLowerCase().includes(wanted));
  const run = async (macro: Row | undefined) => {
    if (macro === undefined || busy === "yes") return;
    setBusy("yes");
    if (await apply(store, conversation.id, macro, words)) hide();
    else setBusy("no");
  };
  return (
    <Dialog title={words.title} lead={words.lead} onClose={hide}>
      <input
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls="macros"
        aria-activedescendant={shown[picked] === undefined ? undefined : `macro-${shown[picked].id}`}
        aria-label={words.search}
        placeholder={words.search}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setPicked(0);
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "ArrowDown") setPicked(Math.min(picked + 1, shown.length - 1));
          else if (event.key === "ArrowUp") setPicked(Math.max(picked - 1, 0));
          else if (event.key === "Enter") void run(shown[picked]);
          else return;
          event.preventDefault();
        }}
        className="mb-2 h-10 w-full rounded-lg border border-line-strong bg-surface px-3 text-sm focus-visible:outline-1 focus-visible:outline-offset-0"
      />
      {remote.state === "error" && (
        <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-[0.8125rem] text-danger-ink">
          {explain(remote.error)} {requestOf(remote.error) !== null && t.common.request(requestOf(remote.error) ?? "")}
        </p>
      )}
      {remote.state === "ready" && shown.length === 0 && <p className="px-2 py-4 text-center text-[0.8125rem] text-ink-soft">{(remote.value ?? []).length === 0 ? words.none : t.common.nothing}</p>}
      <div id="macros" role="listbox" aria-label={words.title} aria-busy={busy === "yes"} className="-mx-2 grid max-h-[50vh] gap-0.5 overflow-y-auto">
        {shown.map((macro, index) => (
          <button
            key={macro.id}
            id={`macro-${macro.id}`}
            type="button"
            role="option"
            tabIndex={-1}
            aria-selected={index === picked}
            onClick={() => void run(macro)}
            className={cx("min-w-0 rounded-lg px-3 py-2 text-left text-[0.8125rem]", index === picked ? "bg-hover" : "hover:bg-hover")}
          >
            <span className="block font-medium">{String(macro["name"])}</span>
            <span className="block truncate text-xs text-ink-soft">{stepsOf(macro, words)}</span>
          </button>
        ))}
      </div>
    </Dialog>
  );
}

function stepsOf(macro: Row, words: MacroWords): string {
  const then: readonly unknown[] = Array.isArray(macro["then"]) ? macro["then"] : [];
  return then.map((one) => words.steps[String((one as { type?: unknown }).type)] ?? "").join(" · ");
}
