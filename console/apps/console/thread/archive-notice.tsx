import { Archive } from "lucide-react";
import { useState } from "react";
import { readArchive } from "../../../lib/api/retention";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useWorkspace } from "../../../lib/realtime/hooks";
import type { Thread } from "../../../lib/realtime/store";
import { Button } from "../../../lib/ui/button";
import { toastError } from "../../../lib/ui/toast";

/** A conversation whose words went to the archive: they are read from there when somebody asks. */
export function ArchiveNotice({ id, thread }: { id: string; thread: Thread }) {
  const { archive: t } = useDeskTexts();
  const { store } = useWorkspace();
  const [busy, setBusy] = useState<"no" | "yes">("no");
  if (!thread.messages.some((message) => message.metadata["archived"] === true)) return null;
  const read = async () => {
    setBusy("yes");
    try {
      const { messages } = await readArchive(id);
      store.setThread(id, { messages, older: "none" });
      store.flush();
    } catch (error) {
      toastError(error, t.failed);
      setBusy("no");
    }
  };
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-sunken px-4 py-2 text-[0.8125rem] sm:px-6">
      <Archive className="size-4 shrink-0 text-ink-faint" aria-hidden />
      <span className="min-w-40 flex-1">{t.title}</span>
      <Button disabled={busy === "yes"} onClick={() => void read()}>
        {t.read}
      </Button>
    </div>
  );
}
