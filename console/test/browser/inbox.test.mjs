// Inbox and live updates: lines 11 to 21 of the acceptance list.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Browser, MAYA, PRIYA, RUTH, Server, bubble, composer, eventually, row, signIn } from "./harness.mjs";

describe("inbox", () => {
  let server;
  let browser;
  let context;
  let page;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    context = await browser.profile();
    page = await context.newPage();
    await signIn(page, server, "supervisor");
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/ERR_CONNECTION_REFUSED/, /WebSocket connection/, /ERR_CONNECTION_RESET/, /ERR_EMPTY_RESPONSE/, /ERR_SOCKET/, /ERR_INCOMPLETE/]));

  it("11: a text message arrives within a second, counts in the title and changes the icon", async () => {
    const started = Date.now();
    await server.say(RUTH.address, "sms", "Is anybody coming today?");
    await row(page, "Is anybody coming today?").waitFor();
    assert.ok(Date.now() - started < 3000, `it took ${Date.now() - started} ms`);
    await eventually(async () => assert.match(await page.title(), /^\(\d+\) /));
    assert.match(await page.locator('link[rel="icon"]').getAttribute("href"), /unread/);
  });

  it("12: a colleague sees the same message", async () => {
    const other = await (await browser.profile()).newPage();
    await signIn(other, server, "support_agent");
    await row(other, RUTH.name).waitFor();
    await server.say(PRIYA.address, "sms", "The invoice is wrong");
    await Promise.all([row(page, "The invoice is wrong").waitFor(), row(other, "The invoice is wrong").waitFor()]);
    await other.context().close();
  });

  it("15: J and K move, Enter opens, U returns to the same row", async () => {
    await page.goto(`${server.url}/app/inbox/all`);
    await row(page, RUTH.name).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    const focused = () => page.evaluate(() => document.activeElement.getAttribute("data-conversation"));
    await eventually(async () => assert.ok(await focused()));
    const first = await focused();
    assert.equal(first, await page.locator("[data-conversation]").first().getAttribute("data-conversation"));
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/inbox/all/${first}`);
    await page.locator("[data-message]").first().waitFor();
    await page.keyboard.press("u");
    await page.waitForURL("**/inbox/all");
    assert.equal(await focused(), first);
  });

  it("16: a filter is in the address, and the address shows the same list elsewhere", async () => {
    await server.say(MAYA.address, "whatsapp", "The gate is stuck");
    await row(page, "The gate is stuck").waitFor();
    await page.getByRole("button", { name: "More views" }).click();
    await page.getByRole("menuitemradio", { name: "WhatsApp" }).click();
    await page.waitForURL("**channel=whatsapp**");
    await eventually(async () => assert.equal(await row(page, RUTH.name).count(), 0));
    await row(page, MAYA.name).waitFor();
    const other = await (await browser.profile()).newPage();
    const { pathname, search } = new URL(page.url());
    await signIn(other, server, "supervisor", pathname + search);
    await row(other, MAYA.name).waitFor();
    assert.equal(await row(other, RUTH.name).count(), 0);
    await other.context().close();
  });

  it("19: a filtered list that is empty says so and offers to clear the filters", async () => {
    await page.goto(`${server.url}/app/inbox/all`);
    await page.getByRole("searchbox").fill("zzz nothing like this");
    await page.getByText("Nothing matches").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await row(page, RUTH.name).waitFor();
    assert.equal(await page.getByRole("searchbox").inputValue(), "");
  });

  it("search finds people and what was written", async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("invoice");
    await row(page, PRIYA.name).waitFor();
    await eventually(async () => assert.equal(await row(page, RUTH.name).count(), 0));
    await page.keyboard.press("Escape");
    await row(page, RUTH.name).waitFor();
  });

  it("20, 21: a server that goes away raises the bar, and what was written meanwhile goes out when it is back", async (t) => {
    if (!server.canRestart) return t.skip("the server is not ours to stop");
    await row(page, RUTH.name).click();
    const take = page.getByRole("button", { name: "Take", exact: true }).first();
    await take.click();
    await composer(page).waitFor();
    await server.halt();
    await page.getByText("Reconnecting…").waitFor();
    await composer(page).fill("Written while you were away");
    await page.keyboard.press("Enter");
    const own = bubble(page, "Written while you were away");
    assert.equal(await own.getAttribute("data-status"), "queued");
    await server.run();
    await page.getByText("Reconnecting…").waitFor({ state: "detached", timeout: 20_000 });
    await server.say(PRIYA.address, "sms", "Sent after the restart");
    await row(page, "Sent after the restart").waitFor();
    await eventually(async () => assert.match(await own.getAttribute("data-status"), /sent|delivered/), 15_000);
    assert.equal(await own.count(), 1);
    await eventually(async () => {
      const { thread } = await server.phone(RUTH.address, "sms");
      assert.equal(thread.filter((message) => message.text === "Written while you were away").length, 1);
    });
  });
});
