// How tickets rank, tried before there is one and seen on it: lines 83 and 87 of the acceptance list.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MAYA, RUTH, row } from "./harness.mjs";
import { work } from "./suite.mjs";

const MESSAGE = "Hello, the Honda on lot 4 needs an engine repair, please";

describe("ranking", () => {
  let server;
  let page;
  let ask;
  work({ role: "admin", path: "/app/admin/ranking-rules", expected: [/400 \(Bad Request\)/, /409 \(Conflict\)/, /422/] }, async (there) => {
    ({ server, page, ask } = there);
    const account = await ask("/api/v1/accounts", { name: "North Motors", profile: "dealership" });
    const place = { address1: "1 Main Street", city: "Halifax", country: "CA" };
    const site = await ask("/api/v1/sites", { account_id: account.id, name: "North yard", ...place, timezone: "America/Halifax", bill_to: { name: "North Motors", ...place } });
    await ask("/api/v1/services", { code: "ENGINE", name: "Engine repair", base_price_cents: 90_000, currency: account.currency });
    await ask("/api/v1/assets", { account_id: account.id, site_id: site.id, kind: "vehicle", make: "Audi", model: "Q5", stock_no: "A-7" });
    // The list names sites and services, and keeps their names for a minute.
    await page.reload();
  });

  const drawer = () => page.getByRole("dialog");

  /** A conversation becomes a ticket of the dealer; answers with it as it is stored. */
  async function ticketOf(name, fill) {
    await page.goto(`${server.url}/app/inbox/all`);
    await row(page, name).first().click();
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    await page.keyboard.press("c");
    await drawer().getByLabel("Account").selectOption({ label: "North Motors" });
    await drawer().getByLabel("Site", { exact: true }).selectOption({ label: "North yard" });
    await fill(drawer());
    await drawer().getByRole("button", { name: "Make the ticket" }).click();
    await drawer().waitFor({ state: "detached" });
    await page.locator("[data-ticket]").last().click();
    await page.locator("[data-ticket-open]").waitFor();
    const id = await page.locator("[data-ticket-open]").getAttribute("data-ticket-open");
    return (await ask(`/ux/dispatcher/cockpit?ticket_id=${id}`)).selected_ticket.ticket;
  }

  it("83: a ranking rule is tried on a pasted message, alone and with the others, and a ticket made of that SMS gets the same urgency and score", async () => {
    await page.getByRole("button", { name: "New rule" }).click();
    await drawer().getByLabel("Description").fill("Engines of North Motors");
    const alone = drawer().getByRole("region", { name: "Try this rule" });
    await alone.getByLabel("What the customer writes").fill(MESSAGE);
    await alone.getByLabel("Site of the ticket").selectOption({ label: "North yard" });
    await alone.getByRole("button", { name: "Try", exact: true }).click();
    await alone.getByRole("alert").waitFor();
    await drawer().getByLabel("Site", { exact: true }).selectOption({ label: "North yard" });
    await drawer().getByLabel("Service", { exact: true }).selectOption({ label: "Engine repair" });
    await drawer().getByLabel("Raises the urgency to").selectOption("CRITICAL");
    await drawer().getByLabel("Score").fill("15");
    await alone.getByRole("button", { name: "Try", exact: true }).click();
    await alone.locator('[data-dry-run="matched"] [data-score="20"]').waitFor();
    await drawer().getByRole("button", { name: "Create" }).click();
    await drawer().waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Try a message" }).click();
    await drawer().getByLabel("What the customer writes").fill(MESSAGE);
    await drawer().getByLabel("Site of the ticket").selectOption({ label: "Harbor Tower" });
    await drawer().getByRole("button", { name: "Try", exact: true }).click();
    await drawer().locator('[data-dry-run="none"] [data-urgency="MEDIUM"]').waitFor();
    await drawer().getByLabel("Site of the ticket").selectOption({ label: "North yard" });
    await drawer().getByRole("button", { name: "Try", exact: true }).click();
    const answer = drawer().locator('[data-dry-run="matched"]');
    await answer.locator('[data-rule="Engines of North Motors"]').getByText("→ Critical, +15").waitFor();
    await answer.getByText("Medium → Critical").waitFor();
    await answer.getByText("Engine repair", { exact: true }).waitFor();
    const said = { urgency: await answer.locator("[data-urgency]").getAttribute("data-urgency"), score: await answer.locator("[data-score]").innerText() };
    await page.keyboard.press("Escape");

    await server.say(RUTH.address, "sms", MESSAGE);
    const ticket = await ticketOf(RUTH.name, async (dialog) => {
      await dialog.getByLabel("Services").selectOption({ label: "Engine repair" });
    });
    assert.deepEqual([ticket.urgency, String(ticket.ranking_score), ticket.applied_rules], [said.urgency, said.score, ["Engines of North Motors"]]);
    const shown = page.locator("[data-ranking]");
    await shown.getByText("Critical").waitFor();
    assert.equal(await shown.locator("[data-score]").innerText(), said.score);
    await shown.locator('[data-rule="Engines of North Motors"]').waitFor();
    assert.equal(await page.locator("[data-review]").count(), 0);
  });

  it("87: a flagged make needs a person's look before it is sent out, and the ticket names the rule that asked, in both languages", async () => {
    await server.say(MAYA.address, "whatsapp", "The Q5 does not start any more");
    const ticket = await ticketOf(MAYA.name, async (dialog) => {
      await dialog.getByLabel("Vehicle or equipment").selectOption({ label: "Audi Q5 A-7" });
    });
    assert.deepEqual([ticket.review_required, ticket.review_reasons], [true, ["AUDI_RULE"]]);
    const note = page.locator('[data-review="needed"]');
    await note.getByText("Needs a person’s look before it is sent out").waitFor();
    await note.locator('[data-reason="AUDI_RULE"]').getByText("This make always needs a person’s look. Asked for by the rule “Escalated make (Audi)”.").waitFor();
    for (const rule of ["Premium make (Audi)", "Escalated make (Audi)"]) await page.locator("[data-ranking]").getByText(rule, { exact: true }).waitFor();

    // It is not sent out before somebody has looked, whatever else is ready.
    await ask(`/tickets/${ticket.id}/triage`, { incident_type: "VEHICLE_SERVICE", priority: "EMERGENCY", workflow_outcome: "READY_TO_SCHEDULE" });
    const dispatch = page.locator('[data-action="dispatch"]');
    assert.equal(await dispatch.getAttribute("aria-disabled"), "true");
    await dispatch.focus();
    await page.keyboard.press("Enter");
    await page.locator('[data-why="dispatch"]').getByText("a person has to review the ticket first").waitFor();

    await language("Your account", "Français");
    await note.getByText("Doit être vu par une personne avant l’envoi").waitFor();
    await note.getByText("Demandé par la règle «\u00a0Marque escaladée (Audi)\u00a0».", { exact: false }).waitFor();
    await language("Votre compte", "English");

    await page.locator('[data-action="release_review"]').click();
    await drawer().getByLabel("Note").fill("Looked at with the dealer");
    await drawer().getByRole("button", { name: "Release from review" }).click();
    await drawer().waitFor({ state: "detached" });
    await page.locator('[data-review="done"]').getByText("A person has looked at it").waitFor();
  });

  async function language(account, name) {
    await page.getByRole("button", { name: account }).click();
    await page.getByRole("menuitemradio", { name }).click();
  }
});
