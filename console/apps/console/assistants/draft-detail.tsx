// One draft: what would be carried out, exactly, and the decision about it.
import { Link } from "@tanstack/react-router";
import { ArrowLeft, TriangleAlert } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { decide, getDraft, type Draft } from "../../../lib/api/decisions";
import { getConversation } from "../../../lib/api/hub";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useTexts } from "../../../lib/i18n/language";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { exact, span } from "../../../lib/i18n/when";
import { useNow } from "../../../lib/realtime/hooks";
import { useFollow } from "../../../lib/realtime/watch";
import { Badge } from "../../../lib/ui/badge";
import { Button, IconButton } from "../../../lib/ui/button";
import { Facts, Payload } from "../../../lib/ui/facts";
import { TextArea } from "../../../lib/ui/fields";
import { ErrorState } from "../../../lib/ui/states";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import { useMe } from "../session/me";
import { canonical, isSuspicious, mayApprove, mayReject, type Hindrance } from "./decision-rules";
import { stateTone } from "./draft-state";
import { Words } from "./words";

const FOLLOWED = ["draft.", "conversation.assigned"] as const;

export function DraftDetail({ id, onBack, onDecided }: { id: string; onBack: () => void; onDecided: () => void }) {
  const { approvals: t } = useOperationsTexts();
  const loaded = useLoad(`draft ${id}`, async () => {
    const draft = await getDraft(id);
    // Whoever may see the draft may see its conversation; its absence only hides who has it.
    const conversation = await getConversation(draft.conversation_id).catch(() => null);
    return { draft, assignee: conversation?.assigned_to?.id ?? null, contact: conversation?.contact.name ?? null };
  });
  useFollow(FOLLOWED, loaded.reload, 30_000);
  if (loaded.state === "error") return <ErrorState title={t.failed} error={loaded.error} onRetry={loaded.reload} />;
  if (loaded.value === null) return <div aria-busy className="h-full" />;
  const decided = () => {
    loaded.reload();
    onDecided();
  };
  return <Shown {...loaded.value} onBack={onBack} onDecided={decided} />;
}

interface ShownProps {
  draft: Draft;
  assignee: string | null;
  contact: string | null;
  onBack: () => void;
  onDecided: () => void;
}

function Shown({ draft, assignee, contact, onBack, onDecided }: ShownProps) {
  const { approvals: t } = useOperationsTexts();
  const texts = useTexts();
  const admin = useAdminTexts();
  const now = useNow(10_000);
  const open = draft.state === "AWAITING_HUMAN";
  const left = Date.parse(draft.expires_at) - now;
  const amount = draft.preview?.amount ?? null;
  return (
    <div className="h-full overflow-y-auto px-4 py-5 md:px-8" data-draft-open={draft.id}>
      <div className="mx-auto grid max-w-2xl gap-6">
        <header className="flex items-start gap-3">
          <IconButton label={texts.thread.back} className="lg:hidden" onClick={onBack}>
            <ArrowLeft className="size-4" />
          </IconButton>
          <div className="min-w-0 flex-1">
            <h2 className="text-lg font-semibold tracking-tight wrap-anywhere">
              {amount === null ? draft.tool : `${amount} ${draft.currency ?? ""}`}
            </h2>
            <p className="mt-0.5 text-[0.8125rem] text-ink-soft wrap-anywhere">{typeof draft.preview?.description === "string" ? draft.preview.description : draft.tool}</p>
          </div>
          <Badge tone={stateTone(draft.state)}>{t.states[draft.state] ?? draft.state}</Badge>
        </header>
        {isSuspicious(draft.suspicious) && (
          <p role="note" className="flex gap-2.5 rounded-xl bg-danger-soft px-3 py-2.5 text-[0.8125rem] text-danger-ink">
            <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
            {t.suspicious}
          </p>
        )}
        <Facts
          of={[
            [t.tool, <code key="tool" className="font-mono text-xs">{draft.tool}</code>],
            [t.rendered, draft.rendered],
            draft.customer !== undefined && [t.customer, [draft.customer.name, draft.customer.address].filter((text, at, all) => all.indexOf(text) === at).join(" · ")],
            draft.customer?.is_still_the_same === false && [t.customer, t.otherCustomer],
            draft.day !== undefined && [t.day, `${draft.day.sum} ${draft.day.currency}`],
            [t.requestedBy, admin.choices[draft.requested_by.role] ?? draft.requested_by.role],
            [t.made, exact(draft.created_at)],
            [open ? t.expires : t.state, open ? (left <= 0 ? t.expired : span(left)) : (t.states[draft.state] ?? draft.state)],
            [
              t.conversation,
              <Link key="conversation" to="/inbox/$view/$conversationId" params={{ view: "all", conversationId: draft.conversation_id }} className="text-accent-text underline">
                {contact ?? t.openConversation}
              </Link>,
            ],
            draft.proof !== null && [t.proof, draft.proof.at === null ? "" : t.proofBy(exact(draft.proof.at))],
            [t.reference, draft.reference],
            [t.failure, draft.failure],
          ]}
        />
        <Words draft={draft} />
        <section aria-label={t.call} className="grid gap-2">
          <h3 className="text-sm font-semibold">{t.call}</h3>
          <p className="text-xs text-ink-soft">{t.callHint}</p>
          <Payload label={t.call} value={`${draft.tool}\n${canonical(draft.payload)}`} />
          <p className="text-xs text-ink-soft">
            {t.hash} <code data-hash className="font-mono text-2xs break-all">{draft.payload_hash}</code>
          </p>
        </section>
        {draft.decision !== null && (
          <section aria-label={t.decision} className="grid gap-2">
            <h3 className="text-sm font-semibold">{t.decision}</h3>
            <Facts of={[[t.state, t.states[draft.state] ?? draft.state], [t.made, draft.decision.at === null ? "" : exact(draft.decision.at)], [t.reason, draft.decision.reason]]} />
          </section>
        )}
        <Decision draft={draft} assignee={assignee} now={now} onDecided={onDecided} />
      </div>
    </div>
  );
}

