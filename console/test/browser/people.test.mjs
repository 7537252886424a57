// Contacts and repairs: found, renamed, merged and split; the pages of what went wrong.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { expectAccessible } from "./accessibility.mjs";
import { Browser, MAYA, Server, TOMAS, eventually, row, signIn } from "./harness.mjs";

describe("people", () => {
  let server;
  let browser;
  let page;
  before(async () => {
    server = await Server.start();
    browser = await Browser.start();
    page = await (await browser.profile()).newPage();
    await signIn(page, server, "admin");
    await server.say(MAYA.address, "whatsapp", "Hello");
    await server.say(TOMAS.address, "whatsapp", "Hello");
    await Promise.all([row(page, MAYA.name).waitFor(), row(page, TOMAS.name).waitFor()]);
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  afterEach(() => browser.expectQuiet([/409 \(Conflict\)/]));

  it("finds a contact by name and by number, and renames it", async () => {
    await page.getByRole("link", { name: "Contacts", exact: true }).click();
    await page.locator("[data-contact]", { hasText: MAYA.name }).waitFor();
    await page.getByRole("searchbox").fill("010-1002");
    await eventually(async () => assert.equal(await page.locator("[data-contact]").count(), 1));
    await page.locator("[data-contact]", { hasText: TOMAS.address }).click();
    await page.locator("[data-identity]", { hasText: TOMAS.address }).first().waitFor();
    await page.getByLabel("Name", { exact: true }).fill("Tomás H.");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Tomás H." }).waitFor();
    await expectAccessible(page, "a contact");
  });

  it("says that there is nobody, and shows one thing at a time on a phone", async () => {
    await page.getByRole("searchbox").fill("nobody has this name");
    await page.getByText("Nobody matches").waitFor();
    await page.getByRole("button", { name: "Clear the search" }).waitFor();
    await page.getByRole("searchbox").fill("");
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByRole("button", { name: "Back to the list" }).click();
    await page.locator("[data-contact]").first().waitFor();
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it("asks for the name before it erases", async () => {
    await page.locator("[data-contact]").first().click();
    await page.getByRole("button", { name: "Erase" }).click();
    const dialog = page.getByRole("dialog");
    assert.ok(await dialog.getByRole("button", { name: "Erase" }).isDisabled());
    await expectAccessible(page, "the question before erasing");
    await page.keyboard.press("Escape");
  });

  for (const [colorScheme, name, heading] of [
    ["light", "Dead letters", "Dead letters"],
    ["dark", "Quarantine", "Quarantine"],
  ]) {
    it(`shows an empty list of ${name.toLowerCase()} in ${colorScheme} colors`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.getByRole("link", { name: "Administration", exact: true }).click();
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { name: heading, level: 1 }).waitFor({ state: "attached" });
      await page.getByText("Nothing here").waitFor();
      await page.getByRole("button", { name: "Discarded" }).click();
      await page.getByText("Nothing here").waitFor();
      await expectAccessible(page, name);
    });
  }
});
