import { Plus, X } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import type { Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { useCommands } from "../thread/commands";

export function TagEditor({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const commands = useCommands(conversation.id);
  const [text, setText] = useState("");
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const tag = text.trim().toLowerCase();
    if (tag === "") return;
    setText("");
    if ((await commands.addTag(tag)) === "refused") setText(tag);
  };
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {conversation.tags.map((tag) => (
        <span key={tag} className="inline-flex h-6 items-center gap-1 rounded-full bg-accent-soft pr-1 pl-2.5 text-xs font-medium text-accent-text">
          {tag}
          <button type="button" aria-label={t.context.removeTag(tag)} onClick={() => void commands.removeTag(tag)} className="rounded-full p-0.5 hover:bg-accent/20">
            <X className="size-3" />
          </button>
        </span>
      ))}
      <form onSubmit={(event) => void add(event)} className="relative min-w-24 flex-1">
        <Plus aria-hidden className="pointer-events-none absolute top-1/2 left-2 size-3 -translate-y-1/2 text-ink-faint" />
        <input
          id="add-tag"
          aria-label={t.context.addTag}
          placeholder={t.context.addTag}
          autoComplete="off"
          maxLength={40}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          className="h-6 w-full rounded-full border border-dashed border-line-strong bg-transparent pr-2 pl-6 text-xs focus-visible:border-accent focus-visible:outline-0"
        />
      </form>
    </div>
  );
}
