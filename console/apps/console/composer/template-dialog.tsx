import { useState } from "react";
import { listTemplates } from "../../../lib/api/hub";
import type { Conversation, Template } from "../../../lib/api/model";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import { Dialog } from "../../../lib/ui/dialog";
import { Select } from "../../../lib/ui/fields";
import { ErrorState } from "../../../lib/ui/states";
import { useRemote } from "../../../lib/ui/use-remote";
import { hide } from "../shell/overlay";
import { TemplateForm } from "./template-form";

export function TemplateDialog({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const desk = useDeskTexts();
  const remote = useRemote("templates", loadTemplates);
  const templates = remote.value?.filter((template) => template.inbox.id === conversation.inbox.id) ?? null;
  const [chosen, setChosen] = useState<string | null>(null);
  const template = templates?.find((one) => one.id === chosen) ?? templates?.[0];
  return (
    <Dialog title={desk.template.title} onClose={hide}>
      {remote.state === "loading" && <p className="py-6 text-center text-ink-soft">{t.common.loading}</p>}
      {remote.state === "error" && <ErrorState title={desk.template.failed} error={remote.error} onRetry={remote.retry} />}
      {templates !== null && template === undefined && <p className="py-6 text-center text-ink-soft">{desk.template.none}</p>}
      {templates !== null && template !== undefined && (
        <div className="grid gap-4">
          <Select label={desk.template.pick} value={template.id} onChange={(event) => setChosen(event.target.value)}>
            {templates.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name} ({one.language})
              </option>
            ))}
          </Select>
          <TemplateForm key={template.id} conversation={conversation} template={template} />
        </div>
      )}
    </Dialog>
  );
}

async function loadTemplates(): Promise<readonly Template[]> {
  return (await listTemplates()).data.filter((template) => template.status.toLowerCase() === "approved");
}
