// What an assistant did in the conversation, and what it proposes: the calls of tools in one quiet line, a draft as a card.
import { Bot, Check, ChevronRight, Clock3, ShieldAlert, ShieldX, X } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { decideDraft, type ToolCall, type ToolDraft } from "../../../lib/api/assistants";
import { isRecord } from "../../../lib/api/http";
import type { Conversation } from "../../../lib/api/model";
import { clock, exact } from "../../../lib/i18n/when";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { reasonWords, useRankingTexts } from "../../../lib/i18n/ranking";
import { useToolName } from "../../../lib/i18n/tool-names";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { setsSwitches } from "../session/areas";
import { isMine, useMe } from "../session/me";
import { AssistantHand } from "./assistant-hand";

export function ToolCalls({ calls, conversation }: { calls: readonly ToolCall[]; conversation: Conversation }) {
  const desk = useDeskTexts();
  const toolName = useToolName();
  const me = useMe();
  const [open, setOpen] = useState<"no" | "yes">("no");
  const refused = calls.filter((call) => call.decision === "refused").length;
  return (
    <div data-tool-calls className="my-1.5 text-xs text-ink-soft">
      <button
        type="button"
        aria-expanded={open === "yes"}
        onClick={() => setOpen(open === "yes" ? "no" : "yes")}
        className="mx-auto flex min-h-6 max-w-full items-center gap-1.5 rounded-full px-3 hover:bg-hover"
      >
        <Bot className="size-3.5 shrink-0" aria-hidden />
        <span className="truncate">
          {desk.assistant.calls(calls.length)}: {[...new Set(calls.map((call) => toolName(call.tool)))].join(", ")}
        </span>
        {refused > 0 && <span className="shrink-0 rounded bg-danger-soft px-1 font-semibold text-danger-ink">{desk.assistant.refused(refused)}</span>}
        <ChevronRight className={cx("size-3 shrink-0 transition-transform", open === "yes" && "rotate-90")} aria-hidden />
      </button>
      {open === "yes" && (
        <>
          <ul className="mt-1 grid gap-1.5">
            {calls.map((call) => (
              <Call key={call.id} call={call} />
            ))}
          </ul>
          {setsSwitches(me) && conversation.status !== "closed" && <AssistantHand conversationId={conversation.id} />}
        </>
      )}
    </div>
  );
}

function Call({ call }: { call: ToolCall }) {
  const desk = useDeskTexts();
  const toolName = useToolName();
  const allowed = call.decision === "allowed";
  return (
    <li data-tool={call.tool} data-decision={call.decision} className="rounded-xl border border-line bg-canvas px-3 py-2">
      <p className="flex items-center gap-2">
        {allowed ? <Check className="size-3.5 text-accent-text" aria-hidden /> : <ShieldX className="size-3.5 text-danger" aria-hidden />}
        <span className="font-semibold text-ink">{toolName(call.tool)}</span>
        <span>{allowed ? desk.assistant.allowed : desk.assistant.wasRefused}</span>
        <time dateTime={call.at} title={exact(call.at)} className="ml-auto tabular-nums">
          {clock(call.at)}
        </time>
      </p>
      {!allowed && <p className="mt-1 text-danger-ink">{[call.code, call.reason].filter((part) => typeof part === "string").join(" · ")}</p>}
      <Json name={desk.assistant.given} value={call.args_redacted} />
      <Json name={desk.assistant.result} value={call.result_redacted} />
      {typeof call.correlation_id === "string" && <p className="mt-1 font-mono text-2xs break-all text-ink-faint">{call.correlation_id}</p>}
    </li>
  );
}

function Json({ name, value }: { name: string; value: unknown }) {
  if (value === undefined || value === null) return null;
  return (
    <details className="mt-1">
      <summary className="cursor-pointer font-medium">{name}</summary>
      <pre className="mt-1 max-h-56 overflow-auto rounded-lg bg-sunken p-2 font-mono text-2xs wrap-anywhere whitespace-pre-wrap text-ink">{JSON.stringify(value, null, 2)}</pre>
    </details>
  );
}

const DECIDERS: readonly string[] = ["supervisor", "admin"];

