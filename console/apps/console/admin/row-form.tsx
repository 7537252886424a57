// One row of the administration in a drawer: created, changed, taken out of use and back. What is refused shows beside its
// field; a change by somebody else is compared before anything is saved.
import { Fragment, useId, useState, type SubmitEvent } from "react";
import { ApiError, isRecord } from "../../../lib/api/http";
import { changeRow, createRow, getRow, removeRow, type Row } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Drawer } from "../../../lib/ui/drawer";
import { explain, requestOf } from "../../../lib/ui/states";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useTexts } from "../../../lib/i18n/language";
import { forgetRemote } from "../../../lib/ui/use-remote";
import { useMe } from "../session/me";
import { ConflictTable } from "./conflict-table";
import { Unreadable, bodyOf, emptyValue, formOf, isShown, type Form } from "./fields";
import { FieldInput } from "./field-input";
import { FormTries } from "./form-tries";
import { RowExtras } from "./row-extras";
import { SecretDialog } from "./secret-dialog";
import { RESOURCES, nameOf, type ResourceName } from "./resources";

export interface RowFormProps {
  name: ResourceName;
  /** The row, or nothing for a new one. */
  row: Row | null;
  onClose: () => void;
  /** Told the row as it is now, where that is known. */
  onSaved: (row: Row | null) => void;
}

export function RowForm({ name, row: opened, onClose, onSaved }: RowFormProps) {
  const t = useAdminTexts();
  const texts = useTexts();
  const me = useMe();
  const formId = useId();
  const resource = RESOURCES[name];
  const [row, setRow] = useState(opened);
  const [before, setBefore] = useState<Form | null>(() => (opened === null ? null : formOf(resource.fields, opened)));
  const [form, setForm] = useState<Form>(() => formOf(resource.fields, opened));
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [refusal, setRefusal] = useState<unknown>(null);
  const [theirs, setTheirs] = useState<Row | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [state, setState] = useState<"ready" | "busy" | "leaving">("ready");
  const writes = resource.writers.includes(me.user.role);
  const isNew = row === null;
  const shown = resource.fields.filter((field) => isShown(field, withChannel(form, row), isNew));

  const save = async (version: number | null) => {
    setErrors({});
    setRefusal(null);
    try {
      const body = bodyOf(resource.fields, withChannel(form, row), before);
      setState("busy");
      const kept = row === null ? await createRow(resource.path, { ...body, ...resource.only }) : await changeRow(resource.path, row.id, { ...body, version: version ?? row.version }, resource.method);
      forgetRemote();
      toastDone(row === null ? t.created : t.saved);
      onSaved(kept);
      // A secret is told this once: the drawer stays until it has been taken note of.
      if (typeof kept["secret"] === "string") setSecret(kept["secret"]);
      else onClose();
    } catch (error) {
      setState("ready");
      if (error instanceof Unreadable) {
        setErrors({ [error.field]: error.reason === "required" ? t.required : error.reason === "number" ? t.notANumber : t.notJson });
      } else if (error instanceof ApiError && error.code === "VERSION_CONFLICT" && row !== null) {
        setTheirs(await getRow(resource.path, row.id));
      } else {
        const beside = fieldErrors(error, shown.map((field) => field.name));
        setErrors(beside);
        if (Object.keys(beside).length === 0) setRefusal(error);
      }
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void save(null);
  };
  const takeTheirs = () => {
    if (theirs === null) return;
    setRow(theirs);
    setBefore(formOf(resource.fields, theirs));
    setForm(formOf(resource.fields, theirs));
    setTheirs(null);
  };
  const keepMine = () => {
    if (theirs === null) return;
    const version = theirs.version;
    setRow(theirs);
    setTheirs(null);
    void save(version);
  };
  const isOff = row !== null && String(row[resource.state.field]) === resource.state.off;
  const leave = async () => {
    if (row === null) return;
    try {
      const left = await removeRow(resource.path, row.id);
      forgetRemote();
      toastDone(leaving.done);
      onSaved(left);
      onClose();
    } catch (error) {
      toastError(error);
    }
    setState("ready");
  };
  const title = row === null ? t.add(t.one[name] ?? name) : nameOf(name, row, t.choices);
  const leaving = t.leaving[name] ?? { act: t.deactivate, title: t.deactivateTitle(title), text: t.deactivateText, done: t.deactivated };

  return (
    <Drawer
      title={title}
      onClose={onClose}
      {...(resource.width === undefined ? {} : { width: resource.width })}
      {...(writes ? {} : { lead: t.readOnly })}
      footer={
        <>
          {row !== null && writes && !isOff && (
            <Button look="danger" className="mr-auto" onClick={() => setState("leaving")}>
              {leaving.act}
            </Button>
          )}
          <Button onClick={onClose}>{t.cancel}</Button>
          {writes && (
            <Button type="submit" form={formId} look="primary" disabled={state === "busy"}>
              {row === null ? t.create : t.save}
            </Button>
          )}
        </>
      }
    >
      {theirs !== null && <ConflictTable fields={shown} theirs={formOf(resource.fields, theirs)} mine={form} busy={state === "busy"} onMine={keepMine} onTheirs={takeTheirs} />}
      <form id={formId} onSubmit={submit} className="grid gap-4" noValidate>
        {shown.map((field, index) => (
          <Fragment key={field.name}>
            {field.part !== undefined && field.part !== shown[index - 1]?.part && <h3 className="mt-2 border-t border-line pt-4 text-sm font-semibold">{t.parts[field.part]}</h3>}
            <FieldInput
              field={field}
              value={form[field.name] ?? emptyValue(field)}
              error={errors[field.name] ?? null}
              inside={errors}
              isNew={isNew}
              disabled={!writes}
              autoFocus={index === 0 && isNew}
              onChange={(value) => setForm((held) => ({ ...held, [field.name]: value }))}
            />
          </Fragment>
        ))}
        {refusal !== null && (
          <div role="alert" className="rounded-xl bg-danger-soft px-4 py-3 text-[0.8125rem] text-danger-ink">
            <p>{explain(refusal)}</p>
            {requestOf(refusal) !== null && <p className="mt-1 font-mono text-2xs">{texts.common.request(requestOf(refusal) ?? "")}</p>}
          </div>
        )}
      </form>
      {row !== null && <RowExtras name={name} row={row} writes={writes} onChange={() => onSaved(null)} />}
      <FormTries name={name} form={form} row={row} writes={writes} draft={() => bodyOf(resource.fields, form, null)} onFill={(part) => setForm((held) => ({ ...held, ...part }))} />
      {secret !== null && <SecretDialog secret={secret} onClose={onClose} />}
      {state === "leaving" && (
        <Dialog title={leaving.title} lead={leaving.text} onClose={() => setState("ready")}>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setState("ready")}>{t.cancel}</Button>
            <Button look="danger" onClick={() => void leave()}>
              {leaving.act}
            </Button>
          </div>
        </Dialog>
      )}
    </Drawer>
  );
}

