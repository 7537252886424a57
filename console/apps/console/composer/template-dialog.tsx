import { useState, type SubmitEvent } from "react";
import { listTemplates, sendTemplate } from "../../../lib/api/hub";
import type { Conversation, Template } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Select, TextField } from "../../../lib/ui/fields";
import { ErrorState } from "../../../lib/ui/states";
import { toastError } from "../../../lib/ui/toast";
import { useRemote } from "../../../lib/ui/use-remote";
import { hide } from "../shell/overlay";

export function TemplateDialog({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const remote = useRemote("templates", loadTemplates);
  const templates = remote.value?.filter((template) => template.inbox.id === conversation.inbox.id) ?? null;
  return (
    <Dialog title={t.template.title} onClose={hide}>
      {remote.state === "loading" && <p className="py-6 text-center text-ink-soft">{t.common.loading}</p>}
      {remote.state === "error" && <ErrorState title={t.template.failed} error={remote.error} onRetry={remote.retry} />}
      {templates !== null && templates.length === 0 && <p className="py-6 text-center text-ink-soft">{t.template.none}</p>}
      {templates !== null && templates.length > 0 && <TemplateForm conversation={conversation} templates={templates} />}
    </Dialog>
  );
}

function TemplateForm({ conversation, templates }: { conversation: Conversation; templates: readonly Template[] }) {
  const t = useTexts();
  const { store } = useWorkspace();
  const [chosen, setChosen] = useState(templates[0]?.id ?? "");
  const [values, setValues] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const template = templates.find((one) => one.id === chosen) ?? templates[0];
  if (template === undefined) return null;
  const fields = fieldCount(template.body);
  const params = Array.from({ length: fields }, (_, index) => values[index] ?? "");

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy("yes");
    try {
      const message = await sendTemplate(conversation.id, {
        template_name: template.name,
        language: template.language,
        params,
        client_message_id: crypto.randomUUID(),
      });
      store.mergeMessages(conversation.id, [message]);
      hide();
    } catch (error) {
      toastError(error, t.template.failed);
      setBusy("no");
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="grid gap-4">
      <Select label={t.template.pick} value={template.id} onChange={(event) => setChosen(event.target.value)}>
        {templates.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name} ({one.language})
          </option>
        ))}
      </Select>
      {params.map((value, index) => (
        <TextField
          key={`${template.id} ${index}`}
          label={t.template.field(index + 1)}
          required
          value={value}
          onChange={(event) => setValues(params.map((one, at) => (at === index ? event.target.value : one)))}
        />
      ))}
      <div className="grid gap-1.5">
        <span className="text-[0.8125rem] font-medium">{t.template.preview}</span>
        <p className="rounded-2xl rounded-br-md bg-mine px-4 py-3 wrap-anywhere whitespace-pre-wrap text-mine-ink">{filled(template.body, params)}</p>
      </div>
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={hide}>{t.common.cancel}</Button>
        <Button type="submit" look="primary" disabled={busy === "yes" || params.some((value) => value.trim() === "")}>
          {t.template.send}
        </Button>
      </div>
    </form>
  );
}

async function loadTemplates(): Promise<readonly Template[]> {
  return (await listTemplates()).data.filter((template) => template.status.toLowerCase() === "approved");
}

/** How many `{{n}}` fields a template's text has. */
export function fieldCount(body: string): number {
  return Math.max(0, ...[...body.matchAll(/\{\{(\d+)\}\}/g)].map((match) => Number(match[1])));
}

function filled(body: string, params: readonly string[]): string {
  return body.replaceAll(/\{\{(\d+)\}\}/g, (field, index: string) => params[Number(index) - 1] || field);
}