function Decision({ draft, assignee, now, onDecided }: { draft: Draft; assignee: string | null; now: number; onDecided: () => void }) {
  const { approvals: t } = useOperationsTexts();
  const me = useMe();
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState<"no" | "yes">("no");
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const approving = mayApprove(me, draft, assignee, now);
  const rejecting = mayReject(me, draft, now);
  const send = async (verdict: "approve" | "reject") => {
    if (verdict === "reject" && reason.trim() === "") {
      setMissing("yes");
      return;
    }
    setBusy("yes");
    try {
      await decide(draft, verdict, reason.trim());
      toastDone(verdict === "approve" ? t.approved : t.rejected);
    } catch (error) {
      toastError(error);
    }
    setBusy("no");
    onDecided();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (approving === null) void send("approve");
  };
  const over = rejecting === "state" || rejecting === "expired";
  return (
    <section aria-label={t.who} className="grid gap-3 border-t border-line pt-5">
      <h3 className="text-sm font-semibold">{t.who}</h3>
      <ul className="list-disc pl-5 text-[0.8125rem] text-ink-soft">
        {t.rules.map((rule) => (
          <li key={rule}>{rule}</li>
        ))}
      </ul>
      {over ? (
        <p className="text-[0.8125rem]">{t.not[rejecting]}</p>
      ) : (
        <form onSubmit={submit} className="grid gap-3">
          {approving !== null && <Why id="approve-why" hindrance={approving} />}
          {rejecting !== "role" && (
            <TextArea
              label={t.reason}
              hint={t.reasonHint}
              value={reason}
              maxLength={500}
              error={missing === "yes" && reason.trim() === "" ? t.reasonMissing : null}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
          <div className="flex flex-wrap gap-2">
            <Button type="submit" look="primary" aria-disabled={approving !== null} {...(approving === null ? {} : { "aria-describedby": "approve-why" })} disabled={busy === "yes"}>
              {t.approve}
            </Button>
            <Button look="danger" aria-disabled={rejecting !== null} {...(rejecting === null ? {} : { "aria-describedby": "approve-why" })} disabled={busy === "yes"} onClick={() => rejecting === null && void send("reject")}>
              {t.reject}
            </Button>
          </div>
        </form>
      )}
    </section>
  );
}

function Why({ id, hindrance }: { id: string; hindrance: Hindrance }) {
  const { approvals: t } = useOperationsTexts();
  return (
    <p id={id} data-hindrance={hindrance} className="rounded-xl bg-warn-soft px-3 py-2.5 text-[0.8125rem] text-warn-ink">
      {t.not[hindrance]}
    </p>
  );
}
