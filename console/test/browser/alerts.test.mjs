// Alerts: what is critical stands on every screen until somebody looks after it (line 59); rules, ladders and schedules of
// people on call; the audit of changes (line 84).
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Browser, RUTH, Server, caller, enter, eventually } from "./harness.mjs";

describe("alerts", () => {
  let server;
  let browser;
  let page;
  let other;
  let ask;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    ask = await caller(server, "admin");
    // Emergencies are the dispatch team's; its supervisors hear of them.
    const supervisor = (await ask("/api/v1/users")).data.find((one) => one.role === "supervisor");
    const teams = [...new Set([...supervisor.teams.map((team) => team.slug), "dispatch"])];
    await ask(`/api/v1/users/${supervisor.id}`, { teams, version: supervisor.version }, "PATCH");
    page = await (await browser.profile()).newPage();
    other = await (await browser.profile()).newPage();
    await enter(page, server, "admin", "/app/admin/escalation-ladders");
    await enter(other, server, "supervisor", "/app/settings");
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/409 \(Conflict\)/, /400 \(Bad Request\)/]));

  const drawer = () => page.getByRole("dialog");
  const go = (path) => page.goto(`${server.url}/app/${path}`);
  const create = () => drawer().getByRole("button", { name: "Create", exact: true }).click();

  it("a ladder says at its step what is wrong, and is kept when it is mended", async () => {
    await page.getByRole("button", { name: "New ladder" }).click();
    await drawer().getByLabel("Name").fill("Night");
    await drawer().getByRole("button", { name: "Add a step" }).click();
    const [first, second] = [drawer().getByRole("group", { name: "Step 1" }), drawer().getByRole("group", { name: "Step 2" })];
    await first.getByLabel("Whom it tells").selectOption({ label: "Supervisor" });
    await second.getByLabel("Whom it tells").selectOption({ label: "Supervisor" });
    await second.getByLabel("Slack", { exact: true }).check();
    await create();
    // The server names steps[1].slack_url: it stands at that field of that step.
    await eventually(async () => assert.equal(await second.getByLabel("Slack’s webhook address").getAttribute("aria-invalid"), "true"));
    assert.equal(await first.locator("[aria-invalid=true]").count(), 0);
    await second.getByLabel("Slack", { exact: true }).uncheck();
    await second.getByLabel("Minutes until the next step").fill("1,5");
    await create();
    await drawer().waitFor({ state: "detached" });
    const [kept] = (await ask("/api/v1/escalation-ladders")).data.filter((one) => one.name === "Night");
    assert.deepEqual(kept.steps.map((step) => [step.notify[0].id, step.wait_s]), [["supervisor", 300], ["supervisor", 90]]);
    await page.locator("tbody tr", { hasText: "Night" }).getByText("2 steps").waitFor();
  });

  it("a schedule tells who is on call, now and later", async () => {
    await go("admin/on-call-schedules/new");
    await drawer().getByLabel("Name").fill("Weeks");
    await create();
    const turns = drawer().getByRole("group", { name: "Turns 1" });
    await turns.locator("[aria-invalid=true]").first().waitFor();
    const people = (await ask("/api/v1/users")).data.filter((one) => one.role === "support_agent" || one.role === "supervisor");
    await turns.getByLabel("Who takes turns").selectOption({ label: people[0].full_name });
    await turns.getByLabel("Who takes turns").selectOption({ label: people[1].full_name });
    await turns.getByLabel("First turn on").fill("2026-01-05");
    await create();
    await drawer().waitFor({ state: "detached" });
    await page.locator("tbody tr", { hasText: "Weeks" }).getByText("2 people").waitFor();
    await page.locator("tbody tr", { hasText: "Weeks" }).getByRole("button").click();
    const onCall = drawer().getByRole("region", { name: "Who is on call" });
    await onCall.getByLabel("At (now when empty)").fill("2026-01-06T12:00");
    await onCall.getByText(people[0].full_name).waitFor();
    await onCall.getByLabel("At (now when empty)").fill("2026-01-13T12:00");
    await onCall.getByText(people[1].full_name).waitFor();
  });

  it("a rule is made of events or of a figure, and what cannot be is said at its field", async () => {
    await go("admin/alert-rules/new");
    await drawer().getByLabel("Name").fill("A long queue");
    await drawer().getByLabel("A figure instead of events").selectOption({ label: "Conversations waiting" });
    assert.equal(await drawer().getByLabel("Codes, such as EMERGENCY or SLA_*").count(), 0);
    await drawer().getByLabel("Fires from").fill("10");
    await drawer().getByLabel("Ends at or below").fill("20");
    await create();
    await eventually(async () => assert.equal(await drawer().getByLabel("Ends at or below").getAttribute("aria-invalid"), "true"));
    await drawer().getByLabel("Ends at or below").fill("5");
    await drawer().getByLabel("Who is told").selectOption({ label: "Night" });
    await create();
    await drawer().waitFor({ state: "detached" });
    await page.locator("tbody tr", { hasText: "A long queue" }).getByText("Night").waitFor();
  });

  it("84: the audit log shows who changed a rule, and what of it", async () => {
    await go("admin/audit");
    const row = page.locator("tbody tr", { hasText: "alert_rule" }).first();
    await row.waitFor();
    await page.getByLabel("What begins with").fill("alert_rule");
    await eventually(async () => assert.equal(await page.locator("tbody tr", { hasText: "ladder" }).count(), 0));
    await row.getByRole("button").click();
    await drawer().getByText("Administrator", { exact: false }).first().waitFor();
    await drawer().getByRole("region", { name: "What was asked" }).first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByLabel("What begins with").fill("nothing_like_this");
    await page.getByText("Nothing matches").waitFor();
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await row.waitFor();
  });

  it("59: an emergency is on top of every supervisor's page at once, and gone for all when one looks after it", async () => {
    await go("alerts");
    await page.getByRole("heading", { name: "Alerts", level: 1 }).waitFor();
    // Emergencies are looked for where new conversations are asked what they are about.
    const texts = (await ask("/api/v1/inboxes")).data.find((one) => one.channel === "sms");
    await ask(`/api/v1/inboxes/${texts.id}`, { triage: "menu", version: texts.version }, "PATCH");
    await server.say(RUTH.address, "sms", "Help! There is a fire in the kitchen");
    for (const one of [page, other]) await one.locator("[data-alarm]").getByText("A customer reports an emergency").waitFor();
    const entry = page.locator("[data-alert=EMERGENCY][data-state=open]");
    await entry.waitFor();
    await other.locator("[data-alarm]").getByRole("button", { name: "I look after it" }).click();
    for (const one of [page, other]) await one.locator("[data-alarm]").waitFor({ state: "detached" });
    await page.locator("[data-alert=EMERGENCY][data-state=acknowledged]").getByText(/looks after it, since/).waitFor();
    // It stays gone after a reload, and the entry leads to its conversation.
    await page.reload();
    await page.locator("[data-alert=EMERGENCY][data-state=acknowledged]").getByRole("link", { name: "Open the conversation" }).click();
    await page.getByRole("heading", { name: RUTH.name, level: 1 }).waitFor();
    assert.equal(await page.locator("[data-alarm]").count(), 0);
  });

  it("an alert is put off and brought to its end, and then stands among those that are over", async () => {
    await go("alerts");
    const entry = page.locator("[data-alert=EMERGENCY]");
    await entry.getByRole("button", { name: "Put off" }).click();
    await page.getByRole("menuitem", { name: "An hour" }).click();
    await page.locator("[data-alert=EMERGENCY][data-state=snoozed]").getByText(/Put off until/).waitFor();
    await entry.getByRole("button", { name: "Who was told" }).click();
    await drawer().getByRole("heading", { name: "Who was told" }).waitFor();
    await page.keyboard.press("Escape");
    await entry.getByRole("button", { name: "It is over" }).click();
    await entry.waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Over", exact: true }).click();
    await page.locator("[data-alert=EMERGENCY][data-state=resolved]").getByText(/Over since/).waitFor();
  });
});
