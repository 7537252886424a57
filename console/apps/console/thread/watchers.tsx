import { useTexts } from "../../../lib/i18n/language";
import { useWatchers } from "../../../lib/realtime/hooks";
import { Avatar } from "../../../lib/ui/avatar";
import { Tip } from "../../../lib/ui/tip";

const MOST = 3;

/** Colleagues who have the same conversation on screen. */
export function Watchers({ id }: { id: string }) {
  const t = useTexts();
  const watchers = useWatchers(id);
  if (watchers.length === 0) return null;
  return (
    <ul aria-label={t.thread.watchers} className="flex -space-x-1.5">
      {watchers.slice(0, MOST).map((watcher) => (
        <li key={watcher.id} data-watcher={watcher.name}>
          <Tip label={t.thread.watching(watcher.name)}>
            <span className="inline-flex rounded-full ring-2 ring-amber-500">
              <Avatar name={watcher.name} size="sm" />
              <span className="sr-only">{t.thread.watching(watcher.name)}</span>
            </span>
          </Tip>
        </li>
      ))}
      {watchers.length > MOST && <li className="pl-2.5 text-xs text-ink-soft">+{watchers.length - MOST}</li>}
    </ul>
  );
}
