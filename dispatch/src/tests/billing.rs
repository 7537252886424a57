use axum::http::StatusCode;
use patchbay_core::Ctx;
use patchbay_core::catalog::ServiceStatus;
use patchbay_core::ids::{ServiceId, TicketId};
use patchbay_core::ticket::{Command, InvoiceState, Ticket, TicketState};
use patchbay_store::services::{self, ServiceRow};
use patchbay_store::ticket_services::{self, NewLine};
use patchbay_store::{accounts, invoices, sites, tickets};
use serde_json::{Value, json};

use super::{App, both_engines, some_id};
use crate::config::Config;
use crate::effect::billing;
use crate::error::CommandError;
use crate::work::Asked;

both_engines! {
    verified_work_is_invoiced_once;
    everything_that_stands_against_an_invoice_is_named;
    lines_by_hand_count_instead_of_the_drafts;
    the_limit_and_an_open_decision_stand_against_an_invoice;
    a_ticket_that_is_not_billable_gets_no_invoice;
    an_invoice_is_taken_back_and_drafted_again;
    a_paid_invoice_stays;
    calling_the_work_off_takes_a_draft_back;
    an_invoice_is_shown_to_those_who_work_with_money;
    work_in_quebec_is_taxed_twice;
    an_accounting_system_must_know_account_and_services;
}

