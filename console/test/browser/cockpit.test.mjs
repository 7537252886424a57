// The dispatcher's cockpit: lines 68 to 76 of the acceptance list.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Browser, Server, caller, enter, eventually } from "./harness.mjs";

const HOUR = 3_600_000;

describe("cockpit", () => {
  let server;
  let browser;
  let page;
  let ask;
  let site;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    ask = await caller(server, "dispatcher");
    site = (await ask("/api/v1/sites")).data[0];
    page = await (await browser.profile()).newPage();
    await enter(page, server, "dispatcher");
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/409 \(Conflict\)/, /403 \(Forbidden\)/]));

  const make = (summary, urgency = "MEDIUM") => ask("/tickets", { account_id: site.account_id, site_id: site.id, summary, urgency });
  const triage = (id) => ask(`/tickets/${id}/triage`, { incident_type: "DOOR_WONT_LOCK", priority: "URGENT", workflow_outcome: "READY_TO_SCHEDULE" });
  const open = async (id, on = page) => {
    await on.goto(`${server.url}/app/cockpit/${id}`);
    await on.locator(`[data-ticket-open="${id}"]`).waitFor();
  };
  const action = (id, on = page) => on.locator(`[data-action="${id}"]`);
  const timeline = async (id) => (await ask(`/tickets/${id}/timeline`)).events;

  it("68: the grid shows what a dispatcher goes by, the most pressing ticket first, and the filters stand in the address", async () => {
    await make("Light flickers", "LOW");
    const pressing = await make("Heating is off", "CRITICAL");
    await page.goto(`${server.url}/app/cockpit`);
    await page.locator(`[data-row="${pressing.id}"]`).waitFor();
    const titles = await page.locator("thead th").allInnerTexts();
    assert.deepEqual(titles, ["Ticket", "State", "Priority", "Incident", "Site", "Technician", "Start", "Time left", "Target", "Last change"]);
    assert.equal(await page.locator("tbody tr").first().getAttribute("data-row"), pressing.id);
    await page.getByRole("combobox", { name: "Priority" }).selectOption({ label: "Urgent" });
    await page.waitForURL(/priority=URGENT/);
    await eventually(async () => assert.equal(await page.locator("tbody tr").count(), 1), 20_000);
    await page.getByRole("button", { name: "Clear filters" }).click();
    await eventually(async () => assert.ok((await page.locator("tbody tr").count()) > 1), 20_000);
  });

  it("70: an action that is not possible keeps its place, takes the focus and says why in the server's words", async () => {
    const ticket = await make("Gate is stuck");
    await open(ticket.id);
    const { queue } = await ask(`/ux/dispatcher/cockpit?ticket_id=${ticket.id}`);
    const refused = queue.find((item) => item.ticket_id === ticket.id).actions.find((one) => one.action_id === "confirm_schedule");
    assert.equal(refused.enabled, false);
    const button = action("confirm_schedule");
    assert.equal(await button.getAttribute("aria-disabled"), "true");
    await button.focus();
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-action")), "confirm_schedule");
    await page.keyboard.press("Enter");
    const why = page.locator('[data-why="confirm_schedule"]');
    await why.getByText(refused.policy_error.message).waitFor();
    assert.equal(await why.locator("[data-policy]").getAttribute("data-policy"), refused.policy_error.dimension);
    await why.getByText("Needs: Windows offered.").waitFor();
  });

  it("71, 76: a completed step enables the next one in another dispatcher's window, and the track follows", async () => {
    const ticket = await make("Door does not lock");
    const other = await (await browser.profile()).newPage();
    await enter(other, server, "supervisor");
    await open(ticket.id, other);
    assert.equal(await action("propose_schedule", other).getAttribute("aria-disabled"), "true");
    await open(ticket.id);
    await action("triage").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Incident type").fill("DOOR_WONT_LOCK");
    await dialog.getByLabel("Priority").selectOption("URGENT");
    await dialog.getByRole("button", { name: "Triage" }).click();
    await dialog.waitFor({ state: "detached" });
    await eventually(async () => assert.equal(await action("propose_schedule", other).getAttribute("aria-disabled"), null), 20_000);
    const kind = (state) => other.locator(`[data-track] [data-state="${state}"]`).getAttribute("data-kind");
    assert.deepEqual([await kind("NEW"), await kind("READY_TO_SCHEDULE"), await kind("SCHEDULE_PROPOSED"), await kind("INVOICED")], ["visited", "current", "possible", "ahead"]);
    await other.context().close();
  });

  it("72: the second of two dispatchers is told, keeps the text, and can repeat", async () => {
    const ticket = await make("Lift makes noise");
    await open(ticket.id);
    await action("escalate").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("The customer calls every hour");
    await triage(ticket.id);
    await dialog.getByRole("button", { name: "Escalate" }).click();
    // Whichever comes first: the window hears of the change and sends the new version, or the server refuses the old one.
    const conflict = dialog.locator('[data-refused="VERSION_CONFLICT"]');
    await eventually(async () => assert.ok((await conflict.count()) > 0 || (await dialog.count()) === 0), 20_000);
    if ((await dialog.count()) > 0) {
      assert.equal(await dialog.getByLabel("Reason").inputValue(), "The customer calls every hour");
      await page.locator(`[data-ticket-open="${ticket.id}"]:not([data-version="${ticket.version}"])`).waitFor();
      await dialog.getByRole("button", { name: "Escalate" }).click();
    }
    await dialog.waitFor({ state: "detached" });
    const escalations = (await timeline(ticket.id)).filter((event) => event.tool_name === "ticket.escalate" && event.outcome !== "REFUSED" && !event.error_code);
    assert.equal(escalations.length, 1);
  });

  it("73: pressing twice changes the ticket once", async () => {
    const ticket = await make("Window is broken");
    await open(ticket.id);
    await action("escalate").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("Somebody could be hurt");
    await dialog.getByRole("button", { name: "Escalate" }).dblclick();
    await dialog.waitFor({ state: "detached" });
    const escalations = (await timeline(ticket.id)).filter((event) => event.tool_name === "ticket.escalate" && !event.error_code);
    assert.equal(escalations.length, 1);
  });

  it("74: an override shows before and after, and asks for a reason of ten characters", async () => {
    const ticket = await make("Water in the cellar");
    await triage(ticket.id);
    const start = new Date(Math.ceil(Date.now() / HOUR) * HOUR + 24 * HOUR);
    const window = { start: start.toISOString(), end: new Date(start.getTime() + 2 * HOUR).toISOString() };
    await ask(`/tickets/${ticket.id}/schedule/propose`, { options: [window] });
    await open(ticket.id);
    await action("confirm_schedule").click();
    await page.getByRole("dialog").getByRole("button", { name: "Confirm a window" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await eventually(async () => assert.equal(await action("dispatch").getAttribute("aria-disabled"), null), 20_000);
    await action("dispatch").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Kind of override").selectOption("customer_request");
    await dialog.locator("[data-override]").getByText("Before").waitFor();
    await dialog.getByText("A reason of at least 10 characters is needed.").waitFor();
    const submit = dialog.getByRole("button", { name: "Dispatch" });
    assert.ok(await submit.isDisabled());
    await dialog.getByLabel("Reason for the override").fill("too short");
    assert.ok(await submit.isDisabled());
    await dialog.getByLabel("Reason for the override").fill("The tenant knows her and asked");
    assert.ok(await submit.isEnabled());
    await page.keyboard.press("Escape");
    await dialog.getByText("What you typed is not saved.").waitFor();
    await dialog.getByRole("button", { name: "Discard" }).click();
    await dialog.waitFor({ state: "detached" });
  });

  it("75: the timeline has every step with who, what and from where to where; the content opens, the filter works", async () => {
    const ticket = await make("Radiator leaks");
    await triage(ticket.id);
    await open(ticket.id);
    const entries = page.locator("[data-event]");
    await eventually(async () => assert.deepEqual(await entries.evaluateAll((all) => all.map((one) => one.dataset.event)), ["ticket.create", "ticket.triage"]), 20_000);
    await entries.nth(1).getByText("New").waitFor();
    await entries.nth(1).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("Correlation").waitFor();
    await drawer.getByText("DOOR_WONT_LOCK").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("combobox", { name: "Show" }).selectOption("refused");
    await page.getByText("Nothing of this kind").waitFor();
  });

  it("adds evidence with its checksum and shows it", async () => {
    const ticket = await make("Proof of work");
    await open(ticket.id);
    await action("add_evidence").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("File").setInputFiles({ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("The door was adjusted.") });
    await dialog.getByLabel("Kind").selectOption("NOTE");
    await dialog.getByRole("button", { name: "Add evidence" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("tab", { name: /Evidence/ }).click();
    await page.locator('[data-evidence="NOTE"]').waitFor();
  });

  it("says that a ticket is not here, and where nothing fits offers to clear the filters", async () => {
    await page.goto(`${server.url}/app/cockpit/01890000-0000-7000-8000-000000000000`);
    await page.getByText("This ticket is not here").waitFor();
    browser.problems = browser.problems.filter((problem) => !problem.includes("404"));
    await page.goto(`${server.url}/app/cockpit?state=INVOICED`);
    await page.getByText("No ticket fits these filters").waitFor();
  });
});
