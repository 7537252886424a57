// Both sides of the demo on one page, its scenarios, and the wire: lines 7, 112, 115 and 117 to 119 of the acceptance list.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { expectAccessible } from "./accessibility.mjs";
import { Browser, MAYA, RUTH, Server, bubble, caller, composer, enter, eventually, row, signIn } from "./harness.mjs";

describe("demo", () => {
  let server;
  let browser;
  let page;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    page = await (await browser.profile({ viewport: { width: 1600, height: 950 } })).newPage();
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/403 \(Forbidden\)/, /401 \(Unauthorized\)/, /409 \(Conflict\)/]));

  const phone = () => page.locator("main [data-phone]:visible");
  const scenarios = () => page.locator("[data-scenarios]");
  const desk = () => page.frameLocator("iframe");

  it("112: on one page somebody signs in with a click, writes as a customer and answers as an agent", async () => {
    await page.goto(`${server.url}/demo`);
    await desk().getByRole("button", { name: /supervisor/ }).click();
    await desk().getByRole("searchbox").waitFor();
    await phone().getByLabel("Message", { exact: true }).fill("Hello from the right side");
    await page.keyboard.press("Enter");
    await row(desk(), "Hello from the right side").click();
    await desk().getByRole("button", { name: "Take", exact: true }).first().click();
    await composer(desk()).fill("Hello from the left side");
    await composer(desk()).press("Enter");
    await phone().locator("[data-message]", { hasText: "Hello from the left side" }).waitFor();
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await expectAccessible(page, `both sides, ${colorScheme}`);
    }
  });

  it("118: a scenario goes step by step, says what to look at, and can be watched again", async () => {
    await scenarios().getByRole("button", { name: "A customer asks" }).click();
    await scenarios().getByRole("button", { name: "Start" }).click();
    await scenarios().getByText("The conversation comes to the top of the inbox").waitFor();
    await bubble(desk(), "The gate at the north entrance").waitFor();
    await scenarios().getByRole("button", { name: "Next step" }).click();
    await scenarios().getByText("click it to see it large").waitFor();
    await scenarios().getByRole("button", { name: "Next step" }).click();
    await scenarios().getByRole("button", { name: "From the beginning" }).click();
    assert.equal(await scenarios().locator("[data-step=next]").count(), 1);
    await scenarios().getByRole("button", { name: "Close" }).click();
    await scenarios().getByRole("button", { name: "Clear the phones" }).click();
    await phone().getByText("Nothing here yet").waitFor();
  });

  it("115: a webhook with a wrong signature is refused and listed so, and its message is nowhere", async () => {
    const phones = await page.context().newPage();
    await phones.goto(`${server.url}/sim/`);
    const list = phones.locator("[data-scenarios]");
    await list.getByRole("button", { name: "A forged webhook" }).click();
    await list.getByRole("button", { name: "Start" }).click();
    await list.getByRole("button", { name: "Next step" }).click();
    await phones.locator("[data-wire] summary").click();
    await phones.locator("[data-wire] tr", { hasText: "refused" }).filter({ hasText: "401" }).first().waitFor();
    await list.getByRole("button", { name: "Next step" }).click();
    await row(desk(), "Is the order ready?").click();
    await bubble(desk(), "Is the order ready?").waitFor();
    assert.equal(await bubble(desk(), "Forged").count(), 0);
    await phones.close();
  });

  it("117: what is said in a call stands in the conversation; an emergency rings at once, and the call becomes a ticket", async () => {
    const context = await browser.profile();
    const watching = await context.newPage();
    await signIn(watching, server, "admin", "/app/inbox/all");
    const phones = await context.newPage();
    await phones.goto(`${server.url}/sim/`);
    const calls = phones.locator('[data-phones="voice"]');
    await calls.getByRole("button", { name: RUTH.owner }).click();
    await calls.getByLabel("What the caller says").fill("I smell gas in the kitchen, come at once");
    await calls.getByRole("button", { name: "Call and say it" }).click();
    await watching.locator("[data-alarm]").getByText("A customer reports an emergency").waitFor();
    await row(watching, RUTH.name).click();
    for (const said of ["Incoming call", "I smell gas in the kitchen", "Call ended after"]) await bubble(watching, said).first().waitFor();
    // Nobody knows where she is: a person says it, and the call is a ticket.
    await watching.keyboard.press("c");
    const dialog = watching.getByRole("dialog");
    for (const field of ["Account", "Site"]) {
      await dialog.getByLabel(field).locator("option").nth(1).waitFor({ state: "attached" });
      await dialog.getByLabel(field).selectOption({ index: 1 });
    }
    await dialog.getByRole("button", { name: "Make the ticket" }).click();
    await watching.locator("[data-ticket]").waitFor();
    await context.close();
  });

  it("117, 118: the scenario of a call keeps its word: the emergency is on top of the demo's supervisor's page, whatever page that is", async () => {
    const context = await browser.profile();
    const supervisor = await context.newPage();
    await enter(supervisor, server, "supervisor", "/app/cockpit");
    const phones = await context.newPage();
    await phones.goto(`${server.url}/sim/`);
    const list = phones.locator("[data-scenarios]");
    await list.getByRole("button", { name: "Somebody calls" }).click();
    await list.getByRole("button", { name: "Start" }).click();
    await phones.bringToFront();
    await list.getByText("The call, and what she said, in her conversation.").waitFor();
    await list.getByRole("button", { name: "Next step" }).click();
    await supervisor.locator("[data-alarm]").getByText("A customer reports an emergency").first().waitFor();
    await supervisor.locator("[data-alarm]").getByRole("link").first().click();
    for (const said of ["My heating is out", "Now I smell gas"]) await bubble(supervisor, said).first().waitFor();
    await context.close();
  });

  it("118: the scenario of a dealership: the site is known by its number, and the rule makes the engine critical and leaves the door alone", async () => {
    const context = await browser.profile();
    const desk = await context.newPage();
    await enter(desk, server, "supervisor", "/app/inbox/all");
    const phones = await context.newPage();
    await phones.goto(`${server.url}/sim/`);
    const list = phones.locator("[data-scenarios]");
    await list.getByRole("button", { name: "A dealership" }).click();
    await list.getByRole("button", { name: "Start" }).click();
    await list.getByText("it is Critical, not Medium").waitFor();
    const ticket = async (service) => {
      await desk.getByRole("heading", { name: /Coastline Motors/, level: 1 }).waitFor();
      await desk.keyboard.press("c");
      const dialog = desk.getByRole("dialog");
      await dialog.getByLabel("Services").selectOption({ label: service });
      await eventually(async () => assert.match((await dialog.getByLabel("Site", { exact: true }).locator("option:checked").textContent()) ?? "", /Main Yard/));
      await dialog.getByRole("button", { name: "Make the ticket" }).click();
      await dialog.waitFor({ state: "detached" });
    };
    await row(desk, "lot 4 needs an engine").click();
    await ticket("Engine diagnosis");
    await desk.locator("[data-ticket]").first().click();
    await desk.locator("[data-ranking]").getByText("Critical").waitFor();
    await desk.locator('[data-ranking] [data-rule="Engines of Coastline Motors"]').waitFor();
    await list.getByRole("button", { name: "Next step" }).click();
    await list.getByText("it stays Medium").waitFor();
    await desk.goBack();
    await bubble(desk, "door of the showroom").waitFor();
    await ticket("Adjust a door");
    await desk.locator("[data-ticket]").nth(1).waitFor();
    const tickets = await Promise.all((await desk.locator("[data-ticket]").evaluateAll((lines) => lines.map((line) => line.dataset.ticket))).map(async (id) => (await caller(server, "supervisor"))(`/ux/dispatcher/cockpit?ticket_id=${id}`)));
    assert.deepEqual(tickets.map(({ selected_ticket: { ticket: one } }) => one.urgency).toSorted(), ["CRITICAL", "MEDIUM"]);
    await context.close();
  });

  it("31, 32, 118: the scenario of a collision: a colleague looks, types and answers first; what one was writing is stopped and stays", async () => {
    const context = await browser.profile();
    const agent = await context.newPage();
    await enter(agent, server, "supervisor", "/app/inbox/all");
    const phones = await context.newPage();
    await phones.goto(`${server.url}/sim/`);
    const list = phones.locator("[data-scenarios]");
    await list.getByRole("button", { name: "Two people, one customer" }).click();
    await list.getByRole("button", { name: "Start" }).click();
    await list.getByText("Take her conversation").waitFor();
    await row(agent, "At what time does").click();
    await bubble(agent, "At what time does").waitFor();
    const take = agent.getByRole("button", { name: "Take", exact: true }).first();
    await composer(agent).or(take).first().waitFor();
    if (await take.isVisible()) await take.click();
    await composer(agent).pressSequentially("He comes at three");
    await list.getByRole("button", { name: "Next step" }).click();
    await agent.locator('header [data-onlookers*="Ada"]').waitFor();
    await agent.getByText("Ada Admin is typing a reply…").first().waitFor();
    await list.getByRole("button", { name: "Next step" }).click();
    await bubble(agent, "between two and four").waitFor();
    await agent.getByText("Ada Admin is typing a reply…").first().waitFor({ state: "detached" });
    await agent.locator('header [data-onlookers*="Ada"]').waitFor({ state: "detached" });
    await composer(agent).focus();
    await agent.keyboard.press("Enter");
    await agent.getByText("Somebody answered while you were writing").waitFor();
    assert.equal(await composer(agent).inputValue(), "He comes at three");
    await agent.getByRole("button", { name: "Send anyway" }).click();
    await bubble(agent, "He comes at three").waitFor();
    // The colleague came through doors of their own: whoever was signed in here still is.
    await agent.reload();
    await agent.getByRole("button", { name: "Your account" }).click();
    await agent.getByRole("menu").getByText("Sam Supervisor").waitFor();
    await context.close();
  });

  it("119: the demo's time moves the window and what was put off everywhere at once, without a reload", async () => {
    const context = await browser.profile();
    const agent = await context.newPage();
    await enter(agent, server, "supervisor", "/app/inbox/all");
    await server.say(MAYA.address, "whatsapp", "The window opens");
    await row(agent, "The window opens").click();
    await bubble(agent, "The window opens").waitFor();
    const take = agent.getByRole("button", { name: "Take", exact: true }).first();
    if (await take.isVisible()) await take.click();
    await composer(agent).waitFor();
    const other = await context.newPage();
    await other.goto(agent.url());
    await bubble(other, "The window opens").waitFor();
    const phones = await context.newPage();
    await phones.goto(`${server.url}/sim/`);
    const clock = phones.locator("[data-clock]");
    await clock.getByRole("button", { name: "+24 h" }).click();
    await clock.getByText("24 h ahead of this machine").waitFor();
    for (const one of [agent, other]) await one.getByRole("button", { name: "Choose a template" }).waitFor();
    await server.say(MAYA.address, "whatsapp", "And opens again");
    await bubble(agent, "And opens again").waitFor();
    await composer(agent).waitFor();
    await context.close();
  });

  it("7: a technician's credentials open no console, and the refusal says no more than that", async () => {
    const ask = await caller(server, "admin");
    await ask("/api/v1/users", { email: "field@demo.test", full_name: "Field Worker", role: "technician", password: "a long enough password" });
    const context = await browser.profile();
    const other = await context.newPage();
    await other.goto(`${server.url}/app/`);
    await other.getByLabel("Email").fill("field@demo.test");
    await other.getByLabel("Password").fill("a long enough password");
    await other.getByRole("button", { name: "Sign in", exact: true }).click();
    await other.getByRole("alert").getByText("Email or password is not right.").waitFor();
    assert.equal(await other.locator("nav").count(), 0);
    await context.close();
  });
});