/// A ticket in `state`, as the commands before would have left it.
async fn ticket_in(app: &App, state: TicketState) -> Ticket {
    let made = app.post(&app.token("dispatcher"), "/tickets", some_id(), &app.request()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let id: TicketId = made.json()["id"].as_str().expect("an id").parse().expect("a UUID");
    let mut tx = app.db.begin().await.expect("begins");
    let before = tickets::lock(&mut tx, id).await.expect("reads").expect("is there");
    let ticket = Ticket { state, nte_cents: 0, version: before.version + 1, ..before };
    tickets::update(&mut tx, &ticket).await.expect("writes");
    tx.commit().await.expect("commits");
    ticket
}

/// Writes a ticket past the commands.
async fn rewrite(app: &App, ticket: Ticket) -> Ticket {
    let mut tx = app.db.begin().await.expect("begins");
    let ticket = Ticket { version: ticket.version + 1, ..ticket };
    tickets::update(&mut tx, &ticket).await.expect("writes");
    tx.commit().await.expect("commits");
    ticket
}

/// A service of 90.00 and two and a half of it on the ticket.
async fn work_on(app: &App, ticket: &Ticket) -> ServiceId {
    let (id, now) = (ServiceId::new(), app.now());
    let service = ServiceRow {
        id,
        code: format!("LATCH-{}", id.0.simple()),
        name: "Adjust a latch".into(),
        base_price_cents: 9_000,
        currency: "USD".into(),
        requires_approval: false,
        category: None,
        skill_key: None,
        default_duration_min: None,
        status: ServiceStatus::Active,
        qb_item_id: None,
        tax_code: Some("GST".into()),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut tx = app.db.begin().await.expect("begins");
    services::insert(&mut tx, &service).await.expect("a service");
    let line = NewLine { service_id: id, qty_hundredths: 250, unit_price_cents: 9_000 };
    ticket_services::replace(&mut tx, ticket.id, &[line], now).await.expect("a line");
    tx.commit().await.expect("commits");
    id
}

async fn bill_to(app: &App, bill_to: Option<Value>, region: Option<&str>) {
    let mut tx = app.db.begin().await.expect("begins");
    let mut site = sites::by_id(&mut tx, app.site).await.expect("reads").expect("is there");
    site.bill_to = bill_to;
    site.region = region.map(str::to_owned);
    sites::update(&mut tx, &site).await.expect("writes");
    tx.commit().await.expect("commits");
}

fn payer() -> Value {
    json!({"name": "Northside", "address1": "1 Main Street", "city": "Toronto", "country": "CA"})
}

/// Drafts the invoice as the end of the work does.
async fn draft(app: &App, ticket: Ticket, config: Config) -> Ticket {
    let ctx = Ctx::system(app.now(), "c");
    let (evidence, seen) = (crate::EvidenceRules::default(), crate::evidence::Seen::default());
    let asked = Asked {
        ctx: &ctx,
        row: Command::Complete.row(),
        tool: None,
        config: &config,
        evidence: &evidence,
        seen: &seen,
    };
    let mut tx = app.db.begin().await.expect("begins");
    let invoice_state = billing::draft(&mut tx, asked, &ticket).await.expect("a draft");
    tx.commit().await.expect("commits");
    rewrite(app, Ticket { invoice_state, ..ticket }).await
}

async fn void(app: &App, ticket: &Ticket) -> Result<InvoiceState, CommandError> {
    let mut tx = app.db.begin().await.expect("begins");
    let voided = billing::void(&mut tx, &Ctx::system(app.now(), "c"), ticket).await;
    tx.commit().await.expect("commits");
    voided
}

fn path(ticket: &Ticket) -> String {
    format!("/tickets/{}/billing/generate-invoice", ticket.id)
}

async fn shown(app: &App, ticket: &Ticket) -> Value {
    let answer = app.get(&app.token("finance"), &format!("/tickets/{}/invoice", ticket.id)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

fn blockers(body: &Value) -> Vec<&str> {
    body.as_array().expect("a list").iter().filter_map(|blocker| blocker["code"].as_str()).collect()
}

async fn verified_work_is_invoiced_once(app: App) {
    bill_to(&app, Some(payer()), Some("ON")).await;
    let ticket = ticket_in(&app, TicketState::Verified).await;
    let service = work_on(&app, &ticket).await;
    let ticket = draft(&app, ticket, Config::default()).await;
    let before = shown(&app, &ticket).await;
    assert_eq!(before["state"], "PENDING_APPROVAL");
    assert_eq!(before["blockers"], json!([]));
    assert_eq!(before["payment_status"], Value::Null);
    let line = json!({
        "service_id": service, "description": "Adjust a latch", "qty": 2.5, "unit_price_cents": 9_000,
        "amount_cents": 22_500, "tax_code": "GST", "tax_rate_millipercent": 5_000, "tax_cents": 1_125,
    });
    assert_eq!(before["lines"], json!([line]));
    assert_eq!((&before["subtotal_cents"], &before["total_cents"]), (&json!(22_500), &json!(23_625)));

    let (finance, key) = (app.token("finance"), some_id());
    let made = app.post(&finance, &path(&ticket), key, &json!({"memo": "Thank you"})).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let body = made.json();
    assert_eq!((&body["state"], &body["invoice_state"]), (&json!("INVOICED"), &json!("APPROVED")));
    assert_eq!(body["version"], ticket.version + 1);
    let invoice = &body["invoice"];
    assert_eq!((&invoice["state"], &invoice["payment_status"]), (&json!("APPROVED"), &json!("UNPAID")));
    assert_eq!((&invoice["approved_by_role"], &invoice["memo"]), (&json!("finance"), &json!("Thank you")));
    assert_eq!((&invoice["terms"], &invoice["due_on"]), (&json!("NET_15"), &json!("2026-01-20")));
    assert_eq!(invoice["bill_to"]["name"], "Northside");
    assert_eq!(shown(&app, &ticket).await, *invoice);

    let again = app.post(&finance, &path(&ticket), key, &json!({"memo": "Thank you"})).await;
    assert_eq!((again.status, again.text), (StatusCode::OK, made.text));
    let second = app.post(&finance, &path(&ticket), some_id(), &json!({})).await;
    assert_eq!((second.status, second.code().as_str()), (StatusCode::CONFLICT, "INVALID_STATE_TRANSITION"));
    app.clock.advance(std::time::Duration::from_hours(16 * 24));
    assert_eq!(shown(&app, &ticket).await["payment_status"], "OVERDUE");
}

async fn everything_that_stands_against_an_invoice_is_named(app: App) {
    let ticket = ticket_in(&app, TicketState::Verified).await;
    let ticket = draft(&app, ticket, Config::default()).await;
    let expected = ["BILL_TO_NAME_MISSING", "BILL_TO_ADDRESS_MISSING", "NO_BILLABLE_LINES"];
    assert_eq!(blockers(&shown(&app, &ticket).await["blockers"]), expected);
    let refused = app.post(&app.token("admin"), &path(&ticket), some_id(), &json!({})).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "INVOICE_BLOCKED"));
    let error = &refused.json()["error"];
    assert_eq!(blockers(&error["blockers"]), expected);
    assert_eq!(error["policy_error"]["dimension"], "billing");
    let read = app.get(&app.token("admin"), &format!("/tickets/{}", ticket.id)).await.json();
    assert_eq!((&read["state"], &read["version"]), (&json!("VERIFIED"), &json!(ticket.version)));
    assert_eq!(shown(&app, &ticket).await["state"], "PENDING_APPROVAL");

    // The account can say who pays when the site does not.
    let mut tx = app.db.begin().await.expect("begins");
    let mut account = accounts::by_id(&mut tx, app.account).await.expect("reads").expect("is there");
    account.settings = json!({"bill_to": payer(), "payment_terms": "NET_30"});
    accounts::update(&mut tx, &account).await.expect("writes");
    tx.commit().await.expect("commits");
    let seen = shown(&app, &ticket).await;
    assert_eq!(blockers(&seen["blockers"]), ["NO_BILLABLE_LINES"]);
    assert_eq!(seen["terms"], "NET_30");
}

async fn lines_by_hand_count_instead_of_the_drafts(app: App) {
    bill_to(&app, Some(payer()), None).await;
    let ticket = ticket_in(&app, TicketState::Verified).await;
    work_on(&app, &ticket).await;
    let ticket = draft(&app, ticket, Config::default()).await;
    let bad = json!({"lines_override": [
        {"description": "Nothing", "qty": 0, "unit_price_cents": 5, "tax_code": "CUSTOM"},
        {"description": "A gift", "qty": 1, "unit_price_cents": 0},
    ]});
    let refused = app.post(&app.token("finance"), &path(&ticket), some_id(), &bad).await;
    assert_eq!(refused.code(), "INVOICE_BLOCKED");
    let expected = json!([
        {"code": "LINE_QUANTITY_NOT_POSITIVE", "line": 1},
        {"code": "TAX_CODE_INVALID", "line": 1},
        {"code": "LINE_PRICE_NOT_POSITIVE", "line": 2},
    ]);
    assert_eq!(refused.json()["error"]["blockers"], expected);
    assert_eq!(shown(&app, &ticket).await["lines"].as_array().map(Vec::len), Some(1));

    let good = json!({"lines_override": [
        {"description": "Latch", "qty": 1.5, "unit_price_cents": 333, "tax_code": "CUSTOM", "tax_rate_millipercent": 13_000},
        {"description": "Travel", "qty": 1, "unit_price_cents": 1_000},
    ]});
    let made = app.post(&app.token("finance"), &path(&ticket), some_id(), &good).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let invoice = made.json()["invoice"].clone();
    assert_eq!((&invoice["subtotal_cents"], &invoice["tax_cents"]), (&json!(1_500), &json!(65)));
    assert_eq!(invoice["lines"][1]["tax_code"], "EXEMPT");
    assert_eq!(shown(&app, &ticket).await, invoice);
}

async fn the_limit_and_an_open_decision_stand_against_an_invoice(app: App) {
    bill_to(&app, Some(payer()), None).await;
    let ticket = ticket_in(&app, TicketState::Verified).await;
    work_on(&app, &ticket).await;
    let ticket = rewrite(&app, Ticket { nte_cents: 23_624, ..ticket }).await;
    let ticket = draft(&app, ticket, Config::default()).await;
    let refused = app.post(&app.token("finance"), &path(&ticket), some_id(), &json!({})).await;
    assert_eq!(blockers(&refused.json()["error"]["blockers"]), ["TOTAL_ABOVE_NTE"]);
    let ticket = rewrite(&app, Ticket { nte_cents: 23_625, ..ticket }).await;
    let made = app.post(&app.token("finance"), &path(&ticket), some_id(), &json!({})).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
}

async fn a_ticket_that_is_not_billable_gets_no_invoice(app: App) {
    let ticket = ticket_in(&app, TicketState::Verified).await;
    let mut tx = app.db.begin().await.expect("begins");
    let ticket = Ticket { billable: false, version: ticket.version + 1, ..ticket };
    tickets::update(&mut tx, &ticket).await.expect("writes");
    tx.commit().await.expect("commits");
    let ticket = draft(&app, ticket, Config::default()).await;
    assert_eq!(ticket.invoice_state, InvoiceState::NotStarted);
    let refused = app.post(&app.token("finance"), &path(&ticket), some_id(), &json!({})).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "INVOICE_STATE_CONFLICT"));
    let none = app.get(&app.token("finance"), &format!("/tickets/{}/invoice", ticket.id)).await;
    assert_eq!((none.status, none.code().as_str()), (StatusCode::NOT_FOUND, "NOT_FOUND"));
}

