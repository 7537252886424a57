//! What holds for every ticket at any time. Source: domain, invariants.

use patchbay_core::audit::Outcome;
use patchbay_core::ids::TicketId;
use patchbay_core::role::{ActorType, Role};
use patchbay_core::ticket::words::QaResult;
use patchbay_core::ticket::{Command, InvoiceState, Ticket, TicketState as S};
use patchbay_store::{approvals, audit, closeouts, evidence, invoices, schedules, tickets};
use serde_json::Value;

use crate::tests::{Answer, App};

/// Looks at one ticket after every command.
pub(super) struct Watch {
    pub(super) id: TicketId,
    version: i64,
    entries: usize,
    /// The ticket was sent out past its schedule, and has none since.
    is_bypass: bool,
}

impl Watch {
    pub(super) fn new(id: TicketId) -> Self {
        Self { id, version: 1, entries: 1, is_bypass: false }
    }

    /// After a command: one version and one entry for a change, nothing for a refusal.
    pub(super) async fn after(&mut self, app: &App, what: &str, command: Command, body: &Value, answer: &Answer) {
        let (ticket, entries) = (app.read_back(self.id).await, entries(app, self.id).await);
        if answer.status.is_success() {
            // What is so already changes nothing.
            assert!(ticket.version - self.version <= 1, "{what}: one version");
            let is_bypass = body["dispatch_mode"] == "EMERGENCY_BYPASS";
            if command == Command::AssignmentDispatch && is_bypass && ticket.scheduled_start.is_none() {
                self.is_bypass = true;
            }
        } else {
            assert_eq!(ticket.version, self.version, "{what}: a refusal changes nothing");
        }
        let grown = usize::try_from(ticket.version - self.version).expect("versions grow");
        assert_eq!(entries, self.entries + grown, "{what}: one entry for one version");
        self.look(app, what).await;
    }

    /// Everything that holds at any time.
    pub(super) async fn look(&mut self, app: &App, what: &str) {
        let ticket = app.read_back(self.id).await;
        (self.version, self.entries) = (ticket.version, entries(app, self.id).await);
        app.way(self.id).await;
        self.is_bypass &= ticket.scheduled_start.is_none();
        if matches!(ticket.state, S::Scheduled | S::Dispatched | S::InProgress) && !self.is_bypass {
            assert!(ticket.scheduled_start.is_some(), "{what}: {} needs a window", ticket.state);
        }
        assert!(ticket.scheduled_start.is_none() || ticket.scheduled_start < ticket.scheduled_end, "{what}: a window");
        if matches!(ticket.state, S::Dispatched | S::InProgress) {
            let performers = [ticket.assigned_tech_id.is_some(), ticket.assigned_provider_id.is_some()];
            assert_eq!(performers.iter().filter(|is| **is).count(), 1, "{what}: one performer");
        }
        let mut tx = app.db.read().await.expect("reads");
        let asks = approvals::pending(&mut tx, self.id).await.expect("reads").is_some();
        assert_eq!(asks, ticket.state == S::ApprovalRequired, "{what}: an approval is pending while one waits for it");
        let is_held = schedules::active_hold(&mut tx, self.id).await.expect("reads").is_some();
        assert_eq!(is_held, ticket.state == S::PendingCustomerConfirmation, "{what}: a hold while one waits for it");
        drop(tx);
        frozen(app, &ticket, what).await;
        approved(app, &ticket, what).await;
    }
}

/// How often something was done with a ticket.
async fn entries(app: &App, id: TicketId) -> usize {
    let rows = audit::of_ticket(&mut app.db.read().await.expect("reads"), id, None, 10_000).await.expect("reads");
    assert!(rows.iter().all(|row| !row.entry.payload.to_string().contains("+1555")), "no telephone in the log");
    rows.iter().filter(|row| row.entry.outcome == Outcome::Success).count()
}

/// What was there when quality accepted the work stays as it was.
async fn frozen(app: &App, ticket: &Ticket, what: &str) {
    let mut tx = app.db.read().await.expect("reads");
    let verified = closeouts::latest_verification(&mut tx, ticket.id).await.expect("reads");
    let Some(verified) = verified.filter(|row| row.result == QaResult::Pass) else { return };
    if matches!(ticket.state, S::Verified | S::Invoiced | S::Closed) {
        let items = evidence::of_ticket(&mut tx, ticket.id).await.expect("reads");
        let is_frozen = items.iter().filter(|item| item.id.0 < verified.id.0).all(|item| item.immutable_at.is_some());
        assert!(is_frozen, "{what}: the evidence is frozen");
    }
}

/// Money is approved by people who may, for work that was verified.
async fn approved(app: &App, ticket: &Ticket, what: &str) {
    let mut tx = app.db.read().await.expect("reads");
    let Some(invoice) = invoices::newest(&mut tx, ticket.id).await.expect("reads") else { return };
    if matches!(invoice.state, InvoiceState::NotStarted | InvoiceState::PendingApproval | InvoiceState::Voided) {
        return;
    }
    assert_eq!(invoice.approved_by_type, Some(ActorType::Human), "{what}: a person approved");
    assert!(matches!(invoice.approved_by_role, Some(Role::Finance | Role::Admin)), "{what}: who may approved");
    let steps = tickets::transitions(&mut tx, ticket.id).await.expect("reads");
    assert!(steps.iter().any(|step| step.to_state == S::Verified), "{what}: the work was verified");
}

/// What happened to every ticket of an app, without ids and times.
pub(super) async fn timelines(app: &App) -> Vec<String> {
    let list = app.get(&app.token("admin"), "/tickets?limit=100").await.json();
    let mut lines = Vec::new();
    for ticket in list["data"].as_array().expect("tickets") {
        let id = ticket["id"].as_str().expect("an id");
        let timeline = app.get(&app.token("admin"), &format!("/tickets/{id}/timeline")).await.json();
        for event in timeline["events"].as_array().expect("events") {
            lines.push(format!(
                "{} {} {} {} {} {} {}",
                ticket["code"],
                event["tool_name"],
                event["actor_role"],
                event["outcome"],
                event["ticket_version"],
                event["transitions"],
                event["created_at"]
            ));
        }
    }
    lines
}
