// Start and sign-in: lines 4 to 10 and 122, 123 of the acceptance list.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Browser, RUTH, Server, composer, eventually, row, signIn } from "./harness.mjs";

const REFUSED = [/401/];

describe("sign-in", () => {
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
  afterEach(() => browser.expectQuiet(REFUSED));

  it("4: offers the demo's people, and one click signs in", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    await page.goto(server.url);
    await page.getByRole("heading", { name: "Demo identities" }).waitFor();
    browser.expectQuiet();
    await page.locator("section button").first().click();
    await page.getByRole("searchbox").waitFor();
    await context.close();
  });

  it("5: a wrong password gives one sentence, keeps the email and returns to the password", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    await page.goto(`${server.url}/app/`);
    await page.getByLabel("Email").fill("nobody@example.test");
    await page.getByLabel("Password").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("Email or password is not right.").waitFor();
    assert.equal(await page.getByLabel("Email").inputValue(), "nobody@example.test");
    await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.getAttribute("name")), "password"));
    await context.close();
  });

  it("6: an address opened signed out leads to that very conversation afterwards", async () => {
    await server.say(RUTH.address, "sms", "Deep link please");
    const context = await browser.profile();
    const page = await context.newPage();
    await signIn(page, server, "supervisor");
    await row(page, RUTH.name).click();
    await page.getByRole("heading", { name: RUTH.name }).first().waitFor();
    const address = new URL(page.url());
    const stranger = await browser.profile();
    const other = await stranger.newPage();
    await signIn(other, server, "supervisor", address.pathname);
    await other.getByRole("heading", { name: RUTH.name }).first().waitFor();
    assert.equal(new URL(other.url()).pathname, address.pathname);
    await stranger.close();
    await context.close();
  });

  it("8: no token is in an address or in storage a script can read", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    const addresses = [];
    page.on("request", (request) => addresses.push(request.url()));
    page.on("websocket", (socket) => addresses.push(socket.url()));
    const token = page.waitForResponse((response) => response.url().endsWith("/auth/login")).then((response) => response.json());
    await signIn(page, server, "supervisor");
    const { access_token: secret } = await token;
    assert.ok(secret.length > 20);
    assert.ok(addresses.some((address) => address.includes("/ws")));
    assert.deepEqual(addresses.filter((address) => address.includes(secret)), []);
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.ok(!stored.includes(secret));
    await context.close();
  });

  it("9: a reload keeps the session, the place and the unsent text", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    await signIn(page, server, "supervisor");
    await row(page, RUTH.name).click();
    await composer(page).or(page.getByRole("button", { name: "Take", exact: true }).first()).first().waitFor();
    await page.keyboard.press("n");
    await composer(page).fill("half a note");
    await page.reload();
    await page.getByRole("heading", { name: RUTH.name }).first().waitFor();
    await page.getByRole("button", { name: "Note", exact: true }).click();
    assert.equal(await composer(page).inputValue(), "half a note");
    await context.close();
  });

  it("9: when the session ends under one's hands, signing in again over the page leaves the text where it was", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    const person = await signIn(page, server, "supervisor");
    await row(page, RUTH.name).click();
    await composer(page).or(page.getByRole("button", { name: "Take", exact: true }).first()).first().waitFor();
    await page.keyboard.press("n");
    await composer(page).fill("not lost");
    const place = page.url();
    // The cookie is gone and the token is refused, as after a night: the next call finds out.
    await context.clearCookies();
    const refuse = (route) => route.fulfill({ status: 401, json: { error: { code: "INVALID_AUTH_TOKEN", message: "the token has expired", request_id: "r" } } });
    await page.route("**/api/v1/conversations/**", refuse);
    await page.getByRole("button", { name: "Add note" }).click();
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.waitFor();
    await page.unroute("**/api/v1/conversations/**", refuse);
    assert.equal(await dialog.getByLabel("Email").inputValue(), person.email);
    await page.keyboard.press("Escape");
    await dialog.getByLabel("Password").fill("wrong");
    await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
    await dialog.getByRole("alert").waitFor();
    await dialog.getByLabel("Password").fill(person.password);
    await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(page.url(), place);
    assert.equal(await composer(page).inputValue(), "not lost");
    await page.getByRole("button", { name: "Add note" }).click();
    await page.locator("[data-note]", { hasText: "not lost" }).waitFor();
    await page.locator("[data-connection=live]").waitFor({ state: "attached" });
    browser.problems = [];
    await context.close();
  });

  it("10: signing out in one tab signs out the others, and Back shows nothing", async () => {
    const context = await browser.profile();
    const page = await context.newPage();
    await signIn(page, server, "supervisor");
    const second = await context.newPage();
    await second.goto(`${server.url}/app/`);
    await second.getByRole("searchbox").waitFor();
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    await second.getByLabel("Password").waitFor({ timeout: 2000 });
    await second.goto("about:blank");
    await second.goBack();
    await second.getByLabel("Password").waitFor();
    assert.equal(await second.locator("[data-conversation]").count(), 0);
    await context.close();
  });

  it("122, 123: pages carry a strict policy, assets never change, and a missing one is 404", async () => {
    for (const path of ["/app/", "/sim/", "/docs/"]) {
      const page = await fetch(server.url + path, { headers: { accept: "text/html" } });
      const policy = page.headers.get("content-security-policy") ?? "";
      assert.match(policy, /script-src 'self'(;|$)/);
      // The demo's page of both sides frames the console; nothing frames the phones.
      assert.match(policy, path === "/app/" ? /frame-ancestors 'self'(;|$)/ : /frame-ancestors 'none'/);
      if (process.env.PATCHBAY_URL === undefined) assert.match(page.headers.get("cache-control") ?? "", /no-cache/);
      const asset = /src="(\/[^"]+\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1];
      assert.ok(asset, "the page names its script");
      const script = await fetch(server.url + asset);
      assert.equal(script.status, 200);
      if (process.env.PATCHBAY_URL === undefined) assert.match(script.headers.get("cache-control") ?? "", /immutable/);
      const missing = await fetch(`${server.url}${path}assets/gone-12345678.js`, { headers: { accept: "text/html" } });
      assert.equal(missing.status, 404);
      assert.ok(!(missing.headers.get("content-type") ?? "").includes("text/html"));
    }
  });
});
