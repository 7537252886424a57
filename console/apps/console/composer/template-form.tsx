// The fields of one template: its header, its text and its buttons, with what the customer will see below.
import { useState, type SubmitEvent } from "react";
import { sendTemplate, uploadFile, type OutgoingTemplate } from "../../../lib/api/hub";
import type { Conversation, Template } from "../../../lib/api/model";
import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Button } from "../../../lib/ui/button";
import { TextField } from "../../../lib/ui/fields";
import { toastError } from "../../../lib/ui/toast";
import { hide } from "../shell/overlay";
import { filled, shapeOf, type HeaderKind } from "./template-shape";

const PLACE = ["latitude", "longitude", "name", "address"] as const;
const ACCEPTED: Partial<Record<HeaderKind, string>> = { image: "image/png,image/jpeg", video: "video/mp4,video/3gpp", document: ".pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.txt" };

export function TemplateForm({ conversation, template }: { conversation: Conversation; template: Template }) {
  const t = useTexts();
  const desk = useDeskTexts();
  const { store } = useWorkspace();
  const shape = shapeOf(template);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [file, setFile] = useState<File | null>(null);
  const [busy, setBusy] = useState<"no" | "yes">("no");
  // One id for the life of this message: sent again after a failure, it goes out once.
  const [clientId] = useState(() => crypto.randomUUID());
  const value = (key: string) => values[key] ?? "";
  const set = (key: string) => (event: { target: { value: string } }) => setValues({ ...values, [key]: event.target.value });
  const params = shape.fields.map((name) => value(`body ${name}`));
  const wanted = [
    ...shape.fields.map((name) => `body ${name}`),
    ...(shape.header === "text" ? ["header"] : shape.header === "location" ? ["latitude", "longitude"] : []),
    ...shape.buttons.map((button) => `button ${button.index}`),
  ];
  const needsFile = ACCEPTED[shape.header] !== undefined;
  const incomplete = wanted.some((key) => value(key).trim() === "") || (needsFile && file === null);

  const header = async (): Promise<Record<string, unknown> | null> => {
    if (shape.header === "text") return { type: "text", text: value("header").trim() };
    if (shape.header === "location") {
      const [latitude, longitude] = [Number(value("latitude")), Number(value("longitude"))];
      const words = { name: value("name").trim(), address: value("address").trim() };
      return { type: "location", location: { latitude, longitude, ...Object.fromEntries(Object.entries(words).filter(([, word]) => word !== "")) } };
    }
    if (file === null) return null;
    const media = await uploadFile(file, new AbortController().signal, () => undefined);
    return { type: shape.header, media_id: media.id };
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy("yes");
    try {
      const filledHeader = await header();
      const buttons = shape.buttons.map(({ index, kind }) => {
        const said = value(`button ${index}`).trim();
        return kind === "url" ? { type: "url", index, text: said } : { type: "copy_code", index, code: said };
      });
      const body: OutgoingTemplate = {
        template_name: template.name,
        language: template.language,
        params: params.map((param) => param.trim()),
        client_message_id: clientId,
        ...(filledHeader === null ? {} : { header: filledHeader }),
        ...(buttons.length === 0 ? {} : { buttons }),
      };
      store.mergeMessages(conversation.id, [await sendTemplate(conversation.id, body)]);
      hide();
    } catch (error) {
      toastError(error, desk.template.failed);
      setBusy("no");
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="grid gap-4">
      {shape.header === "text" && <TextField label={desk.template.header} required maxLength={60} value={value("header")} onChange={set("header")} />}
      {shape.header === "location" && (
        <div className="grid gap-3 sm:grid-cols-2">
          {PLACE.map((name) => (
            <TextField key={name} label={desk.template.place[name] ?? name} required={name === "latitude" || name === "longitude"} value={value(name)} onChange={set(name)} {...(name.endsWith("itude") ? { inputMode: "decimal" } : {})} />
          ))}
        </div>
      )}
      {needsFile && (
        <TextField label={desk.template.file[shape.header] ?? t.composer.attach} type="file" required accept={ACCEPTED[shape.header]} onChange={(event) => setFile(event.target.files?.[0] ?? null)} className="py-1.5" />
      )}
      {shape.fields.map((name) => (
        <TextField key={name} label={/^\d+$/.test(name) ? desk.template.field(Number(name)) : name.replaceAll("_", " ")} required maxLength={1024} value={value(`body ${name}`)} onChange={set(`body ${name}`)} />
      ))}
      {shape.buttons.map((button) => (
        <TextField
          key={button.index}
          label={button.kind === "url" ? desk.template.link(button.text) : desk.template.code(button.text)}
          required
          maxLength={256}
          value={value(`button ${button.index}`)}
          onChange={set(`button ${button.index}`)}
        />
      ))}
      <div className="grid gap-1.5">
        <span className="text-[0.8125rem] font-medium">{desk.template.preview}</span>
        <div data-preview className="rounded-2xl rounded-br-md bg-mine px-4 py-3 wrap-anywhere whitespace-pre-wrap text-mine-ink">
          {shape.headerText !== "" && <p className="mb-1 font-semibold">{shape.header === "text" ? shape.headerText.replace(/\{\{[^{}]*\}\}/, value("header") || "…") : shape.headerText}</p>}
          {file !== null && <p className="mb-1 text-xs opacity-80">{file.name}</p>}
          {filled(shape.body, shape.fields, params)}
          {shape.titles.length > 0 && (
            <p className="mt-2 flex flex-wrap gap-1">
              {shape.titles.map((title, index) => (
                <span key={`${index} ${title}`} className="rounded-full border border-current px-2 py-0.5 text-xs opacity-80">
                  {title}
                </span>
              ))}
            </p>
          )}
        </div>
      </div>
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={hide}>{t.common.cancel}</Button>
        <Button type="submit" look="primary" disabled={busy === "yes" || incomplete}>
          {desk.template.send}
        </Button>
      </div>
    </form>
  );
}
