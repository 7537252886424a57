// What an assistant did and proposes, inside the conversation: its calls, the card of a draft, and a decision taken elsewhere.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { expectAccessible } from "./accessibility.mjs";
import { caller, enter, eventually, row } from "./harness.mjs";
import { work } from "./suite.mjs";

/** Who writes to the number that the demo's assistant answers. */
const NORA = { name: "+15550101007", address: "+15550101007" };

describe("assistant cards", () => {
  let server;
  let browser;
  let page;
  work({ role: "supervisor", path: "/app/inbox/all", expected: [/400 \(Bad Request\)/, /409 \(Conflict\)/] }, (there) => ({ server, browser, page } = there));

  const card = (who = page) => who.locator("[data-draft]").last();
  const calls = (who = page) => who.locator("[data-tool-calls]").last();
  const state = (wanted, who = page) => eventually(async () => assert.equal(await card(who).getAttribute("data-state"), wanted), 60_000);

  async function language(account, name) {
    await page.getByRole("button", { name: account }).click();
    await page.getByRole("menuitemradio", { name }).click();
  }

  /** The newest code the customer was asked to answer with. */
  async function code(before = null) {
    return eventually(async () => {
      const { thread } = await server.phone(NORA.address, "sms");
      const found = thread.filter((message) => message.from === "business").map((message) => /CONFIRM-\w{8}/.exec(message.text ?? "")?.[0]).findLast(Boolean);
      assert.ok(found !== undefined && found !== before, "the customer was not asked");
      return found;
    }, 60_000);
  }

  let first;

  it("a proposal shows what it is, what it costs and whom it waits for, live, and the calls that led to it", async () => {
    await server.say(NORA.address, "sms", "Hello, I want to order brake pads for 1500.00");
    await row(page, NORA.name).first().click();
    await page.getByRole("heading", { name: NORA.name, level: 1 }).waitFor();
    first = await code();
    await state("AWAITING_CUSTOMER");
    await card().getByText("Proposal: Create transaction draft").waitFor();
    await card().getByText("Waits for the customer").waitFor();
    await card().getByText("1500.00", { exact: false }).first().waitFor();
    await card().getByText("Expires", { exact: false }).waitFor();
    assert.equal(await card().getByRole("button", { name: "Approve" }).count(), 0, "nobody decides before the customer");
    await calls().getByRole("button", { name: /Assistant, \d+ tool calls?/ }).click();
    const call = page.locator('[data-tool="create_transaction_draft"]').first();
    await call.getByText("allowed").waitFor();
    await call.getByText("Given").click();
    await call.locator("pre").first().getByText("1500", { exact: false }).waitFor();
    await expectAccessible(page, "the card of a draft and its calls");
  });

  it("in French it says the same", async () => {
    await language("Your account", "Français");
    await card().getByText("Attend le client").waitFor();
    await card().getByText("Proposition\u00a0:", { exact: false }).or(card().getByText("Proposition :", { exact: false })).first().waitFor();
    await page.getByText(/appels? d’outil/).first().waitFor();
    assert.equal(await card().getByText("Waits for", { exact: false }).count(), 0);
    await language("Votre compte", "English");
  });

  it("once the customer has agreed it waits for a person; a decision taken elsewhere shows without a reload", async () => {
    await server.say(NORA.address, "sms", `yes ${first}`);
    await state("AWAITING_HUMAN");
    await card().getByRole("button", { name: "Approve" }).waitFor();
    await expectAccessible(page, "a draft that waits for a person");
    const seller = await (await browser.profile()).newPage();
    await enter(seller, server, "support_agent", "/app/inbox/all");
    await seller.goto(page.url());
    await state("AWAITING_HUMAN", seller);
    await card(seller).getByText("A supervisor or an admin decides.").waitFor();
    assert.equal(await card(seller).getByRole("button", { name: "Approve" }).count(), 0);
    const admin = await caller(server, "admin");
    const id = await card().getAttribute("data-draft");
    const held = await admin(`/api/v1/drafts/${id}`);
    await admin(`/api/v1/drafts/${id}/approve`, { payload_hash: held.payload_hash, reason: "The stock is there" });
    for (const who of [page, seller]) {
      await state("COMMITTED", who);
      await card(who).getByText("Carried out").waitFor();
      await card(who).getByText("“The stock is there”", { exact: false }).waitFor();
      await card(who).getByText("Reference TXN-", { exact: false }).waitFor();
      assert.equal(await card(who).getByRole("button", { name: "Approve" }).count(), 0);
    }
    await seller.context().close();
  });

  it("a no is said here with a reason; without one the card says so and nothing is decided", async () => {
    await server.say(NORA.address, "sms", "I want to order tires for 2000");
    const second = await code(first);
    await server.say(NORA.address, "sms", second);
    await eventually(async () => assert.equal(await page.locator("[data-draft]").count(), 2), 60_000);
    await state("AWAITING_HUMAN");
    await card().getByRole("button", { name: "Reject" }).click();
    await card().getByText("Say why.").waitFor();
    await state("AWAITING_HUMAN");
    await card().getByLabel("Reason").fill("Not in stock");
    await card().getByRole("button", { name: "Reject" }).click();
    await state("REJECTED");
    await card().getByText("“Not in stock”", { exact: false }).waitFor();
    const { thread } = await eventually(async () => {
      const phone = await server.phone(NORA.address, "sms");
      assert.ok(phone.thread.some((message) => message.from === "business" && /did not agree/.test(message.text ?? "")), "the customer is not told");
      return phone;
    }, 60_000);
    assert.ok(thread.length > 0);
  });
});