async fn an_invoice_is_taken_back_and_drafted_again(app: App) {
    bill_to(&app, Some(payer()), None).await;
    let ticket = ticket_in(&app, TicketState::Verified).await;
    work_on(&app, &ticket).await;
    let ticket = draft(&app, ticket, Config::default()).await;
    let first = shown(&app, &ticket).await["id"].clone();
    // Quality sent the work back: the draft is written anew in its place.
    let ticket = draft(&app, ticket, Config::default()).await;
    assert_eq!(shown(&app, &ticket).await["id"], first);
    app.post(&app.token("finance"), &path(&ticket), some_id(), &json!({})).await;
    assert_eq!(void(&app, &ticket).await.expect("it is not paid"), InvoiceState::Voided);
    let voided = shown(&app, &ticket).await;
    assert_eq!((&voided["id"], &voided["state"]), (&first, &json!("VOIDED")));
    assert!(voided["voided_at"].is_string());
    let mut tx = app.db.begin().await.expect("begins");
    let invoiced = tickets::lock(&mut tx, ticket.id).await.expect("reads").expect("is there");
    tx.rollback().await.expect("rolls back");
    let ticket = rewrite(&app, Ticket { state: TicketState::Verified, ..invoiced }).await;
    let ticket = draft(&app, ticket, Config::default()).await;
    let second = shown(&app, &ticket).await;
    assert_ne!(second["id"], first);
    assert_eq!(second["state"], "PENDING_APPROVAL");
    let made = app.post(&app.token("finance"), &path(&ticket), some_id(), &json!({})).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
}

