// What a WhatsApp template asks for: the fields of its text, its header and its buttons, read from its parts.
import { isRecord } from "../../../lib/api/http";
import type { Template } from "../../../lib/api/model";

export type HeaderKind = "none" | "text" | "image" | "video" | "document" | "location";

export interface ButtonField {
  index: number;
  kind: "url" | "copy_code";
  text: string;
}

export interface TemplateShape {
  body: string;
  /** Names of the fields, numbers when they are numbered. */
  fields: readonly string[];
  header: HeaderKind;
  /** The header's own text, when it has one. */
  headerText: string;
  buttons: readonly ButtonField[];
  /** Titles of all buttons, for the preview. */
  titles: readonly string[];
}

const MEDIA: readonly string[] = ["image", "video", "document", "location"];

export function shapeOf(template: Template): TemplateShape {
  const parts = Array.isArray(template.components) ? template.components.filter(isRecord) : [];
  const part = (type: string) => parts.find((one) => textOf(one, "type").toUpperCase() === type);
  const header = part("HEADER");
  const body = textOf(part("BODY") ?? {}, "text") || template.body;
  const buttons = part("BUTTONS")?.["buttons"];
  const list = Array.isArray(buttons) ? buttons.filter(isRecord) : [];
  return {
    body,
    fields: fieldsOf(body),
    header: header === undefined ? "none" : headerKind(header),
    headerText: header === undefined ? "" : textOf(header, "text"),
    buttons: list.flatMap((button, index) => buttonField(button, index) ?? []),
    titles: list.map((button) => textOf(button, "text")),
  };
}

/** The `{{…}}` fields of a text: numbered ones by number, named ones as they come. */
export function fieldsOf(text: string): readonly string[] {
  const names = [...new Set([...text.matchAll(/\{\{\s*([^{}]+?)\s*\}\}/g)].map((match) => match[1] ?? ""))];
  return names.every((name) => /^\d+$/.test(name)) ? names.sort((a, b) => Number(a) - Number(b)) : names;
}

/** A text with the values that are there in place of its fields. */
export function filled(text: string, fields: readonly string[], values: readonly string[]): string {
  return text.replaceAll(/\{\{\s*([^{}]+?)\s*\}\}/g, (field, name: string) => values[fields.indexOf(name)] || field);
}

function headerKind(header: Record<string, unknown>): HeaderKind {
  const format = textOf(header, "format").toLowerCase();
  if (MEDIA.includes(format)) return format as HeaderKind;
  return fieldsOf(textOf(header, "text")).length > 0 ? "text" : "none";
}

function buttonField(button: Record<string, unknown>, index: number): ButtonField | null {
  const text = textOf(button, "text");
  switch (textOf(button, "type").toUpperCase()) {
    case "URL":
      return fieldsOf(textOf(button, "url")).length > 0 ? { index, kind: "url", text } : null;
    case "COPY_CODE":
      return { index, kind: "copy_code", text };
    default:
      return null;
  }
}

function textOf(part: Record<string, unknown>, key: string): string {
  const value = part[key];
  return typeof value === "string" ? value : "";
}
