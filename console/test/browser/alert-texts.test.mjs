// What people are told of alerts, in words of one's own: checked at the field, shown filled in, kept in versions, and given up
// for the standard words.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { expectAccessible } from "./accessibility.mjs";
import { eventually } from "./harness.mjs";
import { work } from "./suite.mjs";

describe("alert texts", () => {
  let page;
  let ask;
  work({ role: "supervisor", path: "/app/admin/notification-templates", expected: [/400 \(Bad Request\)/] }, (there) => ({ page, ask } = there));

  const drawer = () => page.getByRole("dialog");
  const letter = (kind) => drawer().locator(`[data-letter="${kind}"]`);
  const kept = async () => (await ask("/api/v1/notification-templates")).data;

  it("words that cannot be filled in are refused at their field; what they become stands beside the standard ones while typing", async () => {
    await page.getByText("People are told in the standard words").waitFor();
    await page.getByRole("button", { name: "New text" }).click();
    await drawer().getByText("Say first which alert the words are for.").waitFor();
    await drawer().getByLabel("For what happened").selectOption("EMERGENCY");
    await letter("standard").getByText("[Critical] A customer reports an emergency [K7M2QP]").waitFor();
    await drawer().getByLabel("Language").selectOption("fr");
    await letter("standard").getByText("[Critique] Un client signale une urgence [K7M2QP]").waitFor();
    await drawer().getByLabel("Subject").fill("{{severity}} : {{title}}");
    await letter("yours").getByText("Critique : Un client signale une urgence [K7M2QP]").waitFor();
    await drawer().getByLabel("Text", { exact: true }).fill("Regardez {{customer}}");
    await drawer().locator("[data-preview-problem]").getByText("{{customer}} is none of").waitFor();
    await drawer().getByRole("button", { name: "Create" }).click();
    await eventually(async () => assert.equal(await drawer().getByLabel("Text", { exact: true }).getAttribute("aria-invalid"), "true"));
    await drawer().getByLabel("Text", { exact: true }).fill("Regardez : ");
    await drawer().getByRole("button", { name: "{{link}}, Where to look: add to the text" }).click();
    await letter("yours").getByText("Regardez : https://patchbay.example/app/alerts").waitFor();
    await expectAccessible(page, "alert text, new");
    await drawer().getByRole("button", { name: "Create" }).click();
    await drawer().waitFor({ state: "detached" });
    const [row] = await kept();
    assert.deepEqual([row.code, row.language, row.text], ["EMERGENCY", "fr", "Regardez : {{link}}"]);
    // A second one for the same is refused where it is said.
    await page.getByRole("button", { name: "New text" }).click();
    await drawer().getByLabel("For what happened").selectOption("EMERGENCY");
    await drawer().getByLabel("Language").selectOption("fr");
    await drawer().getByLabel("Subject").fill("x");
    await drawer().getByLabel("Text", { exact: true }).fill("x");
    await drawer().getByRole("button", { name: "Create" }).click();
    await drawer().getByText("there are words for this code in this language already").waitFor();
    await drawer().getByRole("button", { name: "Cancel" }).click();
  });

  it("a row that is opened again before the list has come anew is what was saved, and can be saved again", async () => {
    const open = () => page.locator("tbody tr", { hasText: "A customer reports an emergency" }).getByRole("button").click();
    await open();
    await drawer().getByLabel("Subject").fill("Saved once");
    const listed = /\/api\/v1\/notification-templates\?/;
    let answer = () => {};
    const slow = new Promise((resolve) => (answer = resolve));
    await page.route(listed, async (route) => {
      await slow;
      await route.continue();
    });
    await drawer().getByRole("button", { name: "Save" }).click();
    await drawer().waitFor({ state: "detached" });
    await open();
    assert.equal(await drawer().getByLabel("Subject").inputValue(), "Saved once");
    await drawer().getByLabel("Subject").fill("{{severity}} : {{title}}");
    await drawer().getByRole("button", { name: "Save" }).click();
    await drawer().waitFor({ state: "detached" });
    answer();
    await page.unrouteAll({ behavior: "wait" });
    const [row] = await kept();
    assert.deepEqual([row.subject, row.version], ["{{severity}} : {{title}}", 3]);
  });

  it("every version stays, says who changed it, and can be taken again; the standard words come back with one button", async () => {
    const open = () => page.locator("tbody tr", { hasText: "A customer reports an emergency" }).getByRole("button").click();
    await open();
    await drawer().getByLabel("Subject").fill("Urgence : {{title}}");
    await drawer().getByRole("button", { name: "Save" }).click();
    await drawer().waitFor({ state: "detached" });
    await open();
    const first = drawer().locator('[data-version="1"]');
    await drawer().locator('[data-version="4"]').getByText("Sam Supervisor", { exact: false }).waitFor();
    await first.getByText("{{severity}} : {{title}}").waitFor();
    await first.getByRole("button", { name: "Take into the form" }).click();
    assert.equal(await drawer().getByLabel("Subject").inputValue(), "{{severity}} : {{title}}");
    await drawer().getByRole("button", { name: "Save" }).click();
    await drawer().waitFor({ state: "detached" });
    assert.equal((await kept())[0].version, 5);
    await open();
    await drawer().getByRole("button", { name: "Back to standard" }).click();
    const question = page.getByRole("dialog", { name: "Go back to the standard words?" });
    await question.getByRole("button", { name: "Back to standard" }).click();
    await page.locator("tbody tr", { hasText: "A customer reports an emergency" }).getByText("Out of use").waitFor();
    assert.equal((await kept())[0].enabled, false);
    // Taken back into use.
    await open();
    await drawer().getByLabel("In use").check();
    await drawer().getByRole("button", { name: "Save" }).click();
    await drawer().waitFor({ state: "detached" });
    assert.equal((await kept())[0].enabled, true);
  });
});