async fn a_paid_invoice_stays(app: App) {
    bill_to(&app, Some(payer()), None).await;
    let ticket = ticket_in(&app, TicketState::Verified).await;
    work_on(&app, &ticket).await;
    let ticket = draft(&app, ticket, Config::default()).await;
    app.post(&app.token("finance"), &path(&ticket), some_id(), &json!({})).await;
    let mut tx = app.db.begin().await.expect("begins");
    let mut row = invoices::newest(&mut tx, ticket.id).await.expect("reads").expect("is there");
    row.paid_at = Some(app.now());
    invoices::update(&mut tx, &row).await.expect("writes");
    tx.commit().await.expect("commits");
    let Err(CommandError::Refused(refusal)) = void(&app, &ticket).await else {
        panic!("a paid invoice was taken back")
    };
    assert_eq!(refusal.code.as_str(), "INVOICE_STATE_CONFLICT");
    assert_eq!(shown(&app, &ticket).await["payment_status"], "PAID");
}

async fn calling_the_work_off_takes_a_draft_back(app: App) {
    let ticket = ticket_in(&app, TicketState::InProgress).await;
    let ticket = draft(&app, ticket, Config::default()).await;
    let cancel = format!("/tickets/{}/cancel", ticket.id);
    let answer = app.post(&app.token("dispatcher"), &cancel, some_id(), &json!({"reason": "No longer needed"})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["invoice_state"], "VOIDED");
    assert_eq!(shown(&app, &ticket).await["state"], "VOIDED");
}

async fn an_invoice_is_shown_to_those_who_work_with_money(app: App) {
    let ticket = ticket_in(&app, TicketState::Verified).await;
    let ticket = draft(&app, ticket, Config::default()).await;
    let read = format!("/tickets/{}/invoice", ticket.id);
    for role in ["finance", "admin", "dispatcher", "supervisor", "auditor"] {
        assert_eq!(app.get(&app.token(role), &read).await.status, StatusCode::OK, "{role}");
    }
    for role in ["qa", "approver", "support_agent", "customer", "ai_agent"] {
        assert_eq!(app.get(&app.token(role), &read).await.code(), "FORBIDDEN", "{role}");
    }
    for role in ["dispatcher", "supervisor", "qa", "approver", "auditor"] {
        let refused = app.post(&app.token(role), &path(&ticket), some_id(), &json!({})).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{role}");
    }
}

async fn work_in_quebec_is_taxed_twice(app: App) {
    bill_to(&app, Some(payer()), Some("QC")).await;
    let ticket = ticket_in(&app, TicketState::Verified).await;
    work_on(&app, &ticket).await;
    let ticket = draft(&app, ticket, Config::default()).await;
    let seen = shown(&app, &ticket).await;
    assert_eq!(seen["lines"][0]["tax_code"], "GST_QST");
    // 14.975 % of 225.00 is 33.69375.
    assert_eq!((&seen["tax_cents"], &seen["total_cents"]), (&json!(3_369), &json!(25_869)));
}

async fn an_accounting_system_must_know_account_and_services(app: App) {
    let on = Config { accounting: true, ..Config::default() };
    bill_to(&app, Some(payer()), None).await;
    let ticket = ticket_in(&app, TicketState::Verified).await;
    let service = work_on(&app, &ticket).await;
    let ticket = draft(&app, ticket, on).await;
    let with = app.with_settings(on);
    let refused = with.post(&with.token("finance"), &path(&ticket), some_id(), &json!({})).await;
    assert_eq!(blockers(&refused.json()["error"]["blockers"]), ["ITEM_MAPPING_MISSING", "CUSTOMER_MAPPING_MISSING"]);
    let mut tx = with.db.begin().await.expect("begins");
    let mut account = accounts::by_id(&mut tx, with.account).await.expect("reads").expect("is there");
    account.qb_customer_id = Some("58".into());
    accounts::update(&mut tx, &account).await.expect("writes");
    let mut row = services::by_id(&mut tx, service).await.expect("reads").expect("is there");
    row.qb_item_id = Some("7".into());
    services::update(&mut tx, &row).await.expect("writes");
    tx.commit().await.expect("commits");
    let made = with.post(&with.token("finance"), &path(&ticket), some_id(), &json!({})).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
}
