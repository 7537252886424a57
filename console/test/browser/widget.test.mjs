// The chat widget on pages that are not ours, one of them hostile: acceptance 101 to 111.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Browser, bubble, composer, eventually, row, Server, signIn } from "./harness.mjs";

/** Soon enough for a person; the budget is one second, the machine is shared. */
const SOON = 1000;

let server;
let browser;
let site;
let admin;

/** Pages of a customer's site on another origin: plain, strict and hostile. */
class Site {
  static async start(script) {
    const pages = {
      "/": page("en", "", script),
      "/other": page("en", "", script),
      "/fr": page("fr", "", script),
      "/hostile": page("en", "<style>*{all:unset!important;display:block!important;font-size:90px!important;color:red!important}iframe,div,button{display:none!important;opacity:0!important;z-index:-1!important}body{position:relative}#cover{position:fixed;inset:0;z-index:2147483646}</style><div id=cover></div>", script),
      "/tall": page("en", "<div style='height:4000px'>tall</div>", script),
    };
    const http = createServer((request, response) => {
      const path = request.url.split("?")[0];
      const headers = { "content-type": "text/html; charset=utf-8" };
      if (path === "/strict") {
        const hub = new URL(script).origin;
        headers["content-security-policy"] = `default-src 'none'; script-src ${hub}; frame-src ${hub}; style-src 'self'; require-trusted-types-for 'script'; base-uri 'none'`;
      }
      response.writeHead(200, headers).end(pages[path] ?? pages["/"]);
    });
    await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
    const made = new Site();
    made.http = http;
    made.url = `http://127.0.0.1:${http.address().port}`;
    return made;
  }

  stop() {
    this.http.closeAllConnections();
    return new Promise((resolve) => this.http.close(resolve));
  }
}

function page(lang, extra, script) {
  return `<!doctype html><html lang="${lang}"><head><meta name="viewport" content="width=device-width"><title>Shop</title>${extra.startsWith("<style>") ? extra : ""}</head><body>
    <h1 id="title">Shop</h1><a href="/other" id="next">Next page</a>${extra.startsWith("<style>") ? "" : extra}
    <script src="${script}" data-inbox="website" async></script></body></html>`;
}

/** The button lives in a closed root: it is found as a person finds it, by what it is called. Before a page is painted the
 * browser drops clicks on it, and a person has nothing to click on. */
