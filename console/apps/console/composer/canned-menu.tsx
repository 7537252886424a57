import type { CannedResponse } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { cx } from "../../../lib/ui/cx";
import { explain } from "../../../lib/ui/states";
import type { Canned } from "./canned";

export interface CannedMenuProps {
  canned: Canned;
  picked: number;
  onPick: (response: CannedResponse) => void;
  /** A reply's text as it would be inserted. */
  fill: (text: string) => string;
}

export function CannedMenu({ canned, picked, onPick, fill }: CannedMenuProps) {
  const t = useTexts();
  const { remote, matches } = canned;
  return (
    <div role="listbox" aria-label={t.composer.canned} className="appear absolute inset-x-2 bottom-full z-30 mb-2 max-h-72 overflow-y-auto rounded-xl border border-line bg-raised p-1 text-ink shadow-float">
      {remote.state === "loading" && <p className="px-3 py-2 text-[0.8125rem] text-ink-soft">{t.common.loading}</p>}
      {remote.state === "error" && <p className="px-3 py-2 text-[0.8125rem] text-danger-ink">{explain(remote.error)}</p>}
      {remote.state === "ready" && matches.length === 0 && (
        <p className="px-3 py-2 text-[0.8125rem] text-ink-soft">{remote.value?.length === 0 ? t.composer.cannedNone : t.composer.cannedEmpty}</p>
      )}
      {matches.map((response, index) => (
        <div
          key={response.id}
          role="option"
          tabIndex={-1}
          aria-selected={index === picked}
          onMouseDown={(event) => {
            event.preventDefault();
            onPick(response);
          }}
          className={cx("rounded-lg px-3 py-2", index === picked ? "bg-hover" : "hover:bg-hover")}
        >
          <p className="flex items-baseline gap-2">
            <span className="font-mono text-xs font-semibold text-accent-text">/{response.shortcut}</span>
            {response.title !== "" && <span className="truncate text-[0.8125rem] font-medium">{response.title}</span>}
          </p>
          <p className="truncate text-xs text-ink-soft">{fill(response.text)}</p>
        </div>
      ))}
    </div>
  );
}
