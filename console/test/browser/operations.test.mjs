// Decisions about assistants, switches, alerts, health, settings: lines 52, 55 and 56 of the acceptance list among them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { MAYA, enter, eventually } from "./harness.mjs";
import { work } from "./suite.mjs";

const SECRET = "0123456789abcdef0123456789abcdef-browser-tests";

describe("operations", () => {
  let server;
  let browser;
  let page;
  let ask;
  work({ role: "admin", path: "/app/approvals", expected: [/409 \(Conflict\)/] }, (there) => ({ server, browser, page, ask } = there));

  const go = (path) => page.goto(`${server.url}/app/${path}`);

  /** A draft that waits for a person: made by an assistant, proven by the customer's own message with the code. */
  async function draft(amount) {
    await server.say(MAYA.address, "whatsapp", "Please send my money back");
    const conversation = await eventually(async () => {
      const found = (await ask("/api/v1/conversations")).data.find((one) => one.contact.address === MAYA.address);
      assert.ok(found);
      return found;
    }, 20_000);
    // Money is a matter of the sales team.
    const sales = (await ask("/api/v1/teams")).data.find((team) => team.slug === "sales");
    await ask(`/api/v1/conversations/${conversation.id}/transfer`, { to_team_id: sales.id, reason: "It is about money" });
    const token = execFileSync(process.env.PATCHBAY_BIN, ["token", "--role", "ai", "--conversation", conversation.id, "--aud", "service"], { encoding: "utf8", env: { ...process.env, PATCHBAY_AUTH__JWT_SECRET: SECRET } }).trim();
    const headers = { authorization: `Bearer ${token}` };
    const { draft } = await server.api("/tools/create_transaction_draft", { method: "POST", headers, body: JSON.stringify({ arguments: { amount, currency: "USD", description: "Refund for the broken gate" } }) });
    const code = await eventually(async () => {
      const { thread } = await server.phone(MAYA.address, "whatsapp");
      const found = thread.filter((message) => message.from === "business").map((message) => /CONFIRM-\w{8}/.exec(message.text ?? "")?.[0]).findLast(Boolean);
      assert.ok(found, "the customer was not asked");
      return found;
    }, 60_000);
    await server.say(MAYA.address, "whatsapp", code);
    return draft.draft_id;
  }

  it("a draft shows the exact call, is approved with a reason, and the call stands in the list", { skip: process.env.PATCHBAY_BIN === undefined }, async () => {
    const id = await draft(1500);
    await page.locator(`[data-draft="${id}"]`).click({ timeout: 60_000 });
    const pane = page.locator(`[data-draft-open="${id}"]`);
    const held = await ask(`/api/v1/drafts/${id}`);
    await pane.getByText(held.payload_hash).waitFor();
    await pane.getByRole("region", { name: "What would be carried out" }).first().waitFor();
    // Whoever agrees sees the customer's words, and the assistant's apart from them.
    assert.equal(await pane.locator("[data-said]").innerText(), held.proof.text);
    assert.equal(await pane.locator("[data-written]").innerText(), "Refund for the broken gate");
    await pane.getByText(held.rendered).waitFor();
    assert.equal(await pane.getByRole("note").count(), 0, "an alarm about nothing");
    await pane.getByRole("button", { name: "Reject" }).click();
    await pane.getByText("Say why.").waitFor();
    await pane.getByLabel("Reason").fill("Checked with the shop");
    await pane.getByRole("button", { name: "Approve" }).click();
    await pane.getByText("It does not wait for a decision any more.").waitFor();
    assert.equal((await ask(`/api/v1/drafts/${id}`)).decision.reason, "Checked with the shop");
    await page.getByRole("link", { name: "Tool calls" }).click();
    await page.locator('[data-call="create_transaction_draft"]').first().click();
    await page.getByRole("dialog").getByText("Place in the chain").waitFor();
    await page.keyboard.press("Escape");
  });

  it("a switch stops a tool with a reason and lets it go on", async () => {
    await go("approvals/switches");
    await page.getByText("Nothing is stopped").waitFor();
    await page.getByLabel("Name of the tool").fill("create_transaction_draft");
    await page.getByLabel("Why", { exact: true }).fill("Looking into something");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    const row = page.locator('[data-switch="tool"][data-active="true"]');
    await row.getByText("Looking into something").waitFor();
    await row.getByRole("button", { name: "Let go on" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Let go on" }).click();
    await page.getByText("Nothing is stopped").waitFor();
    await page.locator('[data-switch="tool"][data-active="false"]').waitFor();
  });

  it("automation of tickets is paused and resumed", async () => {
    await page.getByRole("button", { name: "Pause automation" }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("Storm warning");
    await page.getByRole("dialog").getByRole("button", { name: "Pause automation" }).click();
    await page.getByText("Automation is paused", { exact: true }).first().waitFor();
    await page.getByRole("button", { name: "Resume automation" }).first().click();
    await page.getByRole("dialog").getByLabel("Why").fill("It is over");
    await page.getByRole("dialog").getByRole("button", { name: "Resume automation" }).click();
    await page.getByText("Automation runs", { exact: true }).first().waitFor();
  });

  it("signals say what fires and what to do, and each has its figure", async () => {
    await go("alerts/signals");
    await page.getByRole("heading", { name: "Alerts", level: 1 }).waitFor();
    await page.getByText("Targets missed").waitFor();
    assert.equal(await page.getByText(/^[a-z]+(_[a-z]+)+$/).count(), 0, "a name of the program instead of words");
    const { alerts } = await ask("/ops/alerts");
    await eventually(async () => assert.equal(await page.locator("[data-signal]").count(), alerts.length));
  });

  it("the system page shows each part, each inbox and the figures", async () => {
    await go("system");
    await page.locator('[data-part="database"]').getByText("Works").waitFor();
    await page.locator('[data-part="workers"]').getByText("Works").waitFor();
    await page.getByText("whatsapp-main").waitFor();
    await page.getByLabel("Find a figure").fill("no figure is called so");
    await page.getByText("No figure has this name").waitFor();
  });

  it("55: French is everywhere at once, and stays after a reload", async () => {
    await go("settings");
    await page.getByRole("radio", { name: "Français" }).check();
    await page.getByRole("heading", { name: "Réglages", level: 1 }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Réglages", level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "fr");
    await page.getByRole("radio", { name: "English" }).check();
    await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  });

  it("52: single letters are switched off, and theme and density stay after a reload", async () => {
    await go("settings");
    await page.getByLabel("Single letters as shortcuts").uncheck();
    await page.getByRole("radio", { name: "Dark" }).check();
    await page.getByRole("radio", { name: "Compact" }).check();
    await page.reload();
    await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
    assert.deepEqual(await page.evaluate(() => [document.documentElement.dataset.theme, document.documentElement.dataset.density]), ["dark", "compact"]);
    await page.locator("body").press("g");
    await page.locator("body").press("i");
    // The palette comes with a chord; once it is there, the letters before it had their chance.
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.match(page.url(), /settings$/);
    await page.getByLabel("Single letters as shortcuts").check();
    await page.locator("h1").click();
    await page.keyboard.press("g");
    await page.keyboard.press("i");
    await page.waitForURL(/inbox/);
  });

  it("56: a sound can be tried from the settings, and somebody new gets sound without touching them", async () => {
    const fresh = await (await browser.profile()).newPage();
    await fresh.addInitScript(() => {
      globalThis.heard = 0;
      const { play } = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = function () {
        this.addEventListener("ended", () => (globalThis.heard += 1));
        return play.call(this);
      };
    });
    await enter(fresh, server, "support_agent", "/app/settings");
    const mine = fresh.locator('[data-notice="mine"]');
    assert.ok(await mine.getByRole("checkbox").first().isChecked());
    await mine.getByRole("button").click();
    await eventually(async () => assert.ok((await fresh.evaluate(() => globalThis.heard)) > 0));
    await fresh.context().close();
  });
});
