// The forms ask for what the API document says: no field it does not know, no required one left out.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../apps/console/cockpit/commands";
import { RESOURCES } from "../../apps/console/admin/resources";
import { bodyOf, formOf, type Field } from "../../apps/console/admin/fields";

interface Schema {
  $ref?: string;
  properties?: Record<string, unknown>;
  required?: string[];
}
interface Operation {
  requestBody?: { content: Record<string, { schema: Schema }> };
}
const root = join(import.meta.dirname, "../..");
const api = JSON.parse(readFileSync(join(root, "openapi.json"), "utf8")) as { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } };

function body(path: string, method: string): Schema {
  const schema = api.paths[path]?.[method]?.requestBody?.content["application/json"]?.schema ?? {};
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : (api.components.schemas[name] ?? {});
}

const whole = (field: Field) => field.name.split(".")[0] ?? field.name;

describe("the forms of the administration", () => {
  for (const [name, resource] of Object.entries(RESOURCES)) {
    it(`fit the API document: ${name}`, () => {
      const create = body(resource.path, "post");
      const change = body(`${resource.path}/{id}`, resource.method === "PUT" ? "put" : "patch");
      const names = (only: "create" | "change") => resource.fields.filter((field) => (field.only ?? only) === only).map(whole);
      expect(names("create").filter((field) => !(field in (create.properties ?? {})))).toEqual([]);
      // An inbox is changed by its settings and is_active beside them, which the document says in words only.
      const known = { ...change.properties, ...(name === "inboxes" ? { is_active: {} } : {}) };
      expect(names("change").filter((field) => !(field in known))).toEqual([]);
      expect((create.required ?? []).filter((field) => !resource.fields.some((one) => one.name === field && one.required === true))).toEqual([]);
    });
  }
});

describe("the commands of the cockpit", () => {
  for (const [id, command] of Object.entries(COMMANDS)) {
    it(`fit the API document: ${id}`, () => {
      const schema = body(command.path, id === "update" ? "patch" : "post");
      expect(schema.properties, `${command.path} has no body in the document`).toBeDefined();
      const asked = command.fields.map((field) => field.name);
      expect(asked.filter((field) => !(field in (schema.properties ?? {})))).toEqual([]);
      if (command.form === "evidence") return;
      const given = [...asked, ...(command.form === "checklist" ? ["checklist_status"] : []), ...Object.keys(command.fixed?.(TICKET, ME, 0) ?? {})];
      expect((schema.required ?? []).filter((field) => !given.includes(field))).toEqual([]);
    });
  }
});

describe("a form", () => {
  const fields: readonly Field[] = [
    { name: "name", kind: "text", required: true },
    { name: "price", kind: "money" },
    { name: "bill_to.city", kind: "text" },
    { name: "bill_to.name", kind: "text" },
    { name: "secret", kind: "secret" },
    { name: "zones", kind: "refs" },
  ];

  it("sends a new row's values and leaves out what is empty", () => {
    const form = { ...formOf(fields, null), name: " A ", price: "12,50", "bill_to.city": "Ottawa" };
    expect(bodyOf(fields, form, null)).toEqual({ name: "A", price: 1250, bill_to: { city: "Ottawa" } });
  });

  it("sends of a change only what changed, and keeps a secret that is left empty", () => {
    const before = formOf(fields, { id: "1", version: 1, name: "A", price: 1250, bill_to: { city: "Ottawa", name: "B" }, secret: null, zones: ["z"] });
    expect(bodyOf(fields, before, before)).toEqual({});
    expect(bodyOf(fields, { ...before, price: "", "bill_to.city": "Halifax", zones: [] }, before)).toEqual({ price: null, bill_to: { city: "Halifax", name: "B" }, zones: [] });
  });

  it("names the field that is missing", () => {
    expect(() => bodyOf(fields, formOf(fields, null), null)).toThrow("required");
  });
});

const TICKET = { pending_approval: { id: "a" }, active_hold: { hold_id: "h" } } as unknown as Parameters<NonNullable<(typeof COMMANDS)["triage"]["fixed"]>>[0];
const ME = { user: { role: "admin" } } as unknown as Parameters<NonNullable<(typeof COMMANDS)["triage"]["fixed"]>>[1];
