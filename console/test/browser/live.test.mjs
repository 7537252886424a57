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
      // Where many come at once, the row is drawn again a frame later.
      if (sent % 50 === 49) await eventually(async () => { const now = await place(); assert.ok(now !== null && Math.abs(now - before) <= 1, `the row moved from ${before} to ${now} after ${sent + 1} events`); }, 10_000);
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
    // A page that has just connected asks for its lists; an answer that comes late would bring what the dead socket does not.
    await page.waitForLoadState("networkidle");
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
    // Pages before take their time, so that what is read can be looked at before and after.
    await page.route("**/messages?*before_seq*", async (route) => {
      await pause(400);
      await route.fallback();
    });
    const scroller = page.getByRole("log").locator("xpath=../..");
    const top = (of) => page.evaluate((id) => document.querySelector(`[data-message="${id}"]`)?.getBoundingClientRect().top ?? null, of);
    await scroller.hover();
    for (let wheel = 0; (await scroller.evaluate((one) => one.scrollTop)) >= 400; wheel += 1) {
      assert.ok(wheel < 200, "the start of the first page never came");
      await page.mouse.wheel(0, -300);
      await pause(50);
    }
    const seen = await page.evaluate(() => {
      const edge = document.querySelector('[role="log"]').parentElement.parentElement.getBoundingClientRect().top + 40;
      return [...document.querySelectorAll("[data-message]")].find((one) => one.getBoundingClientRect().top >= edge)?.getAttribute("data-message") ?? null;
    });
    const before = await top(seen);
    await eventually(async () => assert.ok((await scroller.evaluate((one) => one.scrollTop)) > 1_000, "the page before never came"));
    await eventually(async () => assert.ok(Math.abs((await top(seen)) - before) <= 1, `what was read moved from ${before} to ${await top(seen)}`), 2_000);
    await scroller.focus();
    await page.keyboard.press("End");
    await bubble(page, "Line 4999 of").waitFor();
    await page.keyboard.press("Home");
    await eventually(async () => assert.equal(await bubble(page, "Line 4999 of").count(), 0));
    await context.close();
  });

  for (const [name, viewport, settings] of [
    ["zoom", { width: 640, height: 400 }, []],
    ["text alone", { width: 1280, height: 800 }, ["--blink-settings=defaultFontSize=32"]],
  ]) {
    it(`58: at 200 % (${name}) nothing needs sideways scrolling and every step stays reachable`, async () => {
      const large = settings.length === 0 ? browser : await Browser.start(settings);
      try {
        const context = await large.profile({ viewport });
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
        const take = page.getByRole("button", { name: "Take", exact: true }).first();
        await page.locator("#composer").or(take).first().waitFor();
        if (await take.isVisible()) await take.click();
        await page.locator("#composer").fill("Reachable");
        await page.getByRole("button", { name: "Send", exact: true }).click({ trial: true });
        await context.close();
      } finally {
        if (large !== browser) await large.stop();
      }
    });
  }
});
