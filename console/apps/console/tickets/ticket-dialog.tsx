import { useRef, useState, type SubmitEvent } from "react";
import { listAccounts, listSites, makeTicket } from "../../../lib/api/hub";
import { ApiError } from "../../../lib/api/http";
import { contactContext } from "../../../lib/api/people";
import type { Conversation } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { useThread, useWorkspace } from "../../../lib/realtime/hooks";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Select, TextArea, TextField } from "../../../lib/ui/fields";
import { explain, requestOf } from "../../../lib/ui/states";
import { toastDone } from "../../../lib/ui/toast";
import { useRemote } from "../../../lib/ui/use-remote";
import { hide } from "../shell/overlay";
import { Choices } from "../thread/choices";
import { IntakeFields } from "./intake-fields";
import { atHome, bodyOf, firstDraft, inTheirWords, type TicketDraft, type TypedDraft } from "./ticket-draft";
import { WorkFields } from "./work-fields";

/** Turns the conversation into work for dispatch. One key for the life of the dialog, so pressing twice makes one ticket. */
export function TicketDialog({ conversation }: { conversation: Conversation }) {
  const t = useTexts();
  const { store } = useWorkspace();
  const [typed, setTyped] = useState<TypedDraft>(() => firstDraft(conversation));
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const [refusal, setRefusal] = useState<unknown>(null);
  const key = useRef(crypto.randomUUID());
  const places = useRemote(`places ${conversation.contact.id}`, async () => (await contactContext(conversation.contact.id)).sites);
  // Opened quickly, the dialog is there before the messages are.
  const { messages } = useThread(conversation.id);
  const draft = atHome(inTheirWords(typed, conversation.subject, messages), places.value ?? []);
  const accounts = useRemote("accounts", async () => (await listAccounts()).data);
  const sites = useRemote(draft.account_id === "" ? null : `sites ${draft.account_id}`, async () => (await listSites(draft.account_id)).data);
  const change = (part: Partial<TicketDraft>) => {
    setTyped((before) => ({ ...before, ...part }));
    key.current = crypto.randomUUID();
  };

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy("yes");
    setRefusal(null);
    try {
      const { ticket, conversation: linked } = await makeTicket(conversation.id, bodyOf(draft), key.current);
      store.mergeConversation(linked, "answer");
      toastDone(t.ticket.made(ticket.code));
      hide();
    } catch (error) {
      setRefusal(error);
      setBusy("no");
    }
  };

  return (
    <Dialog title={t.ticket.title} lead={t.ticket.lead} onClose={hide} width="max-w-lg">
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <Choices
          label={t.ticket.mode}
          value={draft.mode}
          onChange={(mode) => change({ mode })}
          choices={[
            ["create", t.ticket.create, t.ticket.createHint],
            ["intake", t.ticket.intake, t.ticket.intakeHint],
          ]}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Select label={t.ticket.account} required value={draft.account_id} onChange={(event) => change({ account_id: event.target.value, site_id: "", asset_id: "" })} error={accounts.state === "error" ? explain(accounts.error) : null}>
            <option value="" disabled>
              {accounts.state === "loading" ? t.common.loading : t.ticket.chooseAccount}
            </option>
            {(accounts.value ?? []).map((account) => (
              <option key={account.id} value={account.id}>
                {account.name}
              </option>
            ))}
          </Select>
          <Select label={t.ticket.site} required value={draft.site_id} disabled={sites.state !== "ready"} onChange={(event) => change({ site_id: event.target.value, asset_id: "" })} error={sites.state === "error" ? explain(sites.error) : sites.value?.length === 0 ? t.ticket.noSites : null}>
            <option value="" disabled>
              {sites.state === "loading" ? t.common.loading : t.ticket.chooseSite}
            </option>
            {(sites.value ?? []).map((site) => (
              <option key={site.id} value={site.id}>
                {site.name}
              </option>
            ))}
          </Select>
        </div>
        <TextField label={t.ticket.summary} required maxLength={200} value={draft.summary} onChange={(event) => change({ summary: event.target.value })} />
        {draft.mode === "create" ? (
          <>
            <TextArea label={t.ticket.description} hint={t.common.optional} value={draft.description} onChange={(event) => change({ description: event.target.value })} />
            <WorkFields draft={draft} onChange={change} />
          </>
        ) : (
          <IntakeFields draft={draft} onChange={change} />
        )}
        {refusal !== null && <Refusal error={refusal} />}
        <div className="flex justify-end gap-2">
          <Button onClick={hide}>{t.common.cancel}</Button>
          <Button type="submit" look="primary" disabled={busy === "yes"}>
            {busy === "yes" ? t.ticket.busy : t.ticket.submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Refusal({ error }: { error: unknown }) {
  const t = useTexts();
  const duplicate = error instanceof ApiError && error.code === "DUPLICATE_INTAKE";
  return (
    <div role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-[0.8125rem] text-danger-ink">
      <p className="font-medium">{duplicate ? t.ticket.duplicate : t.ticket.failed}</p>
      <p>{explain(error)}</p>
      {requestOf(error) !== null && <p className="mt-1 font-mono text-2xs">{t.common.request(requestOf(error) ?? "")}</p>}
    </div>
  );
}
