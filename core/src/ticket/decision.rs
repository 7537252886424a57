//! What follows from a command: the ticket as it will be, the steps it takes, and what others are told.

use chrono::{DateTime, Utc};

use crate::ids::{AccountId, SiteId, TicketId};
use crate::ticket::record::Ticket;
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
}

/// What identifies a ticket about to be made, and when.
#[derive(Clone, Copy, Debug)]
pub struct Birth {
    /// Id of the new ticket.
    pub id: TicketId,
    /// When it is made.
    pub now: DateTime<Utc>,
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
    pub(crate) fn creates(ticket: Ticket, told: &[Topic]) -> Self {
        let steps = vec![Transition { from: None, to: ticket.state }];
        let topics = told.iter().copied().chain([Topic::TicketStateChanged]).collect();
        Self { draft: Draft::new(ticket), steps, topics }
    }

    /// Where the ticket ends.
    pub fn final_state(&self) -> TicketState {
        self.draft.0.state
    }
}
