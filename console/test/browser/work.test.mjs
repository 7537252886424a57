// Tickets, keys, themes, small screens, the phones: lines 51 to 58, 112 to 116 and 124 of the acceptance list.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { expectAccessible } from "./accessibility.mjs";
import { Browser, MAYA, RUTH, Server, bubble, caller, composer, eventually, row, signIn } from "./harness.mjs";

describe("work", () => {
  let server;
  let browser;
  let page;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    page = await (await browser.profile()).newPage();
    await signIn(page, server, "supervisor");
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/409 \(Conflict\)/]));

  it("112, 113: a phone's message is answered from the console, and the phone shows the answer", async () => {
    const sim = await page.context().newPage();
    await sim.goto(`${server.url}/sim/`);
    const phone = sim.locator('[data-phones="sms"]');
    await phone.getByRole("button", { name: RUTH.owner }).click();
    await phone.getByLabel("Message", { exact: true }).fill("Hello from my phone");
    await sim.keyboard.press("Enter");
    await phone.locator("[data-message]", { hasText: "Hello from my phone" }).waitFor();
    await row(page, RUTH.name).click();
    await bubble(page, "Hello from my phone").waitFor();
    await page.keyboard.press("i");
    await composer(page).fill("Hello from the console");
    await page.keyboard.press("Enter");
    await phone.locator("[data-message]", { hasText: "Hello from the console" }).waitFor({ timeout: 15_000 });
    await eventually(async () => assert.equal(await bubble(page, "Hello from the console").getAttribute("data-status"), "delivered"), 15_000);
    await sim.close();
  });

  it("makes a ticket from the conversation and shows its code", async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog");
    await eventually(async () => assert.ok((await dialog.getByLabel("Account").locator("option").count()) > 1));
    await dialog.getByLabel("Account").selectOption({ index: 1 });
    await eventually(async () => assert.ok((await dialog.getByLabel("Site").locator("option").count()) > 1));
    await dialog.getByLabel("Site").selectOption({ index: 1 });
    await dialog.getByLabel("Summary").fill("The gate does not open");
    await dialog.getByRole("button", { name: "Make the ticket" }).click();
    await page.getByText(/^Ticket .+ is made\.$/).waitFor();
    await page.locator("[data-ticket]").first().waitFor();
  });

  it("makes a ticket by blind intake", async () => {
    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Blind intake").click();
    await eventually(async () => assert.ok((await dialog.getByLabel("Account").locator("option").count()) > 1));
    await dialog.getByLabel("Account").selectOption({ index: 1 });
    await eventually(async () => assert.ok((await dialog.getByLabel("Site").locator("option").count()) > 1));
    await dialog.getByLabel("Site").selectOption({ index: 1 });
    await dialog.getByLabel("Summary").fill("Main door will not lock");
    await dialog.getByLabel("Incident type").fill("DOOR_WONT_LOCK");
    await dialog.getByLabel("Customer's name").fill(RUTH.name);
    await dialog.getByRole("button", { name: "Make the ticket" }).click();
    await eventually(async () => assert.equal(await page.locator("[data-ticket]").count(), 2));
  });

  it("51: the palette opens with Mod+K and runs what is picked", async () => {
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog", { name: "Command palette" }).waitFor();
    await page.keyboard.type("write a note");
    await page.keyboard.press("Enter");
    await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.id), "composer"));
    assert.equal(await page.getByRole("button", { name: "Note", exact: true }).getAttribute("aria-pressed"), "true");
    await page.keyboard.press("Escape");
  });

  it("52: the question mark shows every key", async () => {
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.closest('[role="dialog"]') !== null);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("53: open, reply and close work with the keyboard alone", async () => {
    await server.say(MAYA.address, "sms", "Keyboard only");
    await page.goto(`${server.url}/app/inbox/all`);
    await row(page, "Keyboard only").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await bubble(page, "Keyboard only").waitFor();
    await page.keyboard.press("i");
    await composer(page).waitFor();
    await page.keyboard.press("r");
    await page.keyboard.type("Answered by keys");
    await page.keyboard.press("Enter");
    await bubble(page, "Answered by keys").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("e");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.type("done");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Conversation closed.", { exact: true }).waitFor();
    await row(page, "Answered by keys").waitFor({ state: "detached" });
  });

  it("55: French changes what is on screen at once", async () => {
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitemradio", { name: "Français" }).click();
    await page.getByRole("searchbox", { name: "Personnes et messages" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "fr");
    await page.getByRole("button", { name: "Votre compte" }).click();
    await page.getByRole("menuitemradio", { name: "English" }).click();
    await page.getByRole("searchbox", { name: "Search people and messages" }).waitFor();
  });

  it("55, 58: the ticket of a conversation is in French too, and what is found fits a narrow screen", async () => {
    const ask = await caller(server, "supervisor");
    const conversation = (await ask("/api/v1/conversations?limit=100")).data.find((one) => one.contact.address === RUTH.address);
    const [site] = (await ask("/api/v1/sites")).data;
    const summary = "The door at the far end of the long corridor on the third floor does not close any more";
    await ask(`/api/v1/conversations/${conversation.id}/ticket`, { mode: "create", account_id: site.account_id, site_id: site.id, summary });
    const context = await browser.profile({ viewport: { width: 390, height: 780 }, locale: "fr-FR" });
    const narrow = await context.newPage();
    await narrow.addInitScript(() => localStorage.setItem("patchbay.language", "fr"));
    await narrow.goto(`${server.url}/app/search?q=corridor`);
    const person = (await server.people()).find((one) => one.role === "supervisor");
    await narrow.getByLabel("E-mail").fill(person.email);
    await narrow.getByLabel("Mot de passe").fill(person.password);
    await narrow.getByRole("button", { name: "Se connecter", exact: true }).click();
    const hit = narrow.locator('[data-hit="ticket"]');
    await hit.getByText("Nouveau").waitFor();
    const { x, width } = await hit.boundingBox();
    assert.ok(x >= 0 && x + width <= 390, `from ${x}, ${width} wide`);
    await context.close();
  });

  it("54, 124: axe finds nothing serious on any page in either theme", async () => {
    for (const colorScheme of ["light", "dark"]) {
      const context = await browser.profile({ colorScheme });
      const inspected = await context.newPage();
      await inspected.goto(`${server.url}/app/`);
      await inspected.getByLabel("Email").waitFor();
      await expectAccessible(inspected, `sign-in, ${colorScheme}`);
      await signIn(inspected, server, "supervisor", "/app/inbox/all");
      await row(inspected, RUTH.name).waitFor();
      await expectAccessible(inspected, `list, ${colorScheme}`);
      await row(inspected, RUTH.name).click();
      await bubble(inspected, "Hello from my phone").waitFor();
      await expectAccessible(inspected, `thread, ${colorScheme}`);
      await inspected.keyboard.press("c");
      await inspected.getByRole("dialog").waitFor();
      await expectAccessible(inspected, `ticket dialog, ${colorScheme}`);
      await inspected.goto(`${server.url}/sim/`);
      await inspected.locator("[data-phone]").first().waitFor();
      await expectAccessible(inspected, `phones, ${colorScheme}`);
      await context.close();
    }
  });

  it("54: the chosen theme is there before the first paint", async () => {
    const context = await browser.profile({ colorScheme: "light" });
    const inspected = await context.newPage();
    await inspected.goto(`${server.url}/app/`);
    await inspected.evaluate(() => localStorage.setItem("patchbay.theme", "dark"));
    await inspected.addInitScript(() => {
      document.addEventListener("readystatechange", () => {
        window.themeWhenParsed ??= document.documentElement.dataset.theme;
      });
    });
    await inspected.reload();
    assert.equal(await inspected.evaluate(() => window.themeWhenParsed), "dark");
    await context.close();
  });

  it("57: a narrow screen shows one pane at a time, and Back goes from the thread to the list", async () => {
    const context = await browser.profile({ viewport: { width: 390, height: 780 }, hasTouch: true });
    const narrow = await context.newPage();
    await signIn(narrow, server, "supervisor", "/app/inbox/all");
    await row(narrow, RUTH.name).tap();
    await bubble(narrow, "Hello from my phone").waitFor();
    assert.equal(await narrow.getByRole("searchbox").isVisible(), false);
    await narrow.goBack();
    await narrow.getByRole("searchbox").waitFor();
    const wide = await narrow.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(wide, false);
    await context.close();
  });

  it("116: STOP blocks further messages with an explanation, START lifts it", async () => {
    await page.goto(`${server.url}/app/inbox/all`);
    await row(page, RUTH.name).click();
    await composer(page).fill("Are you there?");
    await server.say(RUTH.address, "sms", "STOP");
    await bubble(page, "STOP").waitFor();
    await page.getByText("This customer wants no messages by SMS").waitFor();
    assert.equal(await composer(page).count(), 0, "nothing is written that would not be sent");
    await server.say(RUTH.address, "sms", "START");
    await bubble(page, "START").waitFor();
    await composer(page).waitFor();
    assert.equal(await composer(page).inputValue(), "Are you there?", "what was written before is kept");
    await composer(page).press("Enter");
    await eventually(async () => assert.match(await bubble(page, "Are you there?").last().getAttribute("data-status"), /sent|delivered/), 15_000);
  });
});
