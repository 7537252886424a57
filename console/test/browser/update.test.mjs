// What must end: a page that is older than its server (line 121), and a read mark that is told only once.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Browser, Server, bubble, enter, eventually } from "./harness.mjs";
import { MadeUpInbox, makeUp } from "./made-up-inbox.mjs";

describe("a page and its server", () => {
  let server;
  let browser;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/404 \(Not Found\)/, /Failed to fetch dynamically imported module/, /Failed to load resource/]));

  it("121: after an update the page says that a new version is ready, and keeps what was being written", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    let socket = null;
    await page.routeWebSocket(/\/ws/, (found) => {
      found.connectToServer();
      socket = found;
    });
    await enter(page, server, "supervisor", "/app/inbox/all");
    // The server's page names another script from now on; only what the page asks for itself gets it.
    await page.route("**/app/", async (route) => {
      if (route.request().resourceType() === "document") return route.fallback();
      await route.fulfill({ contentType: "text/html", body: '<script type="module" src="/app/assets/index-newer.js"></script>' });
    });
    assert.equal(await page.locator("[data-new-version]").count(), 0);
    await socket.close();
    await page.locator("[data-new-version]").getByText("A new version is ready").waitFor();
    await page.unroute("**/app/");
    await page.locator("[data-new-version]").getByRole("button", { name: "Load it" }).click();
    await page.locator("[data-connection=live]").waitFor({ state: "attached" });
    await page.locator("[data-new-version]").waitFor({ state: "detached" });
    await context.close();
  });

  it("121: a page whose part is gone since the update is loaded again once by itself", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    await enter(page, server, "supervisor", "/app/inbox/all");
    let gone = 0;
    await page.route(/\/assets\/settings-page-/, async (route) => {
      gone += 1;
      if (gone > 1) return route.fallback();
      await route.fulfill({ status: 404, body: "" });
    });
    await page.evaluate(() => history.pushState({}, "", "/app/settings"));
    await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
    assert.equal(gone, 2);
    await context.close();
  });

  it("a read mark is told once though the server still counts something unread", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    await enter(page, server, "supervisor", "/app/settings");
    const inbox = new MadeUpInbox(5, 50);
    const send = await makeUp(page, inbox);
    const told = [];
    await page.route("**/api/v1/conversations/*/read", async (route) => {
      const id = route.request().url().split("/").at(-2);
      told.push(route.request().postDataJSON().seq);
      const row = inbox.rows.find((one) => one.id === id);
      await route.fulfill({ json: { ...row, unread_count: 2, version: (row.version += 1) } });
    });
    await page.goto(`${server.url}/app/inbox/all`);
    await page.locator("[data-connection=live]").waitFor({ state: "attached" });
    await page.locator("[data-conversation]").nth(1).click();
    await bubble(page, "Line 4999 of").waitFor();
    await eventually(async () => assert.ok(told.length > 0));
    await pause(1_000);
    assert.equal(told.length, 1);
    // What is new is told anew, once.
    send(inbox.frame(1, "Something new"));
    await bubble(page, "Something new").waitFor();
    await eventually(async () => assert.equal(told.length, 2));
    await pause(1_000);
    assert.equal(told.length, 2);
    await context.close();
  });
});
