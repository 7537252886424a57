// What must hold under traffic, after sleep, far back and enlarged: lines 14, 22, 41 and 58 of the acceptance list.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Browser, RUTH, Server, bubble, enter, eventually, row, signIn } from "./harness.mjs";
import { MadeUpInbox, makeUp } from "./made-up-inbox.mjs";

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

  it("14: while a hundred events a second arrive, the row under the pointer stays where it is", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    await enter(page, server, "supervisor", "/app/settings");
    const inbox = new MadeUpInbox(500, 50);
    const send = await makeUp(page, inbox);
    await page.goto(`${server.url}/app/inbox/all`);
    await page.locator("[data-connection=live]").waitFor({ state: "attached" });
    const hovered = page.locator("[data-conversation]").nth(4);
    const id = await hovered.getAttribute("data-conversation");
    await hovered.hover();
    const place = () => page.evaluate((of) => document.querySelector(`[data-conversation="${of}"]`)?.getBoundingClientRect().top ?? null, id);
    const before = await place();
    for (let sent = 0; sent < 200; sent += 1) {
      send(inbox.frame(100 + (sent % 300), `news ${sent}`));
      if (sent % 10 === 9) await pause(100);
      if (sent % 50 === 49) assert.ok(Math.abs((await place()) - before) <= 1, `the row moved after ${sent + 1} events`);
    }
    // Let go, the news are there.
    await page.mouse.move(900, 500);
    await eventually(async () => {
      await page.evaluate(() => (document.querySelector("[data-list]").scrollTop = 0));
      assert.equal(await row(page, "news 199").count(), 1);
    });
    await context.close();
  });

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

  it("41: older pages of a thread of five thousand come in front without moving what is read; Home and End work", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    await enter(page, server, "supervisor", "/app/settings");
    await makeUp(page, new MadeUpInbox(20, 50));
    await page.goto(`${server.url}/app/inbox/all`);
    await page.locator("[data-conversation]").nth(2).click();
    await bubble(page, "Line 4999 of").waitFor();
    const log = page.getByRole("log");
    const first = 4951;
    await log.hover();
    for (let wheel = 0; (await bubble(page, `Line ${first - 5} of`).count()) === 0; wheel += 1) {
      assert.ok(wheel < 200, "the page before never came");
      const seen = await page.evaluate(() => {
        const box = document.querySelector('[role="log"]').getBoundingClientRect();
        const found = [...document.querySelectorAll("[data-message]")].find((one) => one.getBoundingClientRect().top >= box.top + 40);
        return found === undefined ? null : { id: found.getAttribute("data-message"), top: found.getBoundingClientRect().top };
      });
      const atTop = await log.evaluate((one) => one.scrollTop < 400);
      if (!atTop || seen === null) {
        await page.mouse.wheel(0, -400);
        await pause(30);
        continue;
      }
      // Near the top the page before is fetched by itself; nothing is scrolled meanwhile.
      await eventually(async () => assert.ok((await bubble(page, `Line ${first - 5} of`).count()) > 0 || (await log.evaluate((one) => one.scrollTop)) > 400));
      const top = await page.evaluate((of) => document.querySelector(`[data-message="${of}"]`)?.getBoundingClientRect().top ?? null, seen.id);
      assert.ok(top !== null && Math.abs(top - seen.top) <= 1, `what was read moved from ${seen.top} to ${top}`);
      break;
    }
    await log.focus();
    await page.keyboard.press("End");
    await bubble(page, "Line 4999 of").waitFor();
    await page.keyboard.press("Home");
    await eventually(async () => assert.equal(await bubble(page, "Line 4999 of").count(), 0));
    await context.close();
  });

  for (const [name, viewport, fontSize] of [
    ["zoom", { width: 640, height: 400 }, null],
    ["text alone", { width: 1280, height: 800 }, "200%"],
  ]) {
    it(`58: at 200 % (${name}) nothing needs sideways scrolling and every step stays reachable`, async () => {
      const context = await browser.profile({ viewport });
      const page = await context.newPage();
      if (fontSize !== null) await page.addInitScript((size) => addEventListener("DOMContentLoaded", () => (document.documentElement.style.fontSize = size)), fontSize);
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
