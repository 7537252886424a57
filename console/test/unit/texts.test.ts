// Both languages say everything: the same names, no empty text, and a word for each field, choice and action there is.
import { describe, expect, it } from "vitest";
import { adminTexts } from "../../lib/i18n/admin";
import { alertTexts } from "../../lib/i18n/alerts";
import { areaTexts } from "../../lib/i18n/areas";
import { auditTexts } from "../../lib/i18n/audit";
import { cockpitTexts } from "../../lib/i18n/cockpit";
import { dashboardTexts } from "../../lib/i18n/dashboard";
import { en } from "../../lib/i18n/en";
import { fr } from "../../lib/i18n/fr";
import { rankingTexts } from "../../lib/i18n/ranking";
import { talkTexts } from "../../lib/i18n/talk";
import { operationsTexts } from "../../lib/i18n/operations";
import { scenarioTexts } from "../../lib/i18n/scenarios";
import { SCENARIOS } from "../../apps/sim/scenarios";
import { BAR, COMMANDS, STATES } from "../../apps/console/cockpit/commands";
import { LAYOUTS } from "../../apps/console/dashboard/reports";
import { REPORTS } from "../../lib/api/reports";
import { RESOURCES, type ResourceName } from "../../apps/console/admin/resources";

const DICTIONARIES = { shared: { en, fr }, admin: adminTexts, alerts: alertTexts, areas: areaTexts, audit: auditTexts, dashboard: dashboardTexts, cockpit: cockpitTexts, operations: operationsTexts, ranking: rankingTexts, scenarios: scenarioTexts, talk: talkTexts };

/** Every text with its place; a function counts by its name and its number of values. */
function places(value: unknown, at = ""): string[] {
  if (typeof value === "string") return [value.trim() === "" ? `${at} is empty` : at];
  if (typeof value === "function") return [`${at}()`];
  if (Array.isArray(value)) return [`${at}[${value.length}]`];
  return Object.entries(value as Record<string, unknown>).flatMap(([name, one]) => places(one, at === "" ? name : `${at}.${name}`));
}

describe("the languages", () => {
  for (const [name, { en, fr }] of Object.entries(DICTIONARIES)) {
    it(`say the same things: ${name}`, () => {
      expect(places(fr).sort()).toEqual(places(en).sort());
      expect(places(en).filter((place) => place.endsWith("is empty"))).toEqual([]);
    });
  }

  it("name every page, field and choice of the administration", () => {
    const { pages, leads, one, fields, choices } = adminTexts.en;
    const missing: string[] = [];
    for (const [name, resource] of Object.entries(RESOURCES)) {
      for (const words of [pages, leads, one]) if (!(name in words)) missing.push(name);
      for (const column of resource.columns) if (!(column in fields)) missing.push(`${name}.${column}`);
      for (const field of resource.fields) {
        if (!((field.label ?? field.name) in fields)) missing.push(`${name}.${field.name}`);
        for (const choice of field.choices ?? []) if (!(choice in choices) && !(`${field.name}.${choice}` in choices)) missing.push(`${name}.${field.name}: ${choice}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it("name every command, field, choice and state of the cockpit", () => {
    const { actions, fields, choices, states } = cockpitTexts.en;
    const missing: string[] = [];
    for (const [id, command] of Object.entries(COMMANDS)) {
      if (!(id in actions)) missing.push(id);
      for (const field of command.fields) {
        if (!(field.name in fields)) missing.push(`${id}.${field.name}`);
        for (const choice of field.choices ?? []) if (!(choice in choices)) missing.push(`${id}.${field.name}: ${choice}`);
      }
    }
    expect(missing).toEqual([]);
    expect(STATES.filter((state) => !(state in states))).toEqual([]);
    expect(BAR.flatMap(([, commands]) => commands).sort()).toEqual(Object.keys(COMMANDS).sort());
  });

  it("name every report, tile and column of the dashboard", () => {
    const { reports, explain, fields } = dashboardTexts.en;
    const missing = REPORTS.filter((name) => !(name in reports) || !(name in explain)) as string[];
    for (const [name, { tiles, lines, columns }] of Object.entries(LAYOUTS)) {
      for (const field of [...tiles, ...lines, ...columns]) if (!(field in fields)) missing.push(`${name}.${field}`);
    }
    expect(missing).toEqual([]);
  });

  it("say of each step of a scenario what it does and what to look at", () => {
    const said = Object.entries(scenarioTexts.en.scenarios).map(([name, { steps }]) => [name, steps.length]);
    expect(said).toEqual(Object.entries(SCENARIOS).map(([name, steps]) => [name, steps.length]));
  });

  it("names what a row is called by one of its fields", () => {
    const strange = (Object.keys(RESOURCES) as ResourceName[]).filter((name) => !RESOURCES[name].fields.some((field) => field.name === RESOURCES[name].columns[0]));
    expect(strange).toEqual([]);
  });
});
