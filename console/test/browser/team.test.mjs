// The talk among colleagues: begun, heard at once, who is called, what was read, and what only its people see.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { expectAccessible } from "./accessibility.mjs";
import { Browser, Server, caller, composer, enter, eventually } from "./harness.mjs";

describe("team chat", () => {
  let server;
  let browser;
  let mine;
  let theirs;
  let me;
  let them;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    me = (await (await caller(server, "supervisor"))("/api/v1/me")).user;
    them = (await (await caller(server, "support_agent"))("/api/v1/me")).user;
    mine = await (await browser.profile()).newPage();
    theirs = await (await browser.profile()).newPage();
    await enter(mine, server, "supervisor", "/app/team");
    await enter(theirs, server, "support_agent");
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/503 \(Service Unavailable\)/]));

  const said = (page, text) => page.locator("[data-talk]", { hasText: text });

  it("a thread is begun with a colleague, and what is said is heard at once", async () => {
    await mine.getByText("Nobody has written yet").waitFor();
    await mine.getByRole("button", { name: "New thread" }).first().click();
    await mine.getByRole("button", { name: "Begin" }).click();
    await mine.getByText("Choose a colleague or a team.").waitFor();
    await mine.getByLabel("Colleagues").selectOption({ label: them.full_name });
    await expectAccessible(mine, "a new thread");
    await mine.getByRole("button", { name: "Begin" }).click();
    await composer(mine).fill("Could you look at the gate today?");
    await mine.keyboard.press("Enter");
    await said(mine, "Could you look at the gate today?").waitFor();
    // The other one sits in the inbox: the rail tells them.
    await theirs.getByRole("link", { name: "Team chat: 1 thread with something new" }).click();
    await theirs.locator("[data-thread]", { hasText: me.full_name }).click();
    await said(theirs, "Could you look at the gate today?").waitFor();
    await theirs.getByRole("link", { name: "Team chat", exact: true }).waitFor();
    await composer(theirs).fill("On my way.");
    await theirs.keyboard.press("Enter");
    await said(mine, "On my way.").waitFor();
    assert.equal(await said(theirs, "On my way.").count(), 1);
  });

  it("who is called with an at sign is told wherever they are, and gets there", async () => {
    await theirs.keyboard.press("Escape");
    await theirs.getByRole("link", { name: "Settings" }).or(theirs.getByRole("link", { name: "Inbox" })).first().click();
    await composer(mine).fill("@");
    await mine.getByRole("option", { name: them.full_name }).waitFor();
    await mine.keyboard.press("Enter");
    await mine.keyboard.type("please bring the long ladder");
    await mine.keyboard.press("Enter");
    await said(mine, "please bring the long ladder").locator("strong", { hasText: `@${them.full_name}` }).waitFor();
    await theirs.getByText(`${me.full_name} called you in the team chat`).first().waitFor();
    await theirs.getByRole("button", { name: "Show" }).click();
    await said(theirs, "please bring the long ladder").waitFor();
  });

  it("what could not be sent says so, and is sent once when asked again", async () => {
    await mine.route("**/internal/threads/*/messages", (route) => (route.request().method() === "POST" ? route.fulfill({ status: 503, json: { error: { code: "UNAVAILABLE", message: "later", request_id: "r" } } }) : route.fallback()));
    await composer(mine).fill("Did you find it?");
    await mine.keyboard.press("Enter");
    const unsent = mine.locator("[data-unsaid]", { hasText: "Did you find it?" });
    await unsent.getByText("Not sent.").waitFor();
    await mine.unrouteAll();
    await unsent.getByRole("button", { name: "Send again" }).click();
    await said(theirs, "Did you find it?").waitFor();
    await unsent.waitFor({ state: "detached" });
    assert.equal(await said(mine, "Did you find it?").count(), 1);
  });

  it("a draft stays with its thread, and others never see the thread", async () => {
    await composer(mine).fill("half a thought");
    const direct = new URL(mine.url()).pathname;
    await mine.getByRole("button", { name: "New thread" }).first().click();
    await mine.getByLabel("A whole team").selectOption({ index: 1 });
    await mine.getByLabel("What it is about").fill("Sunday shift");
    await mine.getByRole("button", { name: "Begin" }).click();
    await mine.getByRole("heading", { name: "Sunday shift" }).waitFor();
    assert.equal(await composer(mine).inputValue(), "");
    await mine.locator("[data-thread]", { hasText: them.full_name }).filter({ hasText: "half a thought" }).click();
    assert.equal(await composer(mine).inputValue(), "half a thought");
    const admin = await (await browser.profile()).newPage();
    await enter(admin, server, "admin", direct);
    await admin.getByText("The thread could not be loaded").waitFor();
    await admin.context().close();
    browser.problems = [];
  });

  it("on a phone one pane at a time, in both themes and languages without findings", async () => {
    await theirs.setViewportSize({ width: 390, height: 844 });
    for (const language of ["en", "fr"]) {
      await theirs.evaluate((chosen) => localStorage.setItem("patchbay.language", chosen), language);
      await theirs.reload();
      await said(theirs, "On my way.").waitFor();
      for (const colorScheme of ["light", "dark"]) {
        await theirs.emulateMedia({ colorScheme });
        await expectAccessible(theirs, `a thread, ${language}, ${colorScheme}`);
      }
      const wide = await theirs.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(wide, 0);
    }
    await theirs.getByRole("button", { name: "Retour aux fils" }).click();
    await theirs.locator("[data-thread]").first().waitFor();
    await eventually(async () => assert.equal(await said(theirs, "On my way.").isVisible(), false));
  });
});