/** A proposal that waits for the customer's or a person's word, or what became of it. */
export function DraftCard({ draft, conversation }: { draft: ToolDraft; conversation: Conversation }) {
  const desk = useDeskTexts();
  const me = useMe();
  const toolName = useToolName();
  const waits = draft.awaits === "human";
  const why = !DECIDERS.includes(me.user.role) ? desk.assistant.onlyDeciders : isMine(me, conversation) ? desk.assistant.notYourOwn : null;
  const { amount, currency, description } = draft.preview;
  return (
    <section aria-label={desk.assistant.draft(toolName(draft.tool))} data-draft={draft.id} data-state={draft.state} className="my-2 rounded-xl border border-line bg-canvas px-4 py-3">
      <header className="flex flex-wrap items-center gap-2 text-xs">
        <Bot className="size-4 text-ink-faint" aria-hidden />
        <span className="font-semibold">{desk.assistant.draft(toolName(draft.tool))}</span>
        <span className={cx("inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-2xs font-semibold", stateLook(draft.state))}>
          {draft.awaits !== null && <Clock3 className="size-3" aria-hidden />}
          {desk.assistant.states[draft.state] ?? draft.state}
        </span>
        <time dateTime={draft.created_at} title={exact(draft.created_at)} className="ml-auto text-ink-faint tabular-nums">
          {clock(draft.created_at)}
        </time>
      </header>
      {typeof amount === "string" && (
        <p className="mt-2 text-lg font-semibold tracking-tight tabular-nums">
          {amount} {currency}
        </p>
      )}
      {draft.rendered !== undefined && (
        <p data-rendered className="mt-1 font-medium wrap-anywhere">
          {draft.rendered}
        </p>
      )}
      {typeof amount === "string" && typeof description === "string" && <p className="mt-1 wrap-anywhere text-ink-soft">{description}</p>}
      <LooksWanted payload={draft.payload} />
      {scoreOf(draft.suspicious) > 0 && (
        <p className="mt-2 flex items-center gap-1.5 text-xs text-warn-ink">
          <ShieldAlert className="size-3.5 shrink-0" aria-hidden />
          {desk.assistant.suspicious}
        </p>
      )}
      <Outcome draft={draft} />
      {waits && (why === null ? <Decide draft={draft} /> : <p className="mt-2 text-xs text-ink-soft">{why}</p>)}
    </section>
  );
}

/** Why a person has to look at the job that would be recorded. */
function LooksWanted({ payload }: { payload: unknown }) {
  const t = useRankingTexts();
  const ranked = isRecord(payload) && isRecord(payload["ranked"]) ? payload["ranked"] : {};
  const reasons = textsOf(ranked["review_reasons"]);
  if (reasons.length === 0) return null;
  return (
    <ul className="mt-2 grid gap-1 text-xs text-warn-ink">
      {reasons.map((reason) => (
        <li key={reason} data-reason={reason} className="flex items-start gap-1.5">
          <ShieldAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          {reasonWords(reason, textsOf(ranked["applied_rules"]), t)}
        </li>
      ))}
    </ul>
  );
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function Outcome({ draft }: { draft: ToolDraft }) {
  const desk = useDeskTexts();
  const lines: ReactNode[] = [];
  if (draft.reference !== null) lines.push(desk.assistant.reference(draft.reference));
  if (draft.decision?.reason) lines.push(desk.assistant.because(draft.decision.reason));
  if (draft.awaits !== null && draft.expires_at !== null) lines.push(desk.assistant.expires(exact(draft.expires_at)));
  if (lines.length === 0) return null;
  return <p className="mt-1 text-xs text-ink-soft">{lines.join(" · ")}</p>;
}

function Decide({ draft }: { draft: ToolDraft }) {
  const desk = useDeskTexts();
  const workspace = useWorkspace();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const [missing, setMissing] = useState<"no" | "yes">("no");
  const why = useId();
  const decide = async (verdict: "approve" | "reject") => {
    if (verdict === "reject" && reason.trim() === "") {
      setMissing("yes");
      return;
    }
    setBusy("yes");
    try {
      await decideDraft(draft.id, verdict, draft.payload_hash, reason.trim());
      toastDone(verdict === "approve" ? desk.assistant.approved : desk.assistant.rejected);
    } catch (error) {
      toastError(error);
    }
    // Right or refused, the server's word is what stands now.
    await workspace.loadAssistants(draft.conversation_id);
    setBusy("no");
  };
  return (
    <div className="mt-3 flex flex-wrap items-center gap-2">
      <input
        aria-label={desk.assistant.reason}
        placeholder={desk.assistant.reason}
        maxLength={500}
        value={reason}
        aria-invalid={missing === "yes"}
        aria-describedby={why}
        onChange={(event) => {
          setReason(event.target.value);
          setMissing("no");
        }}
        className="h-8 min-w-40 flex-1 rounded-lg border border-line-strong bg-surface px-3 text-[0.8125rem]"
      />
      <Button disabled={busy === "yes"} onClick={() => void decide("reject")}>
        <X className="size-4" aria-hidden />
        {desk.assistant.reject}
      </Button>
      <Button look="primary" disabled={busy === "yes"} onClick={() => void decide("approve")}>
        <Check className="size-4" aria-hidden />
        {desk.assistant.approve}
      </Button>
      <p id={why} role="alert" className="w-full text-xs text-danger-ink empty:hidden">
        {missing === "yes" ? desk.assistant.sayWhy : ""}
      </p>
    </div>
  );
}

function stateLook(state: string): string {
  if (state === "COMMITTED") return "bg-accent-soft text-accent-text";
  if (state === "FAILED" || state === "REJECTED" || state === "UNKNOWN") return "bg-danger-soft text-danger-ink";
  return state.startsWith("AWAITING") ? "bg-warn-soft text-warn-ink" : "bg-sunken text-ink-soft";
}

function scoreOf(suspicion: unknown): number {
  return typeof suspicion === "object" && suspicion !== null && "score" in suspicion ? Number(suspicion.score) : 0;
}
