// Line 124: axe finds nothing serious or critical on any route of the console, in both themes and both languages. Line 55:
// no route of the French console is wider than the window.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { COLORS, expectAccessible } from "./accessibility.mjs";
import { Browser, Server, caller, enter } from "./harness.mjs";

const LISTS = ["users", "teams", "technicians", "vendors", "inboxes", "canned-responses", "templates", "accounts", "sites", "zones", "assets", "services", "ranking-rules", "incident-templates", "routing-rules", "automations", "macros", "sla-policies", "webhooks", "alert-rules", "escalation-ladders", "on-call-schedules"];
const ROUTES = [
  "inbox/all",
  "contacts",
  "search?q=a",
  "cockpit",
  "cockpit/:ticket",
  "approvals",
  "approvals/calls",
  "approvals/switches",
  "dashboard",
  "dashboard/backlog",
  "dashboard/channels?view=table",
  "alerts",
  "alerts/over",
  "alerts/signals",
  "system",
  "settings",
  "dev/ui",
  "admin/dead-letters",
  "admin/quarantine",
  "admin/audit",
  "admin/automation-runs",
  "admin/retention",
  "team",
  ...LISTS.map((name) => `admin/${name}`),
  "admin/users/new",
  "admin/inboxes/new",
  "admin/routing-rules/new",
  "admin/ranking-rules/new",
  "admin/notification-templates/new",
  "admin/automations/new",
  "admin/macros/new",
  "admin/sla-policies/new",
  "admin/webhooks/new",
  "admin/alert-rules/new",
  "admin/escalation-ladders/new",
  "admin/on-call-schedules/new",
];

describe("every route", () => {
  let server;
  let browser;
  let page;
  let ticket;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    const ask = await caller(server, "dispatcher");
    const [site] = (await ask("/api/v1/sites")).data;
    ticket = await ask("/tickets", { account_id: site.account_id, site_id: site.id, summary: "Something to look at", urgency: "HIGH" });
    page = await (await browser.profile({ viewport: { width: 1280, height: 900 } })).newPage();
    await enter(page, server, "admin", "/app/settings");
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });

  for (const language of ["en", "fr"]) {
    it(`124: is free of serious findings in both themes, in ${language === "en" ? "English" : "French"}`, async () => {
      await page.evaluate((chosen) => localStorage.setItem("patchbay.language", chosen), language);
      await page.reload();
      for (const route of ROUTES) {
        const path = `/app/${route.replace(":ticket", ticket.id)}`;
        // The router notices, as with a link; a load of the whole page for each would take minutes.
        await page.evaluate((to) => history.pushState({}, "", to), path);
        await page.waitForURL(`**${path}`);
        await page.locator("main h1, main h2, [role=searchbox], [type=search]").first().waitFor({ state: "attached" });
        await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
        for (const colorScheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme });
          // A theme changes colors and nothing else.
          await expectAccessible(page, `${route}, ${colorScheme}, ${language}`, colorScheme === "light" ? undefined : COLORS);
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, `${route} is wider than the window`);
      }
      browser.expectQuiet();
    });
  }
});
