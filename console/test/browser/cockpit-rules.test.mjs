// What the server refuses a dispatcher, and how the cockpit says it: lines 78 and 80 of the acceptance list.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Browser, Server, caller, enter, eventually } from "./harness.mjs";

const HOUR = 3_600_000;
const PASSWORD = "a long enough password";

describe("rules of the cockpit", () => {
  let server;
  let browser;
  let page;
  let ask;
  let admin;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    [ask, admin] = [await caller(server, "dispatcher"), await caller(server, "admin")];
    page = await (await browser.profile()).newPage();
    await enter(page, server, "dispatcher");
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/409 \(Conflict\)/, /403 \(Forbidden\)/]));

  const action = (id) => page.locator(`[data-action="${id}"]`);
  const open = async (id) => {
    await page.goto(`${server.url}/app/cockpit/${id}`);
    await page.locator(`[data-ticket-open="${id}"]`).waitFor();
  };
  /** A ticket that is scheduled for tomorrow. */
  const scheduled = async (site, summary, days) => {
    const ticket = await ask("/tickets", { account_id: site.account_id, site_id: site.id, summary, urgency: "MEDIUM" });
    await ask(`/tickets/${ticket.id}/triage`, { incident_type: "DOOR_WONT_LOCK", priority: "URGENT", workflow_outcome: "READY_TO_SCHEDULE" });
    const start = new Date(Math.ceil(Date.now() / HOUR) * HOUR + days * 24 * HOUR);
    const window = { start: start.toISOString(), end: new Date(start.getTime() + 2 * HOUR).toISOString() };
    await ask(`/tickets/${ticket.id}/schedule/propose`, { options: [window] });
    await ask(`/tickets/${ticket.id}/schedule/confirm`, window);
    return ticket.id;
  };
  /** A technician who works in these zones, and what they may call. */
  const technician = async (name, zones) => {
    const email = `${name.toLowerCase()}@demo.test`;
    const user = await admin("/api/v1/users", { email, full_name: `${name} Field`, role: "technician", password: PASSWORD });
    const made = await admin("/api/v1/technicians", { name: `${name} Field`, phone_e164: `+1555010${String(Math.floor(Math.random() * 9000) + 1000)}`, user_id: user.id, skills: ["DEFAULT"], zones });
    const { access_token: token } = await server.api("/api/v1/auth/login", { method: "POST", body: JSON.stringify({ email, password: PASSWORD }) });
    const does = (ticket, step, body) =>
      server.api(`/tickets/${ticket}/tech/${step}`, { method: "POST", headers: { authorization: `Bearer ${token}`, "idempotency-key": crypto.randomUUID() }, body: JSON.stringify(body) });
    return { ...made, does };
  };

  it("78: work more than 20 km from where the technician is at work is refused, with the rule and the other ticket", async () => {
    const zone = (name, lat) => admin("/api/v1/zones", { name, centroid_lat: lat, centroid_lon: -73.6 });
    const [here, far] = [await zone("Old port", 45.5), await zone("Far hills", 45.815)];
    const { account_id } = (await ask("/api/v1/sites")).data[0];
    const site = (name, zone_id) => admin("/api/v1/sites", { account_id, zone_id, name, address1: "1 Main Street", city: "Montreal", country: "CA", timezone: "America/Toronto", bill_to: { name, address1: "1 Main Street", city: "Montreal", country: "CA" } });
    const tess = await technician("Tess", [here.id, far.id]);
    const [busy, distant] = [await scheduled(await site("Quay 4", here.id), "Gate at the quay", 1), await scheduled(await site("Hill house", far.id), "Door on the hill", 2)];
    await ask(`/tickets/${busy}/assignment/dispatch`, { tech_id: tess.id });
    await tess.does(busy, "check-in", { timestamp: new Date().toISOString() });
    await open(distant);
    await action("dispatch").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Technician").first().selectOption({ label: "Tess Field" });
    await dialog.getByRole("button", { name: "Dispatch" }).click();
    const refusal = dialog.locator('[data-refused="TECH_ZONE_CONFLICT"]');
    await refusal.getByText("more than 20 km away").waitFor();
    assert.equal((await ask(`/tickets/${distant}`)).state, "SCHEDULED");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  it("80: an invoice before the work is done is refused with the state it needs", async () => {
    const { data: sites } = await ask("/api/v1/sites");
    const ticket = await scheduled(sites[0], "Not done yet", 3);
    const money = await (await browser.profile()).newPage();
    await enter(money, server, "admin", `/app/cockpit/${ticket}`);
    await money.locator(`[data-ticket-open="${ticket}"]`).waitFor();
    const button = money.locator('[data-action="generate_invoice"]');
    await eventually(async () => assert.equal(await button.getAttribute("aria-disabled"), "true"));
    await button.focus();
    await money.keyboard.press("Enter");
    const why = money.locator('[data-why="generate_invoice"] [data-policy=state]');
    await why.getByText("Needs: Verified").waitFor();
    await money.context().close();
  });
});
