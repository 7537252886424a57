//! Tickets put into a state, with everything that belongs to a ticket there.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::actor::Actor;
use patchbay_core::ids::{
    ActorId, AppointmentId, AuditId, RecordId, ScheduleHoldId, ScheduleOptionId, TechnicianId, TicketId,
};
use patchbay_core::technician::{Availability, TechnicianStatus};
use patchbay_core::ticket::approval::{Approval, Question};
use patchbay_core::ticket::schedule::Window;
use patchbay_core::ticket::transition::FOLLOWERS;
use patchbay_core::ticket::words::{
    AppointmentStatus, ApprovalOrigin, ApprovalType, ConfirmationMethod, HoldReason, HoldStatus, OptionSource,
    WorkHoldReason,
};
use patchbay_core::ticket::{Ticket, TicketState, Transition};
use patchbay_store::appointments::{self, AppointmentRow};
use patchbay_store::schedules::{self, HoldRow, OptionRow};
use patchbay_store::technicians::{self, Technician, TechnicianRow};
use patchbay_store::{Tx, approvals, tickets};
use serde_json::Value;

use super::{Answer, App, some_id};

impl App {
    /// A technician who can do everything here.
    pub(crate) async fn technician(&self) -> TechnicianId {
        let now = self.now();
        let row = TechnicianRow {
            id: TechnicianId::new(),
            user_id: None,
            name: "Grace".into(),
            phone_e164: None,
            email: None,
            status: TechnicianStatus::Active,
            availability: Availability::Available,
            priority_rank: 100,
            max_active_jobs: 100,
            home_zone_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let technician = Technician {
            row,
            skills: BTreeSet::from(["DEFAULT".to_owned()]),
            zones: BTreeSet::new(),
            hours: Vec::new(),
        };
        let mut tx = self.db.begin().await.expect("begins");
        technicians::insert(&mut tx, &technician).await.expect("a technician");
        tx.commit().await.expect("commits");
        technician.row.id
    }

    /// The token of a technician or a vendor.
    pub(crate) fn performer_token(&self, role: &str, id: TechnicianId) -> String {
        self.scoped_token(role, id.0, &["*".into()], &["*".into()])
    }

    /// A window so many hours from now, two hours long.
    pub(crate) fn window(&self, hours: i64) -> Window {
        let start = self.now() + TimeDelta::hours(hours);
        Window { start, end: start + TimeDelta::hours(2) }
    }

    /// A ticket in `state`, with everything that belongs to a ticket there. `technician` does the work once somebody
    /// does.
    pub(crate) async fn ticket_in(&self, state: TicketState, technician: TechnicianId) -> Ticket {
        let made = self.post(&self.token("dispatcher"), "/tickets", some_id(), &self.request()).await.json();
        let id: TicketId = made["id"].as_str().and_then(|id| id.parse().ok()).expect("a ticket");
        let mut tx = self.db.begin().await.expect("begins");
        let mut ticket = tickets::by_id(&mut tx, id).await.expect("reads").expect("there");
        self.furnish(&mut tx, &mut ticket, state, technician).await;
        ticket.version += 1;
        tickets::update(&mut tx, &ticket).await.expect("updates");
        for step in way_to(state) {
            tickets::append_transition(&mut tx, id, step, "test", AuditId::new(), self.now()).await.expect("a step");
        }
        tx.commit().await.expect("commits");
        ticket
    }

    async fn furnish(&self, tx: &mut Tx, ticket: &mut Ticket, state: TicketState, technician: TechnicianId) {
        use TicketState as S;
        let (now, window) = (self.now(), self.window(24));
        ticket.state = state;
        if !matches!(state, S::New | S::NeedsInfo) {
            ticket.incident_type = Some("DOOR_WONT_LATCH".into());
        }
        match state {
            S::New | S::NeedsInfo | S::Triaged | S::ReadyToSchedule | S::Cancelled => {}
            S::ApprovalRequired => approvals::insert(tx, &question(ticket.id, now)).await.expect("an approval"),
            S::ScheduleProposed => offer(tx, ticket.id, window, now).await,
            S::PendingCustomerConfirmation => {
                offer(tx, ticket.id, window, now).await;
                schedules::hold(tx, &hold(ticket.id, self.window(0), now)).await.expect("a hold");
            }
            S::Scheduled => appoint(tx, ticket, window, now).await,
            S::Dispatched
            | S::OnSite
            | S::InProgress
            | S::OnHold
            | S::CompletedPendingVerification
            | S::Verified
            | S::Invoiced
            | S::Closed => {
                ticket.assigned_tech_id = Some(technician);
                appoint(tx, ticket, window, now).await;
            }
        }
        if state == S::OnHold {
            ticket.held_from_state = Some(S::InProgress);
            ticket.hold_reason = Some(WorkHoldReason::PartsOrdered);
        }
    }

    /// Posts a command on a ticket, as a dispatcher.
    pub(crate) async fn command(&self, ticket: TicketId, path: &str, body: &Value) -> Answer {
        self.post(&self.token("dispatcher"), &format!("/tickets/{ticket}/{path}"), some_id(), body).await
    }

    /// The ticket as it is stored.
    pub(crate) async fn read_back(&self, id: TicketId) -> Ticket {
        let mut tx = self.db.read().await.expect("reads");
        tickets::by_id(&mut tx, id).await.expect("reads").expect("there")
    }

    /// The states a ticket went through. Checks that its steps chain and end where it stands.
    pub(crate) async fn way(&self, id: TicketId) -> Vec<TicketState> {
        let mut tx = self.db.read().await.expect("reads");
        let steps = tickets::transitions(&mut tx, id).await.expect("steps");
        for pair in steps.windows(2) {
            assert_eq!(pair[1].from_state, Some(pair[0].to_state), "steps chain");
        }
        let way: Vec<TicketState> = steps.iter().map(|step| step.to_state).collect();
        drop(tx);
        assert_eq!(way.last().copied(), Some(self.read_back(id).await.state));
        way
    }
}

/// The shortest way from NEW to `state`.
fn way_to(state: TicketState) -> Vec<Transition> {
    let mut ways = vec![(TicketState::New, Vec::new())];
    let mut index = 0;
    loop {
        let (at, way) = ways.get(index).cloned().expect("every state can be reached");
        if at == state {
            return way;
        }
        index += 1;
        let next = FOLLOWERS.iter().find(|(from, _)| *from == Some(at)).map_or(&[][..], |(_, next)| *next);
        for to in next.iter().copied().filter(|to| ways.iter().all(|(seen, _)| seen != to)).collect::<Vec<_>>() {
            let step = Transition { from: Some(at), to };
            ways.push((to, way.iter().copied().chain([step]).collect()));
        }
    }
}

fn question(ticket: TicketId, now: DateTime<Utc>) -> Approval {
    let question = Question {
        approval_type: ApprovalType::NteIncrease,
        origin: ApprovalOrigin::Triage,
        reason: None,
        amount_delta_cents: Some(5_000),
        evidence_refs: Vec::new(),
    };
    Approval::asked(ticket, &Actor { id: ActorId::new(), ..Actor::system() }, question, now)
}

async fn offer(tx: &mut Tx, ticket: TicketId, window: Window, now: DateTime<Utc>) {
    let row = OptionRow {
        id: ScheduleOptionId::new(),
        ticket_id: ticket,
        proposal_id: RecordId::new(),
        position: 1,
        starts_at: window.start,
        ends_at: window.end,
        source: OptionSource::Operator,
        created_at: now,
        closed_at: None,
    };
    schedules::offer(tx, &row).await.expect("an option");
}

fn hold(ticket: TicketId, confirm: Window, now: DateTime<Utc>) -> HoldRow {
    HoldRow {
        id: ScheduleHoldId::new(),
        ticket_id: ticket,
        reason: HoldReason::CustomerPending,
        held_state: TicketState::ScheduleProposed,
        held_start: None,
        held_end: None,
        confirm_from: confirm.start,
        confirm_until: confirm.end,
        status: HoldStatus::Active,
        created_by: ActorId::new(),
        created_at: now,
        settled_at: None,
    }
}

/// Commits a window.
async fn appoint(tx: &mut Tx, ticket: &mut Ticket, window: Window, now: DateTime<Utc>) {
    (ticket.scheduled_start, ticket.scheduled_end) = (Some(window.start), Some(window.end));
    let row = AppointmentRow {
        id: AppointmentId::new(),
        ticket_id: ticket.id,
        technician_id: ticket.assigned_tech_id,
        vendor_id: None,
        starts_at: window.start,
        ends_at: window.end,
        status: AppointmentStatus::Confirmed,
        confirmation_method: Some(ConfirmationMethod::Operator),
        confirmed_by: None,
        created_at: now,
        updated_at: now,
    };
    appointments::insert(tx, &row).await.expect("an appointment");
}
