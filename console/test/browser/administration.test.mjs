// The administration: lines 81 to 86 and 88 of the acceptance list, and what belongs to rows.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { enter, eventually } from "./harness.mjs";
import { work } from "./suite.mjs";

describe("administration", () => {
  let server;
  let browser;
  let page;
  let ask;
  work({ role: "admin", path: "/app/admin/services", expected: [/409 \(Conflict\)/, /400 \(Bad Request\)/] }, (there) => ({ server, browser, page, ask } = there));

  const drawer = () => page.getByRole("dialog");
  const go = (path) => page.goto(`${server.url}/app/admin/${path}`);

  it("81: a service is created, changed and taken out of use with the keyboard, and a field that is wrong says so beside it", async () => {
    const create = page.getByRole("button", { name: "New service" });
    await create.focus();
    await page.keyboard.press("Enter");
    await drawer().getByLabel("Name").waitFor();
    await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("name")), "name"));
    await page.keyboard.type("Replace a pane");
    await page.keyboard.press("Enter");
    await drawer().getByText("Fill this in.").waitFor();
    assert.equal(await drawer().getByLabel("Code", { exact: true }).getAttribute("aria-invalid"), "true");
    await drawer().getByLabel("Code", { exact: true }).fill("PANE");
    await drawer().getByLabel("Price").fill("not a number");
    await page.keyboard.press("Enter");
    await drawer().getByText("This is not a number.").waitFor();
    await drawer().getByLabel("Price").fill("125.50");
    await page.keyboard.press("Enter");
    await drawer().waitFor({ state: "detached" });
    const row = page.locator("tbody tr", { hasText: "PANE" });
    await row.getByText("125.50").waitFor();
    await row.getByRole("button").focus();
    await page.keyboard.press("Enter");
    await drawer().getByLabel("Price").fill("130");
    await page.keyboard.press("Enter");
    await drawer().waitFor({ state: "detached" });
    await row.getByText("130.00").waitFor();
    await row.getByRole("button").click();
    await drawer().getByRole("button", { name: "Take out of use" }).click();
    const question = page.getByRole("dialog", { name: /Take Replace a pane out of use/ });
    await question.getByText("What refers to it stays as it is").waitFor();
    await question.getByRole("button", { name: "Take out of use" }).click();
    await row.getByText("Archived").waitFor();
  });

  it("82: a phone number that another technician has is refused, and what was entered stays", async () => {
    const [taken] = (await ask("/api/v1/technicians")).data;
    await go("technicians/new");
    await drawer().getByLabel("Name").fill("Second Owner");
    await drawer().getByLabel("Phone with country code").fill(taken.phone_e164);
    await drawer().getByRole("button", { name: "Create" }).click();
    await drawer().locator('[role=alert], [id$="-error"]').first().waitFor();
    assert.equal(await drawer().getByLabel("Name").inputValue(), "Second Owner");
    await page.keyboard.press("Escape");
  });

  it("what was typed in a form is not lost by Escape or a click beside it: one is asked, and the field has the focus again", async () => {
    await go("services");
    await page.getByRole("button", { name: "New service" }).click();
    await drawer().getByLabel("Name").fill("Half a thought");
    const asked = page.locator("[data-unsaved]");
    for (const leave of [() => page.keyboard.press("Escape"), () => page.mouse.click(200, 500), () => drawer().getByRole("button", { name: "Close", exact: true }).click()]) {
      await leave();
      await asked.getByRole("button", { name: "Keep writing" }).click();
      await asked.waitFor({ state: "detached" });
      assert.equal(await drawer().getByLabel("Name").inputValue(), "Half a thought");
      assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("name")), "name");
    }
    await page.keyboard.press("Escape");
    await asked.getByRole("button", { name: "Discard" }).click();
    await drawer().waitFor({ state: "detached" });
    // Nothing typed, nothing asked.
    await page.getByRole("button", { name: "New service" }).click();
    await drawer().getByLabel("Name").waitFor();
    await page.keyboard.press("Escape");
    await drawer().waitFor({ state: "detached" });
  });

  it("85: the second of two who edit one row compares before saving", async () => {
    const zone = await ask("/api/v1/zones", { name: "North shore", description: "first" });
    await go(`zones/${zone.id}`);
    await drawer().getByLabel("Description").fill("mine");
    await ask(`/api/v1/zones/${zone.id}`, { description: "theirs", version: zone.version }, "PATCH");
    await drawer().getByRole("button", { name: "Save" }).click();
    const conflict = drawer().locator("[data-conflict]");
    await conflict.getByRole("cell", { name: "theirs" }).waitFor();
    await conflict.getByRole("cell", { name: "mine" }).waitFor();
    await conflict.getByRole("button", { name: "Save mine over it" }).click();
    await drawer().waitFor({ state: "detached" });
    assert.equal((await ask(`/api/v1/zones/${zone.id}`)).description, "mine");
  });

  it("83, 84: a routing rule is tried before it is saved, decides when it is in use, and no more when it is switched off", async () => {
    await go("routing-rules/new");
    await drawer().getByLabel("Name").fill("Broken windows");
    await drawer().getByLabel("One of these words").fill("window");
    await page.keyboard.press("Enter");
    await drawer().getByLabel("Team", { exact: true }).selectOption("sales");
    await drawer().getByLabel("Priority", { exact: true }).selectOption("urgent");
    const alone = drawer().getByRole("region", { name: "Try this rule" });
    await alone.getByLabel("What the customer writes").fill("The door is broken");
    await alone.getByRole("button", { name: "Try", exact: true }).click();
    await alone.getByText("No rule applies").waitFor();
    await alone.getByLabel("What the customer writes").fill("My WINDOW is broken");
    await alone.getByRole("button", { name: "Try", exact: true }).click();
    await alone.getByText("A rule applies").waitFor();
    await drawer().getByRole("button", { name: "Create" }).click();
    await drawer().waitFor({ state: "detached" });
    await page.locator("tbody tr", { hasText: "Broken windows" }).getByText(/One of these words: window/).waitFor();

    await page.getByRole("button", { name: "Try a message" }).click();
    await drawer().getByLabel("What the customer writes").fill("A window fell out");
    await drawer().getByRole("button", { name: "Try", exact: true }).click();
    const answer = drawer().locator('[data-dry-run="matched"]');
    for (const said of ["Broken windows", "sales", "Urgent"]) await answer.getByText(said, { exact: true }).waitFor();
    await page.keyboard.press("Escape");

    await page.locator("tbody tr", { hasText: "Broken windows" }).getByRole("button").click();
    await drawer().getByRole("button", { name: "Take out of use" }).click();
    await page.getByRole("dialog", { name: /Take Broken windows out of use/ }).getByRole("button", { name: "Take out of use" }).click();
    await page.locator("tbody tr", { hasText: "Broken windows" }).getByText("Out of use").waitFor();
    assert.equal((await ask("/api/v1/routing-rules/dry-run", { text: "A window fell out" })).matched, false);
  });

  it("a rule that says nothing is refused beside its field, and nothing typed is lost", async () => {
    await go("routing-rules/new");
    await drawer().getByLabel("Name").fill("Empty");
    await drawer().getByLabel("Text that matches this pattern").fill("(");
    await drawer().getByLabel("Team", { exact: true }).selectOption("sales");
    await drawer().getByRole("button", { name: "Create" }).click();
    await eventually(async () => assert.equal(await drawer().getByLabel("Text that matches this pattern").getAttribute("aria-invalid"), "true"));
    assert.equal(await drawer().getByLabel("Name").inputValue(), "Empty");
    await page.keyboard.press("Escape");
  });

  it("a service level is promised in minutes, in hours of its own, and changed", async () => {
    await go("sla-policies/new");
    await drawer().getByLabel("Team", { exact: true }).selectOption("sales");
    await drawer().getByLabel("For conversations of priority").selectOption("urgent");
    await drawer().getByLabel("First answer within (minutes)").fill("2");
    await drawer().getByLabel("Solved within (minutes)").fill("240");
    await drawer().getByLabel("When time counts").selectOption("own");
    await drawer().getByLabel("Time zone").fill("America/Toronto");
    await drawer().getByRole("button", { name: "Add hours" }).click();
    await drawer().getByRole("button", { name: "Create" }).click();
    await drawer().waitFor({ state: "detached" });
    const row = page.locator("tbody tr", { hasText: "sales · Urgent" });
    for (const said of ["2 min", "4 h", "In hours of its own"]) await row.getByText(said, { exact: true }).waitFor();
    const level = (await ask("/api/v1/sla-policies?team=sales")).data.find((one) => one.priority === "urgent");
    assert.deepEqual([level.frt_s, level.resolution_s, level.calendar.timezone, level.calendar.hours.length], [120, 14_400, "America/Toronto", 1]);
    await row.getByRole("button").click();
    await drawer().getByLabel("When time counts").selectOption("always");
    await drawer().getByRole("button", { name: "Save" }).click();
    await drawer().waitFor({ state: "detached" });
    assert.equal((await ask(`/api/v1/sla-policies/${level.id}`)).calendar, "always");
  });

  it("a webhook's secret shows once; its log shows tries, and a delivery is sent anew", async () => {
    await go("webhooks/new");
    await drawer().getByLabel("Address (https)").fill("https://hooks.invalid/patchbay");
    await drawer().getByRole("button", { name: "Create" }).click();
    const told = page.getByRole("dialog", { name: "The secret" });
    const secret = await told.locator("[data-secret]").innerText();
    assert.match(secret, /^whsec_/);
    await told.getByRole("button", { name: "I have noted it" }).click();
    await drawer().waitFor({ state: "detached" });
    await page.locator("tbody tr", { hasText: "hooks.invalid" }).getByRole("button").click();
    const log = drawer().getByRole("region", { name: "Deliveries", exact: true }).first();
    await log.getByText("Nothing was sent yet.").waitFor();
    await log.getByRole("button", { name: "Send a test" }).click();
    await log.getByRole("button", { name: "Open the delivery of webhook.ping" }).click();
    const delivery = page.getByRole("dialog", { name: "webhook.ping" });
    await delivery.getByText("webhook.ping").first().waitFor();
    await delivery.getByRole("button", { name: "Send anew" }).click();
    await delivery.waitFor({ state: "detached" });
    await log.getByRole("button", { name: "New secret" }).click();
    await page.getByRole("dialog", { name: "New secret" }).getByLabel("Both sign for").selectOption("3600");
    await page.getByRole("dialog", { name: "New secret" }).getByRole("button", { name: "New secret" }).click();
    const fresh = await page.getByRole("dialog", { name: "The secret" }).locator("[data-secret]").innerText();
    assert.match(fresh, /^whsec_/);
    assert.notEqual(fresh, secret);
    await page.getByRole("dialog", { name: "The secret" }).getByRole("button", { name: "I have noted it" }).click();
    await page.keyboard.press("Escape");
  });

  it("puts people into teams and takes them out", async () => {
    const team = (await ask("/api/v1/teams")).data.find((one) => one.slug === "sales");
    await go(`teams/${team.id}`);
    const member = drawer().locator('[data-member="alex@demo.test"]');
    await eventually(async () => assert.ok((await drawer().getByLabel("Add a member").locator("option").count()) > 1), 20_000);
    await drawer().getByLabel("Add a member").selectOption({ label: "Alex Adler" });
    await member.waitFor();
    await member.getByRole("button").click();
    await member.waitFor({ state: "detached" });
  });

  it("pauses an inbox with a reason and resumes it", async () => {
    const inbox = (await ask("/api/v1/inboxes")).data.find((one) => one.name === "sms-main");
    await go(`inboxes/${inbox.id}`);
    await drawer().getByRole("button", { name: "Pause" }).click();
    const question = page.getByRole("dialog", { name: "Pause" });
    await question.getByLabel("Why is it paused?").fill("The provider asked us to");
    await question.getByRole("button", { name: "Pause" }).click();
    await drawer().getByText("The provider asked us to").waitFor();
    await drawer().getByRole("button", { name: "Resume" }).click();
    await drawer().getByRole("button", { name: "Pause" }).waitFor();
    await eventually(async () => assert.equal((await ask(`/api/v1/inboxes/${inbox.id}`)).health.state, "ok"));
  });

  it("plans a technician's time off and cancels it", async () => {
    const [technician] = (await ask("/api/v1/technicians")).data;
    await go(`technicians/${technician.id}`);
    const part = drawer().getByRole("region", { name: "Time off" });
    await part.getByLabel("From").fill("2030-05-06T00:00");
    await part.getByLabel("Until").fill("2030-05-07T00:00");
    await part.getByRole("button", { name: "Add time off" }).click();
    await part.getByText("2030").first().waitFor();
    await part.getByRole("button", { name: "Cancel this time off" }).click();
    await eventually(async () => assert.equal(await part.getByRole("button", { name: "Cancel this time off" }).count(), 0));
  });

  it("searches, and offers to clear a search without results", async () => {
    await go("sites");
    await page.locator("tbody tr").first().waitFor();
    await page.getByRole("searchbox").fill("no such site anywhere");
    await page.getByText("Nothing matches").waitFor();
    await page.getByRole("button", { name: "Clear the search" }).click();
    await page.locator("tbody tr").first().waitFor();
  });

  it("84: the audit log says who switched a rule off, with the old and the new value", async () => {
    const rule = await ask("/api/v1/ranking-rules", { description: "Loud engines first", vehicle_make: "Volvo", target_urgency: "HIGH", ranking_score: 10 });
    await go(`ranking-rules/${rule.id}`);
    await drawer().getByLabel("Score").fill("15");
    await drawer().getByLabel("In use").uncheck();
    await drawer().getByRole("button", { name: "Save" }).click();
    await drawer().waitFor({ state: "detached" });
    await go("audit");
    await page.getByLabel("What begins with").fill("ranking_rule.update");
    await page.locator("tbody tr", { hasText: "ranking_rule.update" }).first().getByRole("button").click();
    const changes = drawer().getByRole("region", { name: "Before and after" });
    const pair = (field) => changes.getByRole("row", { name: new RegExp(`^${field}`) }).getByRole("cell").allInnerTexts();
    assert.deepEqual(await pair("is_active"), ["true", "false"]);
    assert.deepEqual(await pair("ranking_score"), ["10", "15"]);
    await page.keyboard.press("Escape");
  });

  it("88: rights that an administrator changes take effect in the open window of that person", async () => {
    const other = await (await browser.profile()).newPage();
    await enter(other, server, "support_agent", "/app/inbox/all");
    const dashboard = other.getByRole("link", { name: "Dashboard" });
    assert.equal(await dashboard.count(), 0);
    const user = (await ask("/api/v1/users")).data.find((one) => one.role === "support_agent");
    await ask(`/api/v1/users/${user.id}`, { role: "team_lead" }, "PATCH");
    await dashboard.waitFor({ timeout: 5000 });
    await ask(`/api/v1/users/${user.id}`, { role: "support_agent" }, "PATCH");
    await dashboard.waitFor({ state: "detached", timeout: 5000 });
    await other.context().close();
  });

  it("65: shows a page for other roles only to them, and says which", async () => {
    const other = await (await browser.profile()).newPage();
    await enter(other, server, "support_agent", "/app/admin/users");
    await other.getByText("Not for your role").waitFor();
    await other.getByText(/Administrator, Supervisor/).waitFor();
    await other.context().close();
  });
});
