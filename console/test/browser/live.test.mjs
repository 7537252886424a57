// What must hold after sleep and enlarged: lines 22 and 58 of the acceptance list.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Browser, RUTH, Server, bubble, enter, row, signIn } from "./harness.mjs";

describe("live", () => {
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
  afterEach(() => browser.expectQuiet());

  it("22: a tab that slept ten minutes with a dead socket is up to date when it wakes", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    await page.clock.install();
    let passing = "yes";
    await page.routeWebSocket(/\/ws/, (socket) => {
      const upstream = socket.connectToServer();
      const alive = passing;
      upstream.onMessage((message) => (alive === "no" || passing === "yes") && socket.send(message));
      socket.onMessage((message) => (alive === "no" || passing === "yes") && upstream.send(message));
    });
    await signIn(page, server, "supervisor", "/app/inbox/all");
    passing = "no";
    await server.say(RUTH.address, "sms", "Written while you slept");
    await pause(500);
    assert.equal(await row(page, "Written while you slept").count(), 0);
    await page.clock.fastForward("10:00");
    await row(page, "Written while you slept").waitFor();
    await row(page, RUTH.name).click();
    await bubble(page, "Written while you slept").waitFor();
    await context.close();
  });

  for (const [name, viewport] of [
    ["zoom", { width: 640, height: 400 }],
  ]) {
    it(`58: at 200 % (${name}) nothing needs sideways scrolling and every step stays reachable`, async () => {
      const context = await browser.profile({ viewport });
      const page = await context.newPage();
      await enter(page, server, "supervisor", "/app/settings");
      for (const route of ["inbox/all", "cockpit", "dashboard", "dashboard/channels", "approvals", "alerts", "settings", "admin/routing-rules", "admin/routing-rules/new"]) {
        await page.evaluate((to) => history.pushState({}, "", to), `/app/${route}`);
        await page.waitForURL(`**/app/${route}`);
        await page.locator("main h1, main h2, [role=searchbox]").first().waitFor({ state: "attached" });
        await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(over, 0, `${route} is ${over} px wider than the window`);
      }
      await page.getByRole("dialog").getByRole("button", { name: "Create" }).click({ trial: true });
      await page.keyboard.press("Escape");
      await page.goto(`${server.url}/app/inbox/all`);
      await row(page, RUTH.name).click();
      await page.getByRole("button", { name: "Take", exact: true }).first().click();
      await page.locator("#composer").fill("Reachable");
      await page.getByRole("button", { name: "Send", exact: true }).click({ trial: true });
      await context.close();
    });
  }
});
