import { Bookmark, BookmarkPlus, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import { useOfList, useWorkspace } from "../../../lib/realtime/hooks";
import { viewKey } from "../../../lib/realtime/views";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { Dialog } from "../../../lib/ui/dialog";
import { TextField } from "../../../lib/ui/fields";
import { toastDone } from "../../../lib/ui/toast";
import { useMe } from "../session/me";
import { count } from "./count";
import { usePlace } from "./place";
import { removeView, savedAs, saveView, useSavedViews, type SavedView } from "./saved-views";

/** The views one saved, each with its count. */
export function SavedViews() {
  const desk = useDeskTexts();
  const { user } = useMe();
  const views = useSavedViews(user.id);
  if (views.length === 0) return null;
  return (
    <div role="group" aria-label={desk.saved.label} className="flex flex-wrap gap-1">
      {views.map((saved) => (
        <Saved key={saved.id} saved={saved} />
      ))}
    </div>
  );
}

function Saved({ saved }: { saved: SavedView }) {
  const t = useTexts();
  const desk = useDeskTexts();
  const workspace = useWorkspace();
  const { user } = useMe();
  const { view, go } = usePlace();
  const [asking, setAsking] = useState<"no" | "yes">("no");
  const many = useOfList(saved.view, count);
  const here = viewKey(view) === viewKey(saved.view);
  const key = viewKey(saved.view);
  useEffect(() => {
    void workspace.loadList(saved.view);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key says all of the view
  }, [workspace, key]);
  const remove = () => {
    setAsking("no");
    const back = removeView(user.id, saved.id);
    toastDone(desk.saved.removed(saved.name), { label: t.actions.undo, run: back });
  };
  return (
    <span className={cx("inline-flex h-7 max-w-full items-center rounded-full border", here ? "border-accent bg-accent-soft text-accent-text" : "border-line text-ink-soft hover:bg-hover")}>
      <button type="button" aria-pressed={here} onClick={() => go(saved.view)} className="inline-flex min-w-0 items-center gap-1.5 pr-2 pl-2.5 text-xs font-medium">
        <Bookmark className="size-3 shrink-0" aria-hidden />
        <span className="truncate">{saved.name}</span>
        <span className="text-2xs font-semibold tabular-nums opacity-80">{many}</span>
      </button>
      {here && (
        <button type="button" aria-label={desk.saved.remove(saved.name)} onClick={() => setAsking("yes")} className="mr-1.5 rounded p-0.5 hover:bg-accent/20">
          <Trash2 className="size-3" />
        </button>
      )}
      {asking === "yes" && (
        <Dialog title={desk.saved.remove(saved.name)} lead={desk.saved.removeLead} onClose={() => setAsking("no")} width="max-w-sm">
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsking("no")}>{t.common.cancel}</Button>
            <Button look="danger" onClick={remove}>
              {desk.saved.delete}
            </Button>
          </div>
        </Dialog>
      )}
    </span>
  );
}

/** Offers to keep the filters in force, unless they are kept already. */
export function SaveView() {
  const t = useTexts();
  const desk = useDeskTexts();
  const { user } = useMe();
  const { view } = usePlace();
  const views = useSavedViews(user.id);
  const [name, setName] = useState<string | null>(null);
  if (savedAs(views, view) !== null) return null;
  return (
    <>
      <button type="button" onClick={() => setName("")} className="inline-flex h-6 items-center gap-1 rounded-full px-2 text-xs font-medium text-ink-soft hover:bg-hover hover:text-ink">
        <BookmarkPlus className="size-3.5" aria-hidden />
        {desk.saved.save}
      </button>
      {name !== null && (
        <Dialog title={desk.saved.save} lead={desk.saved.lead} onClose={() => setName(null)} width="max-w-sm">
          <form
            className="grid gap-4"
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim() === "") return;
              saveView(user.id, name.trim(), view);
              setName(null);
            }}
          >
            <TextField label={desk.saved.name} required autoFocus maxLength={40} value={name} onChange={(event) => setName(event.target.value)} />
            <div className="flex justify-end gap-2">
              <Button onClick={() => setName(null)}>{t.common.cancel}</Button>
              <Button type="submit" look="primary" disabled={name.trim() === ""}>
                {t.common.save}
              </Button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
