// Automations and macros, their log and the way back; what is kept how long, and the archive.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { expectAccessible } from "./accessibility.mjs";
import { MAYA, PRIYA, RUTH, bubble, enter, eventually, row, signIn } from "./harness.mjs";
import { work } from "./suite.mjs";

describe("automations, macros and retention", () => {
  let server;
  let browser;
  let page;
  let ask;
  work({ role: "admin", path: "/app/admin/macros", expected: [/400 \(Bad Request\)/] }, (there) => ({ server, browser, page, ask } = there));

  const drawer = () => page.getByRole("dialog");
  const cells = (text) => page.locator("tbody tr", { hasText: text });

  it("a macro is made with the keyboard, and what it lacks is said beside the field", async () => {
    await page.getByText("Nothing here yet").waitFor();
    await page.getByRole("button", { name: "New macro" }).press("Enter");
    await drawer().getByLabel("Name").fill("Promise a refund");
    await drawer().getByRole("button", { name: "Create" }).press("Enter");
    const first = drawer().getByRole("group", { name: "Action 1" });
    await first.getByText("must have 1 to 20 tags").waitFor();
    await first.getByLabel("Tags").fill("Refund");
    await page.keyboard.press("Enter");
    await drawer().getByRole("button", { name: "Add an action" }).press("Enter");
    const second = drawer().getByRole("group", { name: "Action 2" });
    await second.getByLabel("What it does").selectOption({ label: "Set the priority" });
    await second.getByLabel("Priority").selectOption("high");
    await drawer().getByRole("button", { name: "Create" }).press("Enter");
    await drawer().waitFor({ state: "detached" });
    await cells("Promise a refund").getByText("Add tags · Set the priority").waitFor();
  });

  it("an agent runs a macro with M and from the palette, and takes it back", async () => {
    const context = await browser.profile();
    const agent = await context.newPage();
    await server.say(RUTH.address, "sms", "I would like my money back.");
    await signIn(agent, server, "supervisor");
    await row(agent, RUTH.name).click();
    await agent.getByRole("button", { name: "Take", exact: true }).first().click();
    await agent.getByPlaceholder(/^Reply to/).waitFor();
    await agent.locator("#main").focus();
    await agent.keyboard.press("m");
    const dialog = agent.getByRole("dialog", { name: "Macros" });
    await dialog.getByRole("combobox").fill("refund");
    await dialog.getByRole("option", { name: /Promise a refund/ }).waitFor();
    await expectAccessible(agent, "the macros of a conversation");
    await agent.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    const tag = agent.getByRole("button", { name: "Remove the tag refund" });
    await tag.waitFor();
    await agent.getByRole("button", { name: "Undo" }).click();
    await tag.waitFor({ state: "detached" });

    await agent.keyboard.press("Control+k");
    await agent.getByRole("dialog").getByRole("combobox").fill("macro: promise");
    await agent.getByRole("option", { name: /Macro: Promise a refund/ }).waitFor();
    await agent.keyboard.press("Enter");
    await tag.waitFor();
    await context.close();
  });

  it("the log shows each run with its steps, and takes one back", async () => {
    await page.goto(`${server.url}/app/admin/automation-runs`);
    await cells("Promise a refund").first().waitFor();
    assert.equal(await cells("Taken back").count(), 1);
    await cells("Promise a refund").first().getByRole("button").click();
    await drawer().locator('[data-step="tag"]').getByText("Done").waitFor();
    await drawer().getByRole("button", { name: "Take it back" }).click();
    await eventually(async () => assert.equal(await cells("Taken back").count(), 2));
    await page.getByLabel("Outcome").selectOption("stopped");
    await page.getByText("No run matches").waitFor();
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await cells("Promise a refund").first().waitFor();
  });

  it("an automation is tried before it is saved, answers by itself when it is in use, and no more when it is off", async () => {
    await page.goto(`${server.url}/app/admin/automations/new`);
    await drawer().getByLabel("Name").fill("Thanks for invoices");
    await drawer().getByLabel("One of these words").fill("invoice");
    await page.keyboard.press("Enter");
    const action = drawer().getByRole("group", { name: "Action 1" });
    await action.getByLabel("What it does").selectOption({ label: "Answer" });
    await action.getByLabel("Text").fill("Thank you. We look into the invoice.");
    const test = drawer().getByRole("region", { name: "Try it" });
    await test.getByLabel("What is written").fill("Good morning");
    await test.getByRole("button", { name: "Try", exact: true }).click();
    await test.locator('[data-dry-run="fails"]').getByText("Does not hold: One of these words").waitFor();
    await test.getByLabel("What is written").fill("Where is my INVOICE?");
    await test.getByRole("button", { name: "Try", exact: true }).click();
    await test.locator('[data-dry-run="holds"]').getByText("It would do: Answer").waitFor();
    await drawer().getByRole("button", { name: "Create" }).click();
    await drawer().waitFor({ state: "detached" });

    await server.say(PRIYA.address, "sms", "My invoice is wrong.");
    await eventually(async () => assert.match(JSON.stringify(await server.phone(PRIYA.address, "sms")), /We look into the invoice/));
    await cells("Thanks for invoices").getByRole("button").click();
    await drawer().getByLabel("In use").uncheck();
    await drawer().getByRole("button", { name: "Save" }).click();
    await cells("Thanks for invoices").getByText("Out of use").waitFor();
  });

  it("what is due is counted without touching anything, and a run is asked about before it begins", async () => {
    await page.goto(`${server.url}/app/admin/retention`);
    await page.getByRole("button", { name: "Count what is due: What was said" }).click();
    await page.locator("tbody tr", { hasText: "Only counted" }).getByText("Nothing is due").waitFor();
    await page.getByRole("button", { name: "Begin now: Automation log" }).click();
    await drawer().getByText("It cannot be brought back.").waitFor();
    await drawer().getByRole("button", { name: "Begin now" }).click();
    await cells("For real").getByText("Done").waitFor();
    const auditor = await (await browser.profile()).newPage();
    await enter(auditor, server, "supervisor", "/app/admin/retention");
    await auditor.locator('[data-policy="messages"]').waitFor();
    assert.equal(await auditor.getByRole("button", { name: /Begin now/ }).count(), 0);
    await auditor.context().close();
  });

  it("what lies in the archive is read in its place", async () => {
    await server.say(MAYA.address, "whatsapp", "This will be archived.");
    const [conversation] = (await eventually(async () => {
      const { data } = await ask("/api/v1/conversations?q=archived");
      assert.ok(data.length > 0);
      return { data };
    })).data;
    const made = { metadata: { archived: true }, content: { type: "text", text: null, media_url: null, metadata: {} } };
    await page.route(`**/conversations/${conversation.id}/messages?**`, async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      await route.fulfill({ json: { ...body, data: body.data.map((one) => ({ ...one, ...made })) } });
    });
    const { data } = await ask(`/api/v1/conversations/${conversation.id}/messages?before_seq=1000`);
    await page.route(`**/conversations/${conversation.id}/archive`, (route) => route.fulfill({ json: { conversation_id: conversation.id, archived_at: new Date().toISOString(), messages: data } }));
    await page.goto(`${server.url}/app/inbox/all/${conversation.id}`);
    await page.getByText("What was said lies in the archive.").waitFor();
    await page.getByRole("button", { name: "Read it here" }).click();
    await bubble(page, "This will be archived.").waitFor();
    await page.getByText("What was said lies in the archive.").waitFor({ state: "detached" });
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });
});
