//! What follows from a command: the ticket as it will be, the steps it takes, and what others are told.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::ids::{AccountId, SiteId, TicketId};
use crate::ticket::ranking::Ranking;
use crate::ticket::record::Ticket;
use crate::ticket::sla;
use crate::ticket::state::TicketState;
use crate::ticket::transition::Transition;
use crate::ticket::words::Profile;
use crate::vocabulary;

vocabulary! {
    /// What others are told through the outbox.
    pub enum Topic {
        /// A ticket was recorded.
        TicketCreated => "ticket.created",
        /// All that an intake must find out is known. Told once for a ticket.
        IntakeCompleted => "intake.completed",
        /// The requester was asked for facts.
        InfoRequested => "ticket.info_requested",
        /// A ticket was classified.
        TicketTriaged => "ticket.triaged",
        /// Somebody has to decide.
        ApprovalRequested => "approval.requested",
        /// Somebody decided.
        ApprovalDecided => "approval.decided",
        /// Plain facts changed.
        TicketUpdated => "ticket.updated",
        /// A person looked.
        ReviewReleased => "ticket.review_released",
        /// Somebody was called in.
        TicketEscalated => "ticket.escalated",
        /// A ticket was called off.
        TicketCancelled => "ticket.cancelled",
        /// Windows were offered.
        ScheduleProposed => "schedule.proposed",
        /// The offered windows were turned down.
        ScheduleRejected => "schedule.rejected",
        /// The schedule is frozen.
        ScheduleHeld => "schedule.held",
        /// The schedule is thawed.
        ScheduleReleased => "schedule.released",
        /// The held schedule was given up.
        ScheduleRolledBack => "schedule.rolled_back",
        /// Another window was committed.
        ScheduleRescheduled => "schedule.rescheduled",
        /// A window was committed.
        AppointmentConfirmed => "appointment.confirmed",
        /// Another visit is needed.
        ReturnVisit => "ticket.return_visit",
        /// Technicians were ranked.
        AssignmentRecommended => "assignment.recommended",
        /// Work was sent out.
        AssignmentDispatched => "assignment.dispatched",
        /// The performer will come.
        AssignmentAccepted => "assignment.accepted",
        /// The performer will not come.
        AssignmentDeclined => "assignment.declined",
        /// The work was taken away from its performer.
        AssignmentRevoked => "assignment.revoked",
        /// The performer is there.
        TicketOnSite => "ticket.on_site",
        /// The work is blocked.
        TicketOnHold => "ticket.on_hold",
        /// The work goes on.
        TicketResumed => "ticket.resumed",
        /// Evidence came in.
        EvidenceAdded => "evidence.added",
        /// Evidence was waived.
        EvidenceExceptionGranted => "evidence.exception_granted",
        /// The work is reported done.
        TicketCompleted => "ticket.completed",
        /// Quality accepted the work.
        QaPassed => "qa.passed",
        /// Quality sent the work back.
        QaFailed => "qa.failed",
        /// A draft of the invoice is wanted.
        InvoiceDraftRequested => "invoice.draft_requested",
        /// The invoice is approved.
        InvoiceApproved => "invoice.approved",
        /// The invoice is to be taken back.
        InvoiceVoidRequested => "invoice.void_requested",
        /// A ticket ended.
        TicketClosed => "ticket.closed",
        /// A ticket was ended past verification.
        TicketForceClosed => "ticket.force_closed",
        /// Verified work was taken up again.
        TicketReopened => "ticket.reopened",
        /// The customer is to be told.
        NotifyCustomer => "notify.customer",
        /// Whoever owns the account is to be told.
        NotifyAccountOwner => "notify.account_owner",
        /// Whoever does the work is to be told.
        NotifyPerformer => "notify.performer",
        /// Automation was stopped or let go on.
        AutonomyChanged => "autonomy.changed",
        /// An event is told again.
        OutboxReplayed => "outbox.replayed",
        /// A ticket moved.
        TicketStateChanged => "ticket.state_changed",
    }
}

