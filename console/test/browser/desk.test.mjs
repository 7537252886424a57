// An agent's day at the desk: lines 13, 17, 18, 23, 35 to 43 and 50 to 52 of the acceptance list, search and lists of contacts.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, describe, it } from "node:test";
import { Browser, MAYA, PRIYA, RUTH, Server, TOMAS, bubble, composer, eventually, row, signIn } from "./harness.mjs";

const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

describe("desk", () => {
  let server;
  let browser;
  let page;
  let agent;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    page = await (await browser.profile({ acceptDownloads: true })).newPage();
    agent = await (await browser.profile()).newPage();
    await signIn(page, server, "supervisor");
    await signIn(agent, server, "support_agent");
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/409 \(Conflict\)/]));

  const inbox = (query = "") => page.goto(`${server.url}/app/inbox/all${query}`);
  async function open(who, name) {
    await row(who, name).click();
    await who.getByRole("heading", { name, level: 1 }).waitFor();
    await who.locator("[data-message]").first().waitFor();
  }
  async function take(who) {
    const button = who.getByRole("button", { name: "Take", exact: true }).first();
    await composer(who).or(button).first().waitFor();
    if (await button.isVisible()) await button.click();
    await composer(who).waitFor();
  }
  async function token(role) {
    const person = (await server.people()).find((one) => one.role === role);
    const grant = await server.api("/api/v1/auth/login", { method: "POST", body: JSON.stringify({ email: person.email, password: person.password }) });
    return { authorization: `Bearer ${grant.access_token}` };
  }

  it("17: a saved view stands beside the others with a live count, asks before it goes, and comes back", async () => {
    await server.say(MAYA.address, "whatsapp", "The gate is stuck");
    await server.say(RUTH.address, "sms", "When do you come?");
    await inbox("?channel=sms");
    await row(page, RUTH.name).waitFor();
    await page.getByRole("button", { name: "Save view" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Texts");
    await page.keyboard.press("Enter");
    const views = page.getByRole("group", { name: "Saved views" });
    const saved = views.getByRole("button", { name: /^Texts/ });
    await saved.waitFor();
    const before = Number(/\d+/.exec(await saved.innerText())[0]);
    await page.getByRole("button", { name: "Remove the filter SMS" }).click();
    await server.say(PRIYA.address, "sms", "Counting me too");
    await eventually(async () => assert.equal(Number(/\d+/.exec(await saved.innerText())[0]), before + 1));
    await saved.click();
    await page.waitForURL("**channel=sms**");
    await page.getByRole("button", { name: "Delete the view Texts" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    await views.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await saved.waitFor();
  });

  it("18: rows selected with X are resolved together, with one toast whose Undo works", async () => {
    await inbox();
    for (const one of [RUTH, PRIYA, MAYA]) await row(page, one.name).waitFor();
    await eventually(async () => {
      await page.keyboard.press("j");
      assert.equal(await page.evaluate(() => document.activeElement?.hasAttribute("data-conversation")), true);
    });
    await page.keyboard.press("x");
    await page.keyboard.press("J");
    const bar = page.getByRole("toolbar", { name: "Selected conversations" });
    await bar.getByText("2 selected").waitFor();
    await bar.getByRole("button", { name: "Resolve" }).click();
    await page.getByText("2 resolved", { exact: true }).first().waitFor();
    await bar.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    for (const one of [RUTH, PRIYA, MAYA]) await row(page, one.name).waitFor();
  });

  it("23: two tabs of one person make one sound for one message", async () => {
    const context = await browser.profile();
    await context.addInitScript(() => {
      globalThis.sounds = 0;
      const { play } = globalThis.HTMLMediaElement.prototype;
      globalThis.HTMLMediaElement.prototype.play = function () {
        globalThis.sounds += 1;
        return play.call(this);
      };
    });
    const first = await context.newPage();
    await signIn(first, server, "supervisor");
    const second = await context.newPage();
    await second.goto(`${server.url}/app/inbox/all`);
    await second.locator("[data-connection=live]").waitFor({ state: "attached" });
    await server.say(TOMAS.address, "whatsapp", "Do I ring once?");
    await Promise.all([row(first, "Do I ring once?").waitFor(), row(second, "Do I ring once?").waitFor()]);
    const sounds = () => Promise.all([first, second].map((tab) => tab.evaluate(() => globalThis.sounds)));
    await eventually(async () => assert.deepEqual((await sounds()).sort(), [0, 1]));
    await context.close();
  });

  it("36: a saved reply with a field nobody filled in is not sent until it is", async () => {
    const headers = await token("admin");
    await server.api("/api/v1/canned-responses", { method: "POST", headers, body: JSON.stringify({ shortcut: "visit", title: "A visit", text: "Hello {{contact.first_name}}, we come on {{date}}." }) });
    await inbox();
    await open(page, MAYA.name);
    await take(page);
    await composer(page).pressSequentially("/visit");
    await page.getByRole("option", { name: /Hello Maya/ }).waitFor();
    await page.keyboard.press("Enter");
    assert.equal(await composer(page).inputValue(), "Hello Maya, we come on {{date}}.");
    await page.keyboard.press("Enter");
    await page.getByText("Fill in “date” before sending.").waitFor();
    await eventually(async () => assert.equal(await composer(page).evaluate((field) => field.value.slice(field.selectionStart, field.selectionEnd)), "{{date}}"));
    await page.keyboard.type("Monday");
    await page.keyboard.press("Enter");
    await bubble(page, "Hello Maya, we come on Monday.").waitFor();
  });

  it("37: an at sign in a note calls a teammate, whose notice opens the thread at that note", async () => {
    const colleague = (await server.people()).find((person) => person.role === "support_agent");
    await open(page, TOMAS.name);
    await page.keyboard.press("n");
    await page.keyboard.type(`Key is with @${colleague.name.split(" ")[0]}`);
    await page.getByRole("listbox", { name: "Teammates" }).getByRole("option", { name: colleague.name }).waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.type("today");
    await page.keyboard.press("Enter");
    await page.locator("[data-note]", { hasText: `@${colleague.name} today` }).waitFor();
    await agent.getByText("mentioned you").first().waitFor();
    await agent.getByRole("button", { name: "Show", exact: true }).click();
    await agent.waitForURL("**note=**");
    await agent.locator("[data-note]", { hasText: "Key is with" }).waitFor();
  });

  it("39: a picture opens large, zooms, closes with Esc, and the focus returns to it", async () => {
    await open(page, MAYA.name);
    await page.getByRole("button", { name: "Reply", exact: true }).click();
    await page.locator('input[type="file"]').setInputFiles({ name: "plan.png", mimeType: "image/png", buffer: PIXEL });
    await page.locator('[data-attachment="ready"]').waitFor();
    await composer(page).fill("The plan, to look at");
    await page.keyboard.press("Enter");
    const own = bubble(page, "The plan, to look at");
    await eventually(async () => assert.match(await own.getAttribute("data-status"), /sent|delivered/), 30_000);
    await own.getByRole("button", { name: "Show large" }).click();
    const large = page.locator("[data-zoom]");
    await large.waitFor();
    await page.keyboard.press("+");
    await eventually(async () => assert.equal(await large.getAttribute("data-zoom"), "1.5"));
    await page.keyboard.press("Escape");
    await large.waitFor({ state: "detached" });
    await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Show large"));
  });

  it("42, 43: a closed window leaves templates and notes, a template shows what goes out, and the customer's message opens it again", async () => {
    await server.say(TOMAS.address, "whatsapp", "Before the window closes");
    await open(page, TOMAS.name);
    await take(page);
    const id = page.url().split("/").at(-1);
    await page.route(`**/api/v1/conversations/${id}`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), window_expires_at: new Date(Date.now() - 1000).toISOString() } });
    });
    await page.reload();
    await page.getByText("The 24-hour window is closed").waitFor();
    await page.locator('[data-window="closed"]').waitFor();
    await page.unroute(`**/api/v1/conversations/${id}`);
    await page.getByRole("button", { name: "Note", exact: true }).click();
    await composer(page).waitFor();
    await page.getByRole("button", { name: "Reply", exact: true }).click();
    await page.getByRole("button", { name: "Choose a template" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Send a template" });
    const send = dialog.getByRole("button", { name: "Send template" });
    await send.waitFor();
    const fields = dialog.locator('input:not([type="file"])');
    for (let index = 0; index < (await fields.count()); index += 1) await fields.nth(index).fill(`value ${index}`);
    const shown = (await dialog.locator("[data-preview]").innerText()).trim();
    assert.ok(!shown.includes("{{"), shown);
    await send.click();
    await dialog.waitFor({ state: "detached" });
    await eventually(async () => {
      const { thread } = await server.phone(TOMAS.address, "whatsapp");
      assert.ok(thread.some((message) => message.from === "business" && shown.includes(message.text?.trim() || "\u0000")));
    }, 30_000);
    await server.say(TOMAS.address, "whatsapp", "I am here again");
    await composer(page).waitFor();
    await page.locator('[data-window="open"]').waitFor();
  });

  it("40: an unread thread opens at what is new, and news while scrolled up only raise the pill", async () => {
    await inbox();
    for (let index = 0; index < 14; index += 1) await server.say(PRIYA.address, "sms", `line ${index} ${"and more ".repeat(20)}`);
    await row(page, "line 13").waitFor();
    await row(page, PRIYA.name).click();
    await page.locator("[data-unread-line]").waitFor();
    assert.match(await page.locator("[data-unread-line]").innerText(), /\d+ new since/);
    const scroller = page.getByRole("log").locator("xpath=../..");
    await scroller.evaluate((element) => element.scrollTo(0, 0));
    await eventually(async () => assert.equal(await scroller.evaluate((element) => element.scrollTop), 0));
    await server.say(PRIYA.address, "sms", "one more from below");
    await page.getByRole("button", { name: /1 new message/ }).waitFor();
    assert.equal(await scroller.evaluate((element) => element.scrollTop), 0);
    await page.getByRole("button", { name: /1 new message/ }).click();
    await bubble(page, "one more from below").waitFor();
    await scroller.focus();
    await page.keyboard.press("Home");
    await eventually(async () => assert.ok((await scroller.evaluate((element) => element.scrollTop)) < 40));
    await page.keyboard.press("End");
    await eventually(async () => assert.ok(await scroller.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight < 40)));
  });

  it("51, 52: the palette says why something cannot be done, and single letters can be switched off", async () => {
    await agent.goto(`${server.url}/app/inbox/all`);
    await open(agent, "Ines Duarte");
    await agent.keyboard.press("Control+k");
    await agent.getByRole("dialog").waitFor();
    await agent.keyboard.type("assign");
    const blocked = agent.getByRole("option", { name: /Assign.*Only the team's leads can do this/ });
    await blocked.waitFor();
    assert.equal(await blocked.getAttribute("aria-disabled"), "true");
    await agent.keyboard.press("Escape");
    const me = await server.api("/api/v1/me", { headers: await token("support_agent") });
    await agent.evaluate((id) => localStorage.setItem(`patchbay.preferences.${id}`, JSON.stringify({ letters: "off" })), me.user.id);
    await agent.reload();
    await agent.locator("[data-message]").first().waitFor();
    const here = agent.url();
    await agent.keyboard.press("u");
    await agent.keyboard.press("?");
    await agent.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    assert.equal(agent.url(), here);
    await agent.keyboard.press("Escape");
  });

  it("search finds conversations and people, and its words are in the address", async () => {
    await page.goto(`${server.url}/app/search`);
    await page.getByRole("searchbox").fill("gate");
    await page.waitForURL("**q=gate");
    await page.locator('[data-hit="conversation"]', { hasText: MAYA.name }).waitFor();
    await page.getByRole("searchbox").fill("Maya");
    await page.locator('[data-hit="contact"]', { hasText: MAYA.name }).waitFor();
    await page.getByRole("searchbox").fill("zzz nothing like this");
    await page.getByText("Nothing found").waitFor();
  });

  it("contacts go out as a list and come back in, tried first", async () => {
    // Those who write become contacts; right after the start nobody has yet.
    await server.say(MAYA.address, "whatsapp", "Is the gate mended?");
    await eventually(async () => {
      await page.goto(`${server.url}/app/contacts`);
      await page.locator("[data-contact]", { hasText: MAYA.name }).first().waitFor({ timeout: 2000 });
    });
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export as CSV" }).click();
    const text = await readFile(await (await download).path(), "utf8");
    assert.match(text.split("\n")[0], /name/);
    assert.match(text, /Maya Lindqvist/);
    const csv = "name,phone\nAda Moreau,+15550109901\nNobody,not a number\n";
    await page.locator('input[type="file"]').setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await page.getByRole("button", { name: "Try it first" }).click();
    await page.getByText("Would make 1, change 0, refuse 1").waitFor();
    await page.getByText("Row 3:").waitFor();
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText("Made 1, changed 0, refused 1").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
    await page.locator("[data-contact]", { hasText: "Ada Moreau" }).waitFor();
  });

  it("13: ten thousand conversations are scrolled to the end with few rows in the page and no blank stretch", async () => {
    const [sample] = (await server.api("/api/v1/conversations?limit=1", { headers: await token("supervisor") })).data;
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      ...sample,
      id: `00000000-0000-7000-8000-${String(index).padStart(12, "0")}`,
      last_message_at: new Date(Date.UTC(2026, 0, 5) - index * 1000).toISOString(),
      last_message: null,
      subject: `number ${index}`,
    }));
    const big = await page.context().newPage();
    await big.route("**/api/v1/conversations?*", (route) => {
      const at = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
      const end = Math.min(many.length, at + 500);
      return route.fulfill({ json: { data: many.slice(at, end), next_cursor: end < many.length ? String(end) : null } });
    });
    await big.goto(`${server.url}/app/inbox/all`);
    const list = big.locator("[data-list]");
    await big.locator("[data-conversation]").first().waitFor();
    const state = () =>
      list.evaluate((element) => {
        const { left, top, height } = element.getBoundingClientRect();
        const middle = document.elementFromPoint(left + 150, top + height / 2);
        return {
          rows: document.querySelectorAll("[data-conversation]").length,
          isRow: middle?.closest("[role=listitem]") !== null,
          hasEnd: [...document.querySelectorAll("[data-conversation]")].some((one) => one.getAttribute("data-conversation")?.endsWith("009999")),
        };
      });
    for (let step = 0; ; step += 1) {
      await list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await eventually(async () => {
        const now = await state();
        assert.ok(now.isRow, "a blank stretch");
        assert.ok(now.rows <= 60, `${now.rows} rows`);
      });
      if ((await state()).hasEnd) break;
      assert.ok(step < 400, "the end was not reached");
    }
    await big.close();
  });
});
