// One command: its fields, what it leaves behind when it overrides, and what the server answers. One key for the life of
// what was entered, so that pressing twice, or again after the network was away, changes the ticket once.
import { useId, useRef, useState, type SubmitEvent } from "react";
import { command, type Action, type QueueItem, type TicketView } from "../../../lib/api/dispatch";
import { ApiError, isRecord } from "../../../lib/api/http";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useCockpitTexts, type CockpitTexts } from "../../../lib/i18n/cockpit";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { PolicyReason, type PolicyError } from "../../../lib/ui/policy-reason";
import { explain, requestOf } from "../../../lib/ui/states";
import { toastDone } from "../../../lib/ui/toast";
import { Unreadable, bodyOf, emptyValue, formOf, isShown, type Form, type FormValue } from "../admin/fields";
import { FieldInput } from "../admin/field-input";
import { useOptions } from "../admin/options";
import type { Body, Row } from "../../../lib/api/rows";
import { useMe } from "../session/me";
import { BeforeAfter } from "./before-after";
import { Checklist, OfferedWindows, localMoment } from "./command-extras";
import { COMMANDS, type CommandId } from "./commands";
import { Recommended, readRecommendation, type Recommendation } from "./recommended";
import { dimensionOf, factsOf } from "./reason";

export interface CommandDialogProps {
  id: CommandId;
  action: Action;
  item: QueueItem;
  ticket: TicketView;
  /** What was recommended for this ticket last. */
  recommendation: Recommendation | null;
  onRecommended: (recommendation: Recommendation) => void;
  onClose: () => void;
  onDone: () => void;
}

