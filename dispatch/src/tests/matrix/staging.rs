//! Tickets from which a command can succeed; the later ones by the commands before.

use patchbay_core::catalog::ServiceStatus;
use patchbay_core::ids::{ServiceId, TechnicianId};
use patchbay_core::ticket::words::TicketPriority;
use patchbay_core::ticket::{Command as C, Ticket, TicketState as S};
use patchbay_store::services::{self, ServiceRow};
use patchbay_store::ticket_services::{self, NewLine};
use patchbay_store::{sites, tickets};
use serde_json::{Value, json};

use crate::tests::{App, some_id};

/// What the work on a latch asks for.
const EVIDENCE: [(&str, &str); 3] =
    [("PHOTO", "before_photo_latch"), ("PHOTO", "after_photo_latch"), ("NOTE", "note_latch_adjustment")];

impl App {
    /// A ticket in `from` on which the command can be given.
    pub(super) async fn ready_for(&self, command: C, from: S, technician: TechnicianId) -> Ticket {
        let ticket = match from {
            S::CompletedPendingVerification | S::Verified | S::Invoiced => self.finished(from, technician).await,
            _ => self.ticket_in(from, technician).await,
        };
        match command {
            C::Complete | C::Candidate => self.prove(&ticket).await,
            C::ReviewRelease => self.rewrite(&ticket, |ticket| ticket.review_required = true).await,
            C::AssignmentDispatch => {
                self.rewrite(&ticket, |ticket| ticket.priority = TicketPriority::Emergency).await;
            }
            C::Close if from == S::Verified => self.rewrite(&ticket, |ticket| ticket.billable = false).await,
            _ => {}
        }
        self.read_back(ticket.id).await
    }

    /// A ticket whose work is reported done, verified or invoiced.
    async fn finished(&self, state: S, technician: TechnicianId) -> Ticket {
        let ticket = self.ticket_in(S::InProgress, technician).await;
        self.prove(&ticket).await;
        self.must("dispatcher", &ticket, "tech/complete", &Self::completion()).await;
        if state != S::CompletedPendingVerification {
            let pass = json!({"timestamp": self.now(), "result": "PASS"});
            self.must("qa", &ticket, "qa/verify", &pass).await;
        }
        if state == S::Invoiced {
            self.must("finance", &ticket, "billing/generate-invoice", &json!({})).await;
        }
        self.read_back(ticket.id).await
    }

    /// Adds all evidence that the work asks for, and what it costs.
    pub(super) async fn prove(&self, ticket: &Ticket) {
        for (kind, key) in EVIDENCE {
            let uri = format!("s3://evidence/{}/{key}", ticket.id);
            let body = json!({"kind": kind, "uri": uri, "evidence_key": key});
            self.must("dispatcher", ticket, "evidence", &body).await;
        }
        let line = NewLine { service_id: self.service().await, qty_hundredths: 100, unit_price_cents: 9_000 };
        let mut tx = self.db.begin().await.expect("begins");
        ticket_services::replace(&mut tx, ticket.id, &[line], self.now()).await.expect("a line");
        tx.commit().await.expect("commits");
    }

    /// What is said when the work is done.
    pub(super) fn completion() -> Value {
        json!({
            "checklist_status": {
                "work_performed": "latch adjusted", "parts_used_or_needed": "none", "resolution_status": "resolved",
                "onsite_photos_after": true, "billing_authorization": true,
            },
            "no_signature_reason": "nobody was on site to sign",
        })
    }

    /// A service of the catalogue.
    pub(super) async fn service(&self) -> ServiceId {
        let (id, now) = (ServiceId::new(), self.now());
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
        let mut tx = self.db.begin().await.expect("begins");
        services::insert(&mut tx, &service).await.expect("a service");
        tx.commit().await.expect("commits");
        id
    }

    /// Somebody pays for work at the site.
    pub(super) async fn bill_to_the_site(&self) {
        let mut tx = self.db.begin().await.expect("begins");
        let mut site = sites::by_id(&mut tx, self.site).await.expect("reads").expect("is there");
        site.bill_to = Some(json!({
            "name": "Northside", "address1": "1 Main Street", "city": "Toronto", "country": "CA",
        }));
        sites::update(&mut tx, &site).await.expect("writes");
        tx.commit().await.expect("commits");
    }

    async fn must(&self, role: &str, ticket: &Ticket, path: &str, body: &Value) {
        let token = self.scoped_token(role, some_id(), &["*".into()], &["*".into()]);
        let answer = self.post(&token, &format!("/tickets/{}/{path}", ticket.id), some_id(), body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
    }

    /// Writes a ticket past the commands.
    async fn rewrite(&self, ticket: &Ticket, change: impl FnOnce(&mut Ticket)) {
        let mut tx = self.db.begin().await.expect("begins");
        let mut ticket = tickets::lock(&mut tx, ticket.id).await.expect("reads").expect("is there");
        change(&mut ticket);
        ticket.version += 1;
        tickets::update(&mut tx, &ticket).await.expect("writes");
        tx.commit().await.expect("commits");
    }
}
