// What most suites begin and end with: a server and a browser of their own, and somebody signed in on a page.
import { after, afterEach, before } from "node:test";
import { Browser, Server, caller, enter } from "./harness.mjs";

/**
 * Call it inside `describe`. `found` is handed the server, the browser, the page and a caller of the API as that person,
 * before the first test. After each test no page may have complained but about what was `expected`.
 */
export function work({ role, path, expected = [] }, found) {
  let server;
  let browser;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    const page = await (await browser.profile()).newPage();
    await enter(page, server, role, path);
    await found({ server, browser, page, ask: await caller(server, role) });
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet(expected));
}