export function CommandDialog({ id, action, item, ticket, recommendation, onRecommended, onClose, onDone }: CommandDialogProps) {
  const t = useCockpitTexts();
  const texts = useTexts();
  const { choices: roles } = useAdminTexts();
  const me = useMe();
  const workspace = useWorkspace();
  const formId = useId();
  const spec = COMMANDS[id];
  const [before] = useState<Form>(() => startOf(id, ticket, recommendation));
  const [form, setForm] = useState<Form>(before);
  const [checked, setChecked] = useState<Readonly<Record<string, boolean>>>({});
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [refusal, setRefusal] = useState<unknown>(null);
  const [ranking, setRanking] = useState<Recommendation | null>(null);
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const key = useRef(crypto.randomUUID());
  const technicians = useOptions("technicians");
  const shown = spec.fields.filter((field) => isShown(field, form, true));
  const name = t.actions[id] ?? id;
  const set = (field: string, value: FormValue) => {
    key.current = crypto.randomUUID();
    setForm((held) => ({ ...held, [field]: value }));
  };

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setErrors({});
    setRefusal(null);
    try {
      const body = bodyFor(id, form, before, checked, recommendation);
      Object.assign(body, spec.fixed?.(ticket, me, workspace.now()) ?? {}, { expected_version: item.version });
      setBusy("yes");
      const answer = await command(action, body, key.current);
      const ranked = id === "recommend" ? readRecommendation(answer) : null;
      onDone();
      if (ranked === null) {
        toastDone(t.done(name));
        onClose();
        return;
      }
      onRecommended(ranked);
      setRanking(ranked);
    } catch (error) {
      if (error instanceof Unreadable) {
        const least = spec.fields.find((field) => field.name === error.field)?.least ?? 0;
        setErrors({ [error.field]: error.reason === "short" ? t.short(least) : error.reason === "number" ? t.notANumber : t.required });
      } else {
        // Another version is another request; the fields stay as they are.
        if (error instanceof ApiError && !error.isTemporary) key.current = crypto.randomUUID();
        setErrors(besideFields(error, shown.map((field) => field.name)));
        setRefusal(error);
        if (error instanceof ApiError && error.status === 409) onDone();
      }
    }
    setBusy("no");
  };

  const reason = ["reason", "override_reason", "exception_reason", "dispatch_rationale"].map((field) => form[field]).find((value) => typeof value === "string");
  const overriding = spec.overrides === true && (id !== "dispatch" || form["override_code"] !== "" || form["dispatch_mode"] === "EMERGENCY_BYPASS");
  const blocked = overriding && (typeof reason !== "string" || reason.trim().length < 10);
  const chosen = technicians.find((one) => one.value === form["tech_id"])?.text ?? null;
  return (
    <Dialog title={name} lead={`${item.code} · ${item.summary}`} onClose={onClose} width="max-w-xl">
      {ranking !== null ? (
        <Recommended ranking={ranking} technicians={technicians} onClose={onClose} />
      ) : (
        <form id={formId} onSubmit={(event) => void submit(event)} className="grid gap-4" noValidate data-command={id}>
          {overriding && <BeforeAfter id={id} item={item} to={spec.to} performer={chosen} />}
          {spec.form === "offer" && <OfferedWindows ticket={ticket} form={form} onChoose={(start, end) => setForm((held) => ({ ...held, start, end }))} />}
          {spec.form === "checklist" && <Checklist incidentType={item.incident_type ?? null} checked={checked} onChange={setChecked} />}
          {shown.map((field, index) => (
            <FieldInput
              key={field.name}
              field={field}
              value={form[field.name] ?? emptyValue(field)}
              error={errors[field.name] ?? null}
              isNew
              disabled={false}
              autoFocus={index === 0}
              words={t}
              onChange={(value) => set(field.name, value)}
            />
          ))}
          {refusal !== null && <Refused error={refusal} state={item.state} t={t} roles={roles} request={texts.common.request} />}
          {blocked && (
            <p id={`${formId}-blocked`} className="text-xs text-ink-soft">
              {t.override.blocked}
            </p>
          )}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>{t.cancel}</Button>
            <Button type="submit" look="primary" disabled={busy === "yes" || blocked} {...(blocked ? { "aria-describedby": `${formId}-blocked` } : {})}>
              {name}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function Refused({ error, state, t, roles, request }: { error: unknown; state: string; t: CockpitTexts; roles: Readonly<Record<string, string>>; request: (id: string) => string }) {
  const moved = error instanceof ApiError && error.code === "VERSION_CONFLICT";
  const policy = error instanceof ApiError && isRecord(error.details["policy_error"]) ? (error.details["policy_error"] as unknown as PolicyError) : null;
  return (
    <div role="alert" data-refused={error instanceof ApiError ? error.code : "?"} className="grid gap-1">
      {moved ? (
        <p className="rounded-xl bg-warn-soft px-3 py-2.5 text-[0.8125rem] text-warn-ink">{t.moved(t.states[state] ?? state)}</p>
      ) : policy !== null ? (
        <PolicyReason error={policy} dimension={dimensionOf(policy, t)} facts={factsOf(policy, t, roles)} />
      ) : (
        <p className="rounded-xl bg-danger-soft px-3 py-2.5 text-[0.8125rem] text-danger-ink">{explain(error)}</p>
      )}
      {requestOf(error) !== null && <p className="font-mono text-2xs text-ink-faint">{request(requestOf(error) ?? "")}</p>}
    </div>
  );
}

/** What a command's form starts with: what the ticket says already, and the recommended technician. */
function startOf(id: CommandId, ticket: TicketView, recommendation: Recommendation | null): Form {
  const spec = COMMANDS[id];
  const known = formOf(spec.fields, ticket as unknown as Row);
  const empty = formOf(spec.fields, null);
  const form: Record<string, FormValue> = {};
  for (const field of spec.fields) {
    const value = known[field.name] ?? "";
    form[field.name] = value === "" || (Array.isArray(value) && value.length === 0) ? (empty[field.name] ?? "") : value;
  }
  if (id === "dispatch") form["tech_id"] = recommendation?.candidates[0]?.technician ?? "";
  if (id === "confirm_schedule") {
    const first = ticket.schedule_options[0];
    if (first !== undefined) Object.assign(form, { start: localMoment(first.start), end: localMoment(first.end) });
  }
  if (id === "recommend" && typeof ticket.category === "string" && ticket.category !== "") form["service_type"] = ticket.category;
  return form;
}

function bodyFor(id: CommandId, form: Form, before: Form, checked: Readonly<Record<string, boolean>>, recommendation: Recommendation | null): Body {
  const spec = COMMANDS[id];
  const body = bodyOf(spec.fields, form, spec.changes === true ? before : null);
  if (spec.form === "checklist") body["checklist_status"] = checked;
  if (id === "dispatch" && recommendation?.id && body["tech_id"] !== undefined) body["recommendation_snapshot_id"] = recommendation.id;
  // Both ends of an offered window go back as they were offered.
  if (id === "dispatch" && body["dispatch_mode"] === "STANDARD") delete body["dispatch_confirmation"];
  return body;
}

function besideFields(error: unknown, fields: readonly string[]): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const list = error.details["validation_errors"];
  const found: Record<string, string> = {};
  for (const one of Array.isArray(list) ? list : []) {
    if (isRecord(one) && typeof one["path"] === "string") {
      const path = one["path"];
      const field = fields.find((name) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`));
      if (field !== undefined) found[field] = String(one["message"]);
    }
  }
  return found;
}
