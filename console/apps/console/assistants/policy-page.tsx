// The policy of tools: its versions, what each changes, and the two administrators who change it.
import { FilePenLine } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { decidePolicy, listPolicies, proposePolicy, type PolicyVersion } from "../../../lib/api/tool-policy";
import { usePolicyTexts } from "../../../lib/i18n/tool-policy";
import { exact } from "../../../lib/i18n/when";
import { Badge, type Tone } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { TextArea, TextField } from "../../../lib/ui/fields";
import { Page } from "../../../lib/ui/page";
import { ErrorState } from "../../../lib/ui/states";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { Forbidden } from "../session/forbidden";
import { mends } from "../session/areas";
import { useMe } from "../session/me";
import { AssistantTabs } from "./assistant-tabs";
import { changes } from "./policy-diff";

const TONES: Record<string, Tone> = { in_force: "good", proposed: "warn", rejected: "bad" };

export function PolicyPage() {
  const t = usePolicyTexts();
  const me = useMe();
  const list = useLoad("tool policies", async () => (mends(me) ? (await listPolicies()).data : []));
  const [proposing, setProposing] = useState<"no" | "yes">("no");
  if (!mends(me)) return <Forbidden needs={["admin", "supervisor", "auditor"]} />;
  const rows = list.value ?? [];
  const inForce = rows.find((row) => row.state === "in_force");
  const propose = me.user.role === "admin" && inForce !== undefined && (
    <Button onClick={() => setProposing("yes")}>
      <FilePenLine className="size-4" aria-hidden />
      {t.propose}
    </Button>
  );
  return (
    <Page title={t.title} lead={t.lead} tabs={<AssistantTabs here="policy" />} actions={propose} narrow>
      {list.state === "error" && <ErrorState title={t.failed} error={list.error} onRetry={list.reload} />}
      <ul className="grid gap-3">
        {rows.map((row, index) => (
          <Version key={row.version} row={row} before={row.state === "proposed" ? inForce : rows.slice(index + 1).find((other) => other.in_force_from !== null)} onChange={list.reload} />
        ))}
      </ul>
      {proposing === "yes" && inForce !== undefined && (
        <Proposal from={inForce} next={Math.max(...rows.map((row) => row.version)) + 1} onClose={() => setProposing("no")} onDone={list.reload} />
      )}
    </Page>
  );
}

function Version({ row, before, onChange }: { row: PolicyVersion; before: PolicyVersion | undefined; onChange: () => void }) {
  const t = usePolicyTexts();
  const me = useMe();
  const [deciding, setDeciding] = useState<"no" | "approve" | "reject">("no");
  const differs = before === undefined ? [] : changes(before.policy, row.policy);
  const facts = [
    row.origin === "shipped" ? t.shipped : row.origin === "file" ? t.file : null,
    row.proposed_at === null ? null : t.proposedAt(exact(row.proposed_at)),
    row.decided_at === null ? null : t.decidedAt(exact(row.decided_at)),
    row.in_force_from === null ? null : t.since(exact(row.in_force_from)),
    row.in_force_until === null ? null : t.until(exact(row.in_force_until)),
    row.note === "" ? null : row.note,
    row.decision_reason,
  ].filter((fact) => fact !== null && fact !== "");
  const isOwn = row.proposed_by === me.user.id;
  return (
    <li data-policy={row.version} data-state={row.state} className="grid gap-3 rounded-xl border border-line bg-surface p-4 text-[0.8125rem]">
      <div className="flex flex-wrap items-center gap-3">
        <h2 className="font-semibold">{t.version(row.version)}</h2>
        <Badge tone={TONES[row.state] ?? "plain"}>{t.states[row.state] ?? row.state}</Badge>
        {row.state === "proposed" && me.user.role === "admin" && (
          <div className="ml-auto flex gap-2">
            <Button onClick={() => setDeciding("reject")}>{t.reject}</Button>
            <Button look="primary" disabled={isOwn} onClick={() => setDeciding("approve")}>
              {t.approve}
            </Button>
          </div>
        )}
      </div>
      <p className="text-xs text-ink-soft wrap-anywhere">{facts.join(" · ")}</p>
      {row.state === "proposed" && isOwn && <p className="text-xs text-warn-ink">{t.own}</p>}
      {before !== undefined && (
        <section aria-label={t.changes} className="grid gap-1">
          <h3 className="text-xs font-medium text-ink-soft">{t.changes}</h3>
          {differs.length === 0 && <p>{t.noChanges}</p>}
          <ul className="grid gap-1 font-mono text-2xs">
            {differs.map((change) => (
              <li key={change.place} className="wrap-anywhere">
                {change.place} {change.before !== undefined && <del className="rounded bg-danger-soft px-1 text-danger-ink">{change.before}</del>}{" "}
                {change.after !== undefined && <ins className="rounded bg-accent-soft px-1 text-accent-text no-underline">{change.after}</ins>}
              </li>
            ))}
          </ul>
        </section>
      )}
      <details>
        <summary className="cursor-pointer text-xs font-medium text-ink-soft">{t.whole}</summary>
        <pre className="mt-1 max-h-96 overflow-auto rounded-lg bg-sunken p-2 font-mono text-2xs wrap-anywhere whitespace-pre-wrap">{JSON.stringify(row.policy, null, 2)}</pre>
      </details>
      {deciding !== "no" && <Decision row={row} verdict={deciding} onClose={() => setDeciding("no")} onDone={onChange} />}
    </li>
  );
}

function Decision({ row, verdict, onClose, onDone }: { row: PolicyVersion; verdict: "approve" | "reject"; onClose: () => void; onDone: () => void }) {
  const t = usePolicyTexts();
  const [reason, setReason] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await decidePolicy(row, verdict, reason.trim());
      toastDone(verdict === "approve" ? t.approved : t.rejected);
    } catch (error) {
      toastError(error);
    }
    onClose();
    onDone();
  };
  return (
    <Dialog title={verdict === "approve" ? t.approveTitle(row.version) : t.rejectTitle(row.version)} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <TextField label={t.reason} value={reason} maxLength={500} autoFocus onChange={(event) => setReason(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look={verdict === "approve" ? "primary" : "danger"}>
            {verdict === "approve" ? t.approve : t.reject}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Proposal({ from, next, onClose, onDone }: { from: PolicyVersion; next: number; onClose: () => void; onDone: () => void }) {
  const t = usePolicyTexts();
  const [text, setText] = useState(() => JSON.stringify({ ...(from.policy as Record<string, unknown>), version: next }, null, 2));
  const [note, setNote] = useState("");
  const policy = read(text);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await proposePolicy(policy, note.trim());
      toastDone(t.proposed);
      onClose();
      onDone();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Dialog title={t.propose} lead={t.proposeLead} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <TextArea label={t.text} value={text} rows={18} spellCheck={false} className="font-mono" {...(policy === undefined ? { error: t.wrongText } : {})} onChange={(event) => setText(event.target.value)} />
        <TextField label={t.note} value={note} required maxLength={500} onChange={(event) => setNote(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" disabled={policy === undefined || note.trim() === ""}>
            {t.propose}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
