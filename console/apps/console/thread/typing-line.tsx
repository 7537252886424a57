import { useTexts } from "../../../lib/i18n/language";
import { useTyping } from "../../../lib/realtime/hooks";

export function TypingLine({ id }: { id: string }) {
  const t = useTexts();
  const typists = useTyping(id);
  const first = typists[0];
  return (
    <div aria-live="polite" className="h-5 shrink-0 px-6 text-xs text-ink-soft">
      {first !== undefined && (
        <span className="inline-flex items-center gap-2">
          <span aria-hidden className="inline-flex gap-0.5">
            {[0, 150, 300].map((delay) => (
              <span key={delay} className="typing-dot size-1 rounded-full bg-ink-faint" style={{ animationDelay: `${delay}ms` }} />
            ))}
          </span>
          {t.thread.typing(typists.map((typist) => typist.name).join(", "), first.mode)}
        </span>
      )}
    </div>
  );
}
