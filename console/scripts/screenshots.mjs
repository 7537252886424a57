// Writes the pictures of the README: starts a demo, lets the phones and the agents talk a little, and looks at it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Browser, MAYA, PRIYA, RUTH, Server, TOMAS, bubble, composer, eventually, row, signIn } from "../test/browser/harness.mjs";

const folder = fileURLToPath(new URL("../../docs/images/", import.meta.url));
mkdirSync(folder, { recursive: true });

const server = await Server.start();
const browser = await Browser.start();
try {
  await server.say(PRIYA.address, "sms", "Thank you, everything works now!");
  await server.say(TOMAS.address, "whatsapp", "Could somebody come tomorrow morning instead?");
  await server.say(RUTH.address, "sms", "Is the technician still coming between 2 and 4?");
  await server.say(MAYA.address, "whatsapp", "Hi! The gate at the north entrance won’t open again.");
  const context = await browser.profile({ colorScheme: "light", viewport: { width: 1400, height: 860 } });
  const page = await context.newPage();
  await signIn(page, server, "supervisor");
  await row(page, MAYA.name).click();
  await page.getByRole("button", { name: "Take", exact: true }).first().click();
  await say(page, "Good morning Maya, thanks for telling us. Is anybody locked in or out right now?");
  await server.say(MAYA.address, "whatsapp", "No, the side door works. But deliveries come at 11.");
  await bubble(page, "deliveries come at 11").waitFor();
  await page.getByRole("button", { name: "Note", exact: true }).click();
  await composer(page).fill("Second time this month. Was the controller replaced in October?");
  await page.keyboard.press("Enter");
  await page.locator("[data-note]").waitFor();
  await page.getByRole("button", { name: "Reply", exact: true }).click();
  await say(page, "Understood. A technician will be there before 11, I will confirm the time in a few minutes.");
  await page.getByLabel("Add a tag").fill("gate");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove the tag gate" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("c");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Account").locator("option").nth(1).waitFor({ state: "attached" });
  await dialog.getByLabel("Account").selectOption({ index: 1 });
  await dialog.getByLabel("Site").locator("option").nth(1).waitFor({ state: "attached" });
  await dialog.getByLabel("Site").selectOption({ index: 1 });
  await dialog.getByRole("button", { name: "Make the ticket" }).click();
  await page.locator("[data-ticket]").waitFor();
  await server.read(MAYA.address, "whatsapp");
  await page.locator("[data-message][data-status=read]").first().waitFor();
  await settle(page);
  await page.screenshot({ path: join(folder, "console-light.png") });
  await page.emulateMedia({ colorScheme: "dark" });
  await settle(page);
  await page.screenshot({ path: join(folder, "console-dark.png") });
  await page.emulateMedia({ colorScheme: "light" });

  const phones = await context.newPage();
  await phones.goto(`${server.url}/sim/`);
  await phones.locator('[data-phones="whatsapp"] [data-message]').first().waitFor();
  await phones.locator('[data-phones="sms"]').getByRole("button", { name: RUTH.owner }).click();
  await settle(phones);
  await phones.screenshot({ path: join(folder, "phones.png") });

  const both = await context.newPage();
  await both.goto(`${server.url}/demo`);
  const desk = both.frameLocator("iframe");
  await row(desk, MAYA.name).click();
  await bubble(desk, "A technician will be there").waitFor();
  await settle(both);
  await both.screenshot({ path: join(folder, "both-sides.png") });
} finally {
  await browser.stop();
  await server.stop();
}

async function say(page, text) {
  await composer(page).fill(text);
  await page.keyboard.press("Enter");
  await eventually(async () => {
    const status = await bubble(page, text).getAttribute("data-status");
    if (status !== "delivered" && status !== "read") throw new Error(`the reply is ${status}`);
  }, 20_000);
}

/** Toasts gone, animations done. */
async function settle(page) {
  await page.locator("li[data-state=open]").first().waitFor({ state: "detached", timeout: 15_000 }).catch(() => null);
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.waitForTimeout(400);
}