/// What a new ticket takes over from its account and its site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFacts {
    /// Account of the site.
    pub account_id: AccountId,
    /// The site.
    pub site_id: SiteId,
    /// Line of business of the account.
    pub profile: Profile,
    /// Currency of the account.
    pub currency: String,
    /// What may be spent when nobody says otherwise, in minor units.
    pub default_nte_cents: Option<i64>,
    /// Every ticket of the site needs a person's look.
    pub is_audit_flagged: bool,
    /// Place of the site's zone in the dispatcher's queue.
    pub region_weight: i64,
}

/// What identifies a ticket about to be made, and when.
#[derive(Clone, Copy, Debug)]
pub struct Birth {
    /// Id of the new ticket.
    pub id: TicketId,
    /// When it is made.
    pub now: DateTime<Utc>,
}

/// What is told about a topic, beside the ticket's own facts: never a name, an address or free text.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// About what.
    pub topic: Topic,
    /// What more there is to say.
    pub facts: Map<String, Value>,
}

/// What follows from a command on a ticket: the ticket as it will be, the steps it takes, what others are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The ticket as it will be; its version and time of change are the pipeline's to set.
    pub ticket: Ticket,
    /// The steps it takes, in order.
    pub steps: Vec<Transition>,
    /// What others are told, in order; that the state changed is told by itself.
    pub told: Vec<Told>,
}

impl Change {
    /// Nothing has changed yet.
    pub fn of(ticket: &Ticket) -> Self {
        Self { ticket: ticket.clone(), steps: Vec::new(), told: Vec::new() }
    }

    /// Moves the ticket one step.
    pub fn step(&mut self, to: TicketState) {
        self.steps.push(Transition { from: Some(self.ticket.state), to });
        self.ticket.state = to;
    }

    /// Tells others, with nothing more to say.
    pub fn tell(&mut self, topic: Topic) {
        self.told.push(Told { topic, facts: Map::new() });
    }

    /// Tells others, with `facts` (an object).
    pub fn tell_with(&mut self, topic: Topic, facts: Value) {
        let facts = match facts {
            Value::Object(facts) => facts,
            _ => Map::new(),
        };
        self.told.push(Told { topic, facts });
    }

    /// Nobody does the work any more.
    pub fn unassign(&mut self) {
        self.ticket.assigned_tech_id = None;
        self.ticket.assigned_provider_id = None;
        self.ticket.accepted_at = None;
    }
}

/// A ticket that has no code yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft(Ticket);

/// What follows from a command that makes a ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The ticket as it will be.
    pub draft: Draft,
    /// The steps it takes, in order.
    pub steps: Vec<Transition>,
    /// What others are told, in order.
    pub topics: Vec<Topic>,
}

impl Draft {
    pub(crate) fn new(ticket: Ticket) -> Self {
        Self(ticket)
    }

    /// The ticket without its code.
    pub fn preview(&self) -> &Ticket {
        &self.0
    }

    /// The ticket with its code.
    #[must_use]
    pub fn with_code(self, code: String) -> Ticket {
        Ticket { code, ..self.0 }
    }
}

impl Decision {
    pub(crate) fn creates(mut ticket: Ticket, told: &[Topic]) -> Self {
        sla::start(&mut ticket);
        let steps = vec![Transition { from: None, to: ticket.state }];
        let topics = told.iter().copied().chain([Topic::TicketStateChanged]).collect();
        Self { draft: Draft::new(ticket), steps, topics }
    }

    /// The same with what ranking says.
    #[must_use]
    pub fn ranked(mut self, ranking: &Ranking) -> Self {
        ranking.apply(&mut self.draft.0);
        self
    }

    /// Where the ticket ends.
    pub fn final_state(&self) -> TicketState {
        self.draft.0.state
    }
}
