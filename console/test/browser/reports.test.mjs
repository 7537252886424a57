// The reports: lines 60 to 62, 64, 66 and 67 of the acceptance list.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { RUTH, eventually } from "./harness.mjs";
import { work } from "./suite.mjs";

const MAILS = 2;

describe("reports", () => {
  let server;
  let page;
  let ask;
  work({ role: "supervisor", path: "/app/dashboard" }, async (there) => {
    ({ server, page, ask } = there);
    // The demo's customers have written two mails; both are there before anything is counted.
    await eventually(async () => assert.equal((await ask("/api/v1/conversations?channel=email")).data.length, MAILS));
  });

  const tile = (report, field) => page.locator(`[data-report="${report}"] [data-tile="${field}"] dd`);

  it("67: before anything has happened every time says that there is no data", async () => {
    for (const report of ["first-response", "resolution", "booking"]) {
      const texts = await eventually(async () => {
        const found = await page.locator(`[data-report="${report}"] dd`).allInnerTexts();
        assert.equal(found.length, 4);
        return found;
      });
      assert.deepEqual(texts, Array(4).fill("No data yet"), report);
    }
  });

  it("61: a conversation that waits raises the backlog, and an answer lowers it without a reload", async () => {
    await server.say(RUTH.address, "sms", "Is anybody there?");
    await eventually(async () => assert.equal(await tile("backlog", "unassigned").innerText(), String(MAILS + 1)));
    const conversation = await eventually(async () => {
      const found = (await ask("/api/v1/conversations")).data.find((one) => one.contact.address === RUTH.address);
      assert.ok(found);
      return found;
    });
    await ask(`/api/v1/conversations/${conversation.id}/take`, {});
    await ask(`/api/v1/conversations/${conversation.id}/messages`, { content: { type: "text", text: "We are here" }, client_message_id: crypto.randomUUID() });
    await eventually(async () => assert.equal(await tile("backlog", "unassigned").innerText(), String(MAILS)), 6_000);
    await tile("backlog", "unassigned").getByRole("link").click();
    await page.waitForURL(/inbox\/unassigned/);
    await eventually(async () => assert.equal(await page.locator("[data-conversation]").count(), MAILS));
  });

  it("60, 64: the first answer's percentiles are those of the server, explained, and saved as CSV", async () => {
    await page.goto(`${server.url}/app/dashboard/first-response`);
    await page.getByText("Around the clock, not by office hours").waitFor();
    await eventually(async () => assert.equal(await tile("first-response", "count").innerText(), "1"));
    const { total } = await ask("/api/v1/reports/first-response");
    assert.equal(await tile("first-response", "p50").innerText(), `${Math.round(total.p50)} s`);
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as CSV: First answer" }).click();
    const file = await (await saved).path();
    assert.match(readFileSync(file, "utf8"), /^bucket,.*p95/);
  });

  it("66: a chart is read as a table, with the keyboard, and the address keeps how it is shown", async () => {
    const table = page.getByRole("button", { name: "Table", exact: true });
    await table.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("columnheader", { name: "P95" }).waitFor();
    assert.match(page.url(), /view=table/);
    await page.getByRole("link", { name: "Channels", exact: true }).click();
    await page.locator('[data-report="channels"]').getByRole("cell", { name: "SMS" }).first().waitFor();
    await page.getByLabel("Period").selectOption("week");
    await page.waitForURL(/range=week/);
    await page.getByRole("button", { name: "Chart", exact: true }).click();
    await page.locator('[data-bar="SMS"]').waitFor();
    await page.getByRole("link", { name: "Load of agents" }).click();
    await page.locator('[data-report="utilisation"] [data-bar]').first().waitFor();
  });

  it("62: an agent's bar says how many conversations they have, and leads to exactly those", async () => {
    await page.goto(`${server.url}/app/dashboard/utilisation`);
    const { data } = await ask("/api/v1/reports/utilisation");
    const busy = data.find((one) => one.active > 0);
    assert.ok(busy, "nobody has a conversation");
    const bar = page.locator(`[data-bar="${busy.agent.name}"]`);
    await bar.getByText(`${busy.active} /`).waitFor();
    await bar.getByRole("link").click();
    await page.waitForURL(new RegExp(`agent=${busy.agent.id}`));
    await eventually(async () => assert.equal(await page.locator("[data-conversation]").count(), busy.active));
    await page.getByRole("button", { name: busy.agent.name }).click();
    await eventually(async () => assert.ok((await page.locator("[data-conversation]").count()) >= busy.active));
  });
});
