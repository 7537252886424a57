// The page of the API, which shows the document of the running server.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Browser, Server } from "./harness.mjs";

const TYPES = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };

describe("the page of the API", () => {
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

  it("shows the operations and tries one, without a complaint and without asking anybody else", async () => {
    const page = await (await browser.profile()).newPage();
    const strangers = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) strangers.push(request.url());
    });
    await page.goto(`${server.url}/docs`);
    await page.waitForURL(`${server.url}/docs/`);
    await page.getByRole("heading", { name: /^Patchbay/ }).waitFor();
    const health = page.locator(".opblock", { has: page.locator("[data-path='/health']") }).first();
    await health.locator(".opblock-summary-control").click();
    await health.getByRole("button", { name: "Try it out" }).click();
    await health.getByRole("button", { name: "Execute" }).click();
    await health.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
    assert.deepEqual(strangers, []);
    browser.expectQuiet();
  });

  it("its files carry their types and the policy of pages, and both kinds of clients get the same", async () => {
    const page = await fetch(`${server.url}/docs/`);
    assert.match(page.headers.get("content-security-policy") ?? "", /script-src 'self'(;|$)/);
    const files = [...(await page.text()).matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map((found) => found[1]);
    assert.deepEqual(files.map((file) => file.slice(file.lastIndexOf(".") + 1)).toSorted(), ["css", "js", "svg"]);
    for (const file of files) {
      const packed = await fetch(server.url + file);
      assert.ok(packed.headers.get("content-type").startsWith(TYPES[file.slice(file.lastIndexOf(".") + 1)]), file);
      assert.equal(packed.headers.get("content-encoding"), "gzip", file);
      const plain = await fetch(server.url + file, { headers: { "accept-encoding": "identity" } });
      assert.equal(plain.headers.get("content-encoding"), null, file);
      assert.equal(await plain.text(), await packed.text(), file);
    }
  });
});