/** What is not asked again, such as an inbox's channel, still says which fields there are. */
function withChannel(form: Form, row: Row | null): Form {
  if (row === null) return form;
  const kept = ["channel", "kind"].flatMap((field) => (typeof row[field] === "string" && (form[field] ?? "") === "" ? [[field, row[field]] as const] : []));
  return kept.length === 0 ? form : { ...form, ...Object.fromEntries(kept) };
}

/** Fields whose entries have fields of their own. */
const PLANS: readonly string[] = ["steps", "rotations", "overrides", "then"];

/** What the server says of single fields. */
function fieldErrors(error: unknown, fields: readonly string[]): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const list = error.details["validation_errors"];
  const found: Record<string, string> = {};
  for (const one of Array.isArray(list) ? list : []) {
    if (!isRecord(one) || typeof one["path"] !== "string") continue;
    const path = one["path"];
    // Of several inside one object, the first is told.
    const field = fields.find((name) => name === path || name.startsWith(`${path}.`) || path.startsWith(`${name}.`) || path.startsWith(`${name}[`) || path === `${name}_id`);
    if (field === undefined) continue;
    // Inside a list it stands at its place, and the list does not say it again.
    if (PLANS.includes(field) && path.startsWith(`${field}[`)) found[path] = String(one["message"]);
    else found[field] = String(one["message"]);
  }
  return found;
}