async function clickButton(page) {
  await eventually(async () => assert.ok(await page.evaluate(() => typeof window.hub === "function" && window.hub.on === true)));
  await eventually(async () => assert.ok(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint").length)));
  const { width, height } = page.viewportSize();
  await page.mouse.click(width - 48, height - 48);
}

async function frameOf(page) {
  const frame = await eventually(() => {
    const found = page.frames().find((one) => one.url().includes("/widget/"));
    assert.ok(found, "the frame is loaded");
    return found;
  });
  await frame.getByRole("textbox", { name: /message/i }).waitFor();
  return frame;
}

async function open(page) {
  await clickButton(page);
  return frameOf(page);
}

async function say(frame, text) {
  const field = frame.locator("textarea");
  await field.fill(text);
  await field.press("Enter");
}

async function agentTakes(page, text) {
  await row(page, text).first().click();
  await page.getByRole("button", { name: /take/i }).first().click();
  await composer(page).waitFor();
}

const visitorPage = async (path = "/", options = {}) => {
  const context = await browser.profile(options);
  const page = await context.newPage();
  await page.goto(site.url + path);
  return { context, page };
};

before(async () => {
  server = await Server.start();
  browser = await Browser.start();
  site = await Site.start(`${server.url}/widget/loader.js`);
  const person = (await server.people()).find((one) => one.role === "admin");
  const login = await server.api("/api/v1/auth/login", { method: "POST", body: JSON.stringify({ email: person.email, password: person.password }) });
  admin = { authorization: `Bearer ${login.access_token}` };
  await setInbox({ allowed_origins: [server.url, site.url] });
});

after(async () => {
  await browser?.stop();
  await site?.stop();
  await server?.stop();
});

async function setInbox(change) {
  const { data } = await server.api("/api/v1/inboxes?limit=100", { headers: admin });
  const inbox = data.find((one) => one.name === "website");
  await server.api(`/api/v1/inboxes/${inbox.id}`, { method: "PATCH", headers: admin, body: JSON.stringify(change) });
  await pause(400);
}

describe("the chat widget", () => {
  it("101 shows its button from one script tag, and loads nothing else before the first click", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    const asked = [];
    page.on("request", (request) => request.url().startsWith(server.url) && asked.push(new URL(request.url()).pathname));
    await page.goto(site.url);
    await eventually(async () => assert.ok(await page.evaluate(() => window.hub?.on === true)));
    await pause(2000);
    assert.deepEqual(asked, ["/widget/loader.js"]);
    await open(page);
    assert.ok(asked.includes("/widget/"));
    await context.close();
  });

  it("102 brings messages and typing across within a second, and never a note's", async () => {
    const { context, page } = await visitorPage();
    const frame = await open(page);
    const desk = await browser.profile();
    const inboxPage = await desk.newPage();
    await signIn(inboxPage, server, "support_agent");
    const first = `Leak ${Date.now()}`;
    let since = Date.now();
    await say(frame, first);
    await row(inboxPage, first).first().waitFor();
    assert.ok(Date.now() - since < SOON, `the inbox had it after ${Date.now() - since} ms`);
    await agentTakes(inboxPage, first);
    await frame.locator("textarea").pressSequentially("typing");
    await inboxPage.getByText(/is typing…/).first().waitFor();
    await frame.locator("textarea").fill("");
    await composer(inboxPage).pressSequentially("We are on our way");
    await frame.getByText(/is typing/).waitFor();
    since = Date.now();
    await composer(inboxPage).press("Enter");
    await frame.getByText("We are on our way").waitFor();
    assert.ok(Date.now() - since < SOON, `the visitor had it after ${Date.now() - since} ms`);
    await context.close();
    await desk.close();
  });

  it("103 keeps the conversation across pages, and begins anew in a private window", async () => {
    const { context, page } = await visitorPage();
    let frame = await open(page);
    const text = `Stay ${Date.now()}`;
    await say(frame, text);
    await frame.locator("[data-seq]", { hasText: text }).waitFor();
    await page.goto(`${site.url}/other`);
    frame = await open(page);
    await frame.locator("[data-seq]", { hasText: text }).waitFor();
    const other = await visitorPage();
    const fresh = await open(other.page);
    await pause(500);
    assert.equal(await fresh.getByText(text).count(), 0);
    await context.close();
    await other.context.close();
  });

  it("105 neither suffers from hostile styles nor from a strict policy, and changes nothing on the page", async () => {
    for (const path of ["/hostile", "/strict"]) {
      const { context, page } = await visitorPage(path);
      const look = () => page.evaluate(() => [getComputedStyle(document.body).cssText, document.body.innerHTML, document.title].join());
      await eventually(async () => assert.ok(await page.evaluate(() => window.hub?.on === true)));
      const was = await look();
      const frame = await open(page);
      const box = await (await frame.frameElement()).boundingBox();
      assert.ok(box.width > 300 && box.height > 300, `the frame is ${box.width} by ${box.height}`);
      const size = await frame.locator("textarea").evaluate((field) => getComputedStyle(field).fontSize);
      assert.equal(size, "16px");
      await say(frame, `Through ${path}`);
      await frame.locator("[data-seq]", { hasText: `Through ${path}` }).waitFor();
      assert.equal(await look(), was);
      await context.close();
    }
    browser.expectQuiet([/ERR_CONNECTION/, /WebSocket connection/]);
  });

  it("106 fills a phone's screen and gives the page back as it was", async () => {
    const { context, page } = await visitorPage("/tall", { viewport: { width: 390, height: 740 }, hasTouch: true, isMobile: true });
    await page.evaluate(() => scrollTo(0, 1200));
    const frame = await open(page);
    const box = await (await frame.frameElement()).boundingBox();
    assert.deepEqual([box.width, box.height], [390, 740]);
    const field = await frame.locator("textarea").boundingBox();
    assert.ok(field.y + field.height <= 740, "the field is on the screen");
    await frame.getByRole("button", { name: "Close the chat" }).click();
    await eventually(async () => assert.equal(await page.evaluate(() => scrollY), 1200));
    await context.close();
  });

  it("107 works with the keyboard and tells a screen reader what it is", async () => {
    const { context, page } = await visitorPage();
    await eventually(async () => assert.ok(await page.evaluate(() => window.hub?.on === true)));
    const session = await context.newCDPSession(page);
    const button = async () => {
      const { nodes } = await session.send("Accessibility.getFullAXTree");
      const found = nodes.find((node) => node.role?.value === "button" && node.name?.value === "Chat with us");
      assert.ok(found, "the button is named");
      return found.properties?.find((property) => property.name === "expanded")?.value?.value;
    };
    assert.equal(await button(), false);
    await page.focus("#next");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const frame = await frameOf(page);
    await eventually(async () => assert.equal(await frame.evaluate(() => document.activeElement?.tagName), "TEXTAREA"));
    assert.equal(await button(), true);
    assert.equal(await frame.getByRole("log").getAttribute("aria-live"), "polite");
    await page.keyboard.press("Escape");
    await eventually(async () => assert.equal(await button(), false));
    await page.keyboard.press("Enter");
    await eventually(async () => assert.equal(await button(), true));
    await context.close();
  });

  it("108 takes scripts, broken pictures and odd links as the text they are", async () => {
    const tricks = ['<script>window.hacked=1</script>', '<img src=x onerror="window.hacked=1">', 'javascript:window.hacked=1', "https://bank.example@evil.example/"];
    const { context, page } = await visitorPage();
    const frame = await open(page);
    const first = `Trick ${Date.now()}`;
    await say(frame, first);
    for (const trick of tricks) await say(frame, trick);
    await frame.locator("[data-seq]", { hasText: tricks[3] }).waitFor();
    const desk = await browser.profile();
    const inboxPage = await desk.newPage();
    await signIn(inboxPage, server, "supervisor");
    await row(inboxPage, tricks[3]).first().click();
    await bubble(inboxPage, tricks[3]).waitFor();
    for (const view of [frame, inboxPage]) {
      assert.equal(await view.evaluate(() => window.hacked), undefined);
      assert.equal(await view.locator('a[href^="javascript"], img[src="x"]').count(), 0);
    }
    assert.equal(await frame.locator("[data-seq] a").count(), 0);
    await context.close();
    await desk.close();
  });

  it("109 counts answers while it is closed, and shows in the console that they were read", async () => {
    const { context, page } = await visitorPage();
    const frame = await open(page);
    const first = `Badge ${Date.now()}`;
    await say(frame, first);
    await frame.locator("[data-seq]", { hasText: first }).waitFor();
    const desk = await browser.profile();
    const inboxPage = await desk.newPage();
    await signIn(inboxPage, server, "support_agent");
    await agentTakes(inboxPage, first);
    const counted = page.evaluate(
      () => new Promise((resolve) => addEventListener("message", (event) => event.data?.hub === "unread" && event.data.n > 0 && resolve(event.data.n))),
    );
    await page.evaluate(() => window.hub("close"));
    await composer(inboxPage).fill("Answer while closed");
    await composer(inboxPage).press("Enter");
    assert.equal(await counted, 1);
    await page.evaluate(() => window.hub("open"));
    await eventually(async () => {
      const { data } = await server.api("/api/v1/conversations?channel=chat&limit=100", { headers: admin });
      const found = data.find((one) => one.last_message?.content.text === "Answer while closed");
      assert.equal(found?.last_message.status, "read");
    });
    await context.close();
    await desk.close();
  });

  it("asks once at the end how it was, in the language of the page, and shows the answer to the agent", async () => {
    const { context, page } = await visitorPage("/fr");
    await clickButton(page);
    const frame = await eventually(() => {
      const found = page.frames().find((one) => one.url().includes("/widget/"));
      assert.ok(found);
      return found;
    });
    await frame.getByRole("textbox", { name: "Écrire un message" }).waitFor();
    const text = `Question ${Date.now()}`;
    await say(frame, text);
    await frame.locator("[data-seq]", { hasText: text }).waitFor();
    const desk = await browser.profile();
    const inboxPage = await desk.newPage();
    await signIn(inboxPage, server, "support_agent");
    await agentTakes(inboxPage, text);
    const { data } = await server.api("/api/v1/conversations?channel=chat&limit=100", { headers: admin });
    const { id } = data.find((one) => one.last_message?.content.text === text);
    const close = () => server.api(`/api/v1/conversations/${id}/close`, { method: "POST", headers: admin, body: JSON.stringify({ close_reason: "resolved" }) });
    assert.equal(await frame.getByRole("radio").count(), 0, "nobody asks before the end");
    await close();
    await frame.getByText("Comment était notre aide ?").waitFor();
    // With the keyboard alone: the third star, then the next.
    await frame.getByRole("radio", { name: "Correcte" }).focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowRight");
    assert.ok(await frame.getByRole("radio", { name: "Bonne", exact: true }).isChecked());
    await frame.getByRole("textbox", { name: /ajouter quelque chose/ }).fill("Rapide <b>et</b> aimable");
    await frame.locator(".rate button[type=submit]").click();
    await frame.getByText("Merci pour votre réponse.").waitFor();
    await inboxPage.getByRole("img", { name: "4 of 5" }).waitFor();
    await inboxPage.getByText("Rapide <b>et</b> aimable").waitFor();
    // Opened and closed once more, it is not asked again; neither after a reload.
    await say(frame, "Encore une chose");
    await frame.locator("[data-seq]", { hasText: "Encore une chose" }).waitFor();
    await eventually(async () => assert.equal(await frame.locator(".note").count(), 0));
    await close();
    await frame.getByText(/Cette conversation est terminée/).waitFor();
    assert.equal(await frame.getByRole("radio").count(), 0);
    await page.reload();
    await clickButton(page);
    const again = await eventually(() => {
      const found = page.frames().find((one) => one.url().includes("/widget/"));
      assert.ok(found);
      return found;
    });
    await again.getByText(/Cette conversation est terminée/).waitFor();
    assert.equal(await again.getByRole("radio").count(), 0);
    await context.close();
    await desk.close();
  });

  it("talks both ways where the network lets no socket through", async () => {
    const context = await browser.profile();
    await context.routeWebSocket(/\/chat\//, (socket) => socket.close());
    const page = await context.newPage();
    await page.goto(site.url);
    const frame = await open(page);
    const text = `No socket ${Date.now()}`;
    await say(frame, text);
    await frame.locator("[data-seq]", { hasText: text }).waitFor();
    const { data } = await server.api("/api/v1/conversations?channel=chat&limit=100", { headers: admin });
    const conversation = data.find((one) => one.last_message?.content.text === text);
    const post = (path, body) => server.api(`/api/v1/conversations/${conversation.id}/${path}`, { method: "POST", headers: admin, body: JSON.stringify(body) });
    await post("take", {});
    await post("messages", { content: { type: "text", text: "Heard all the same" }, client_message_id: crypto.randomUUID() });
    await frame.getByText("Heard all the same").waitFor();
    assert.equal(await frame.locator(".banner").count(), 0);
    browser.expectQuiet([/WebSocket connection/]);
    await context.close();
  });

  it("110 says when nobody is there, asks for an address, and takes the message all the same", async () => {
    const day = (new Date().getUTCDay() + 6) % 7;
    await setInbox({ business_hours: [{ weekday: (day + 3) % 7, start: "09:00", end: "10:00" }], timezone: "UTC" });
    const { context, page } = await visitorPage();
    const frame = await open(page);
    await frame.getByText(/Nobody is here right now/).waitFor();
    await frame.getByLabel("E-mail address").fill("not an address");
    await frame.getByRole("button", { name: "Save" }).click();
    await frame.getByText("This is not an e-mail address.").waitFor();
    await frame.getByLabel("E-mail address").fill("dana@example.test");
    await frame.getByRole("button", { name: "Save" }).click();
    await frame.getByText(/We will answer there/).waitFor();
    const text = `Closed ${Date.now()}`;
    await say(frame, text);
    await frame.locator("[data-seq]", { hasText: text }).waitFor();
    const { data } = await server.api("/api/v1/conversations?channel=chat&limit=100", { headers: admin });
    assert.ok(data.some((one) => one.last_message?.content.text === text));
    await setInbox({ business_hours: null });
    browser.expectQuiet([/400 \(Bad Request\)/, /ERR_CONNECTION/, /WebSocket connection/]);
    await context.close();
  });

  it("111 speaks the language of the page, and another one when told so", async () => {
    const { context, page } = await visitorPage("/fr");
    await clickButton(page);
    const frame = await eventually(() => {
      const found = page.frames().find((one) => one.url().includes("/widget/"));
      assert.ok(found);
      return found;
    });
    await frame.getByRole("textbox", { name: "Écrire un message" }).waitFor();
    await page.evaluate(() => window.hub("locale", "en"));
    await frame.getByRole("textbox", { name: "Write a message" }).waitFor();
    await context.close();
  });

  it("refuses to be embedded by a page that is not on the site's list", async () => {
    await setInbox({ allowed_origins: ["https://somewhere.example.test"] });
    const { context, page } = await visitorPage();
    await clickButton(page);
    await pause(1500);
    const frame = page.frames().find((one) => one !== page.mainFrame());
    assert.equal(await frame?.locator("textarea").count().catch(() => 0), 0);
    await setInbox({ allowed_origins: [server.url, site.url] });
    browser.expectQuiet([/frame-ancestors/, /Framing/, /ERR_BLOCKED_BY_RESPONSE/, /ERR_CONNECTION/, /WebSocket connection/]);
    await context.close();
  });

  it("104 leaves the page alone while the server is down, and sends later what was written", async (t) => {
    if (!server.canRestart) return t.skip("the server is not ours to stop");
    const { context, page } = await visitorPage();
    const frame = await open(page);
    await say(frame, "before");
    await frame.locator("[data-seq]", { hasText: "before" }).waitFor();
    await server.halt("SIGKILL");
    const text = `Later ${Date.now()}`;
    await say(frame, text);
    await frame.getByText(/No connection/).waitFor();
    const errors = [];
    const down = await context.newPage();
    down.on("pageerror", (error) => errors.push(String(error)));
    await down.goto(site.url);
    await down.click("#next");
    await down.waitForURL("**/other");
    assert.deepEqual(errors, []);
    await server.run();
    await frame.locator("[data-seq]", { hasText: text }).waitFor({ timeout: 40_000 });
    assert.equal(await frame.locator("[data-seq]", { hasText: text }).count(), 1);
    browser.expectQuiet([/ERR_CONNECTION_REFUSED/, /WebSocket connection/, /ERR_CONNECTION_RESET/, /ERR_EMPTY_RESPONSE/]);
    await context.close();
  });
});
