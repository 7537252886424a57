// Thread and composer: lines 24 to 49 of the acceptance list.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Browser, MAYA, PRIYA, RUTH, Server, TOMAS, bubble, caller, composer, eventually, row, signIn } from "./harness.mjs";

describe("thread", () => {
  let server;
  let browser;
  let page;
  let agent;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    page = await (await browser.profile()).newPage();
    agent = await (await browser.profile()).newPage();
    await signIn(page, server, "supervisor");
    await signIn(agent, server, "support_agent");
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/409 \(Conflict\)/]));

  async function open(who, name) {
    await row(who, name).click();
    await who.getByRole("heading", { name, level: 1 }).waitFor();
  }
  async function take(who) {
    const button = who.getByRole("button", { name: "Take", exact: true }).first();
    await composer(who).or(button).first().waitFor();
    if (await button.isVisible()) await button.click();
    await composer(who).waitFor();
  }

  it("24, 113: a reply shows at once, its ticks turn as the phone reports, and it reaches the phone once", async () => {
    await server.say(MAYA.address, "whatsapp", "The gate is stuck again");
    await open(page, MAYA.name);
    await take(page);
    await composer(page).fill("Somebody is on the way");
    await page.keyboard.press("Enter");
    const own = bubble(page, "Somebody is on the way");
    await own.waitFor({ timeout: 1000 });
    assert.match(await own.getAttribute("data-status"), /queued|pending|sending|sent/);
    assert.equal(await composer(page).inputValue(), "");
    await eventually(async () => assert.equal(await own.getAttribute("data-status"), "delivered"), 15_000);
    await server.read(MAYA.address, "whatsapp");
    await eventually(async () => assert.equal(await own.getAttribute("data-status"), "read"));
    await own.getByRole("img", { name: "Read" }).waitFor();
    assert.equal(await own.count(), 1);
    const { thread } = await server.phone(MAYA.address, "whatsapp");
    assert.equal(thread.filter((message) => message.text === "Somebody is on the way").length, 1);
  });

  it("25: a message the provider gives up on says why, in words, and sending it again leaves one bubble", async () => {
    await server.faults({ meta: { fail_messages: 1, fail_code: 131026 } });
    await composer(page).fill("This one fails");
    await page.keyboard.press("Enter");
    const own = bubble(page, "This one fails");
    await eventually(async () => assert.equal(await own.getAttribute("data-status"), "failed"), 15_000);
    await page.getByText("Not delivered:").waitFor();
    await server.faults({ meta: {} });
    await page.getByRole("button", { name: "Send again" }).click();
    await eventually(async () => assert.match((await own.last().getAttribute("data-status")) ?? "", /sent|delivered/), 30_000);
    await eventually(async () => assert.equal(await own.count(), 1));
  });

  it("26: ten quick messages arrive in the order they were written", async () => {
    const texts = Array.from({ length: 10 }, (_, index) => `quick ${index}`);
    for (const text of texts) {
      await composer(page).fill(text);
      await page.keyboard.press("Enter");
    }
    await eventually(async () => {
      const { thread } = await server.phone(MAYA.address, "whatsapp");
      const got = thread.map((message) => message.text).filter((text) => text?.startsWith("quick"));
      assert.deepEqual(got, texts);
    }, 30_000);
    const shown = await page.locator("[data-message]", { hasText: /quick \d/ }).allInnerTexts();
    assert.deepEqual(shown.map((text) => /quick \d/.exec(text)[0]), texts.slice(-shown.length));
  });

  it("27: pressing Send twice sends once", async () => {
    await composer(page).fill("only once");
    await page.getByRole("button", { name: "Send", exact: true }).dblclick();
    await eventually(async () => assert.match(await bubble(page, "only once").getAttribute("data-status"), /sent|delivered/), 15_000);
    assert.equal(await bubble(page, "only once").count(), 1);
  });

  it("28, 29, 30: each conversation keeps its own unsent reply and note, over a reload too", async () => {
    await composer(page).fill("for Maya");
    await page.getByRole("button", { name: "Note", exact: true }).click();
    await composer(page).fill("note on Maya");
    await server.say(RUTH.address, "sms", "When do you come?");
    await open(page, RUTH.name);
    await take(page);
    assert.equal(await composer(page).inputValue(), "");
    await composer(page).fill("for Ruth");
    await row(page, MAYA.name).getByText("for Maya").waitFor();
    await open(page, MAYA.name);
    assert.equal(await composer(page).inputValue(), "note on Maya");
    await page.getByRole("button", { name: "Reply", exact: true }).click();
    assert.equal(await composer(page).inputValue(), "for Maya");
    await page.waitForTimeout(400);
    await page.reload();
    await composer(page).waitFor();
    assert.equal(await composer(page).inputValue(), "for Maya");
    await row(page, RUTH.name).getByText("for Ruth").waitFor();
    await composer(page).fill("");
    await open(page, RUTH.name);
    await composer(page).fill("");
  });

  it("31: a colleague's typing shows and goes away by itself", async () => {
    await server.say(PRIYA.address, "sms", "Typing test");
    await open(page, PRIYA.name);
    await open(agent, PRIYA.name);
    await take(agent);
    await composer(agent).pressSequentially("Hello Pri", { delay: 20 });
    await page.getByText(/is typing a reply…/).first().waitFor({ timeout: 3000 });
    await page.getByText(/is typing a reply…/).first().waitFor({ state: "detached", timeout: 8000 });
    await composer(agent).fill("");
  });

  it("31: a colleague who has the conversation open is shown on the row and in the header, and gone when they leave", async () => {
    await open(page, PRIYA.name);
    await open(agent, PRIYA.name);
    const shown = page.locator("header [data-onlookers]");
    await shown.waitFor({ timeout: 5_000 });
    // Whoever came first is seen by who came second.
    await agent.locator("header [data-onlookers]").waitFor({ timeout: 5_000 });
    await row(page, PRIYA.name).locator("[data-onlookers]").waitFor();
    await agent.goto(`${server.url}/app/settings`);
    await shown.waitFor({ state: "detached", timeout: 5_000 });
    await agent.goto(`${server.url}/app/inbox/all`);
    await row(agent, PRIYA.name).waitFor();
  });

  it("32: a reply is stopped when a colleague answered first, and goes out on a second, deliberate step", async () => {
    await open(agent, PRIYA.name);
    await composer(agent).fill("I was writing this");
    // The lead answers first; the agent's page must not know it yet when Enter is pressed.
    await agent.route("**/api/v1/conversations/*/messages", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      const body = JSON.parse(route.request().postData());
      if (body.seen_seq === undefined) return route.continue();
      return route.continue({ postData: JSON.stringify({ ...body, seen_seq: body.seen_seq - 1 }) });
    });
    await composer(page).fill("The lead answers");
    await page.keyboard.press("Enter");
    await bubble(agent, "The lead answers").waitFor();
    await composer(agent).focus();
    await agent.keyboard.press("Enter");
    await agent.getByText("Somebody answered while you were writing").waitFor();
    assert.equal(await composer(agent).inputValue(), "I was writing this");
    await agent.getByRole("button", { name: "Send anyway" }).click();
    await bubble(agent, "I was writing this").waitFor();
    await agent.unroute("**/api/v1/conversations/*/messages");
  });

  it("32: an answer that came onto the page of somebody who was writing stops theirs all the same; their text stays", async () => {
    await open(agent, PRIYA.name);
    await composer(agent).pressSequentially("Between two and");
    await composer(page).fill("I have told her two o’clock");
    await page.keyboard.press("Enter");
    await bubble(agent, "I have told her two o’clock").waitFor();
    await composer(agent).pressSequentially(" four");
    await agent.keyboard.press("Enter");
    await agent.getByText("Somebody answered while you were writing").waitFor();
    await agent.locator("[data-fresh]", { hasText: "I have told her two o’clock" }).waitFor();
    assert.equal(await composer(agent).inputValue(), "Between two and four");
    assert.equal(await bubble(agent, "Between two and four").count(), 0);
    // Who has looked and goes on writing is not stopped for the same answer again.
    await agent.getByRole("button", { name: "Keep editing" }).click();
    await composer(agent).fill("or half past");
    await agent.keyboard.press("Enter");
    await bubble(agent, "or half past").waitFor();
    // What the customer writes meanwhile stops nobody.
    await composer(agent).pressSequentially("See you");
    await server.say(PRIYA.address, "sms", "Thank you both");
    await bubble(agent, "Thank you both").waitFor();
    await agent.keyboard.press("Enter");
    await bubble(agent, "See you").waitFor();
  });

  it("33, 34: a note is labelled, seen by the team, and never reaches the phone", async () => {
    await open(page, RUTH.name);
    await page.keyboard.press("n");
    await composer(page).fill("Careful, the dog bites");
    await page.keyboard.press("Enter");
    const note = page.locator("[data-note]", { hasText: "Careful, the dog bites" });
    await note.waitFor();
    assert.match(await note.getAttribute("aria-label"), /only for the team/);
    await page.getByRole("button", { name: "Reply", exact: true }).click();
    const { thread } = await server.phone(RUTH.address, "sms");
    assert.ok(!thread.some((message) => message.text?.includes("dog")));
  });

  it("35: a slash opens the saved replies, typing filters, Enter inserts at the cursor", async () => {
    await composer(page).fill("");
    await composer(page).pressSequentially("Hi Ruth, /");
    const first = page.getByRole("listbox", { name: "Saved replies" }).getByRole("option").first();
    await first.waitFor();
    const code = /\/(\S+)/.exec(await first.innerText())[1];
    await composer(page).pressSequentially(code.slice(0, 3));
    await page.keyboard.press("Enter");
    const text = await composer(page).inputValue();
    assert.match(text, /^Hi Ruth, /);
    assert.ok(text.length > "Hi Ruth, ".length + 5 && !text.includes(`/${code.slice(0, 3)}`), text);
    await composer(page).fill("");
  });

  it("38: a chosen picture shows a preview, is sent, and reaches the phone; one too large is refused at once", async () => {
    await server.say(MAYA.address, "whatsapp", "Could you send me the plan?");
    await open(page, MAYA.name);
    const picker = page.locator('input[type="file"]');
    await picker.setInputFiles({ name: "huge.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(6 * 1024 * 1024, 1) });
    await page.getByText("huge.jpg is too large: at most 5 MB.", { exact: true }).waitFor();
    const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
    await picker.setInputFiles({ name: "plan.png", mimeType: "image/png", buffer: pixel });
    await page.locator('[data-attachment="ready"] img').waitFor();
    await composer(page).fill("Here is the plan");
    await page.keyboard.press("Enter");
    await page.locator("[data-attachment]").waitFor({ state: "detached" });
    const own = bubble(page, "Here is the plan");
    await eventually(async () => assert.equal(await own.getAttribute("data-status"), "delivered"), 20_000);
    await own.getByRole("img", { name: "Attachment" }).waitFor();
    const { thread } = await server.phone(MAYA.address, "whatsapp");
    assert.ok(thread.some((message) => message.from === "business" && message.media.length === 1));
    await open(page, RUTH.name);
  });

  it("44: letters with marks and an input method never trigger a shortcut, and Enter while composing does not send", async () => {
    await composer(page).pressSequentially("ąéœß@ et je tape");
    assert.equal(await composer(page).inputValue(), "ąéœß@ et je tape");
    await composer(page).dispatchEvent("keydown", { key: "Enter", isComposing: true });
    assert.equal(await composer(page).inputValue(), "ąéœß@ et je tape");
    await composer(page).fill("");
  });

  it("45: long words, scripts and right-to-left text are shown as text and break nothing", async () => {
    await server.say(RUTH.address, "sms", `<img src=x onerror=alert(1)> ${"x".repeat(400)}`);
    await bubble(page, "<img src=x onerror=alert(1)>").waitFor();
    await server.say(RUTH.address, "sms", "مرحبا بالعالم");
    await bubble(page, "مرحبا").waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(wide, false);
    assert.equal(await page.locator("[data-message] img[src='x']").count(), 0);
  });

  it("tags are added and removed, and a colleague sees them", async () => {
    await page.keyboard.press("Escape");
    await page.getByLabel("Add a tag").fill("gate");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Remove the tag gate" }).click();
    await page.getByRole("button", { name: "Remove the tag gate" }).waitFor({ state: "detached" });
  });

  it("48: assigning to a colleague moves the conversation to their list", async () => {
    await server.say(TOMAS.address, "whatsapp", "For somebody else");
    await open(page, TOMAS.name);
    const colleague = (await server.people()).find((person) => person.role === "support_agent");
    await page.getByRole("button", { name: "Assign", exact: true }).click();
    // Whoever assigns sees who is there, and how much they have of how much they can have.
    await page.getByRole("option", { name: colleague.name }).getByText(/^\d+ of \d+$/).waitFor();
    await page.getByRole("option", { name: colleague.name }).getByText("Online", { exact: true }).waitFor({ state: "attached" });
    await page.getByRole("option", { name: colleague.name }).click();
    await page.getByText(`Assigned to ${colleague.name}.`, { exact: true }).waitFor();
    await agent.goto(`${server.url}/app/inbox/mine`);
    await row(agent, TOMAS.name).waitFor();
  });

  it("47: snoozing takes it out of the list and puts it under Snoozed", async () => {
    await page.keyboard.press("z");
    await page.getByRole("button", { name: /For 1 hour/ }).click();
    await eventually(async () => assert.equal(await row(page, TOMAS.name).count(), 0));
    await page.goto(`${server.url}/app/inbox/snoozed`);
    await row(page, TOMAS.name).waitFor();
    await page.goto(`${server.url}/app/inbox/all`);
  });

  it("46: closing asks why and moves on, and Undo brings the conversation back where it was", async () => {
    await open(page, RUTH.name);
    await page.keyboard.press("e");
    await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).last().click();
    await page.getByText("Conversation closed.", { exact: true }).waitFor();
    await eventually(async () => assert.equal(await row(page, RUTH.name).count(), 0));
    assert.equal(await page.getByRole("heading", { name: RUTH.name, level: 1 }).count(), 0);
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, RUTH.name).waitFor();
    await page.getByRole("heading", { name: RUTH.name, level: 1 }).waitFor();
  });

  it("49: opening marks as read for me", async () => {
    await server.say(PRIYA.address, "sms", "Unread please");
    await eventually(async () => assert.match(await row(page, PRIYA.name).innerText(), /unread/));
    const read = page.waitForResponse((response) => response.url().endsWith("/read") && response.ok());
    await open(page, PRIYA.name);
    await read;
    await page.goto(`${server.url}/app/inbox/all`);
    await eventually(async () => assert.ok(!/unread/.test(await row(page, PRIYA.name).innerText())));
  });

  it("50: a tag, a priority and an assignment mark nothing as unread for anybody", async () => {
    const ask = await caller(server, "admin");
    const found = (await ask("/api/v1/conversations")).data.find((one) => one.contact.address === PRIYA.address);
    await open(page, PRIYA.name);
    await page.goto(`${server.url}/app/inbox/all`);
    await eventually(async () => assert.ok(!/unread/.test(await row(page, PRIYA.name).innerText())));
    const before = (await ask(`/api/v1/conversations/${found.id}`)).unread_count;
    await ask(`/api/v1/conversations/${found.id}/tags`, { tag: "quiet" });
    const people = (await ask("/api/v1/users")).data;
    const somebody = people.find((one) => one.role === "support_agent" && one.teams.some((team) => team.slug === found.team?.slug));
    if (somebody !== undefined) await ask(`/api/v1/conversations/${found.id}/assign`, { assigned_to: somebody.id });
    await page.reload();
    await row(page, PRIYA.name).waitFor();
    assert.ok(!/unread/.test(await row(page, PRIYA.name).innerText()));
    assert.equal((await ask(`/api/v1/conversations/${found.id}`)).unread_count, before);
  });
});
