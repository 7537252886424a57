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
      expect((create.required ?? []).filter((field) => !resource.fields.some((one) => (one.name === field && one.required === true) || (whole(one) === field && one.whole === true)))).toEqual([]);
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

  it("puts values into objects inside objects, and sends an object that was asked for even when empty", () => {
    const nested: readonly Field[] = [
      { name: "then.team", kind: "text", whole: true },
      { name: "then.ticket.kind", kind: "text" },
      { name: "then.ticket.priority", kind: "text" },
      { name: "when.open", kind: "either" },
    ];
    const form = { ...formOf(nested, null), "then.ticket.kind": "fire", "then.ticket.priority": "high", "when.open": "no" };
    expect(bodyOf(nested, form, null)).toEqual({ then: { ticket: { kind: "fire", priority: "high" } }, when: { open: false } });
    expect(bodyOf(nested, formOf(nested, null), null)).toEqual({ then: {} });
    const before = formOf(nested, { id: "1", version: 1, then: { team: "a", ticket: { kind: "fire", priority: "high" } }, when: { open: true } });
    expect(before).toEqual({ "then.team": "a", "then.ticket.kind": "fire", "then.ticket.priority": "high", "when.open": "yes" });
    expect(bodyOf(nested, { ...before, "then.team": "b" }, before)).toEqual({ then: { team: "b", ticket: { kind: "fire", priority: "high" } } });
  });

  it("asks minutes of seconds, and reads and writes hours and calendars as the server tells them", () => {
    const level: readonly Field[] = [
      { name: "frt_s", kind: "minutes" },
      { name: "hours", kind: "openings" },
      { name: "calendar", kind: "calendar" },
    ];
    const hours = [{ weekday: 0, open: "09:00", close: "17:00" }];
    const own = { timezone: "UTC", hours, holidays: ["2026-12-25"] };
    const before = formOf(level, { id: "1", version: 1, frt_s: 90, hours, calendar: own });
    expect(before["frt_s"]).toBe("1.5");
    expect(bodyOf(level, { ...before, frt_s: "2" }, before)).toEqual({ frt_s: 120 });
    expect(bodyOf(level, before, null)).toEqual({ frt_s: 90, hours, calendar: own });
    expect(bodyOf(level, { ...before, calendar: { counts: "team", timezone: "", hours: [], holidays: [] } }, before)).toEqual({ calendar: "team" });
  });

  it("names the field that is missing", () => {
    expect(() => bodyOf(fields, formOf(fields, null), null)).toThrow("required");
  });
});

const TICKET = { pending_approval: { id: "a" }, active_hold: { hold_id: "h" } } as unknown as Parameters<NonNullable<(typeof COMMANDS)["triage"]["fixed"]>>[0];
const ME = { user: { role: "admin" } } as unknown as Parameters<NonNullable<(typeof COMMANDS)["triage"]["fixed"]>>[1];
