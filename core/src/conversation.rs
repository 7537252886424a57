//! The conversation machine and who may see and do what. Source: domain, conversation states and commands.

use chrono::{DateTime, TimeDelta, Utc};

use crate::actor::Actor;
use crate::ids::{TeamId, UserId};
use crate::role::Role;
use crate::vocabulary;

vocabulary! {
    /// Where a conversation stands.
    pub enum ConversationStatus {
        /// Just came in.
        New => "new",
        /// The menu asks what it is about.
        Triage => "triage",
        /// Waits for somebody to take it.
        Queued => "queued",
        /// Somebody has it and nobody waits.
        Assigned => "assigned",
        /// The customer's turn.
        PendingCustomer => "pending_customer",
        /// The agent's turn.
        PendingAgent => "pending_agent",
        /// Done.
        Closed => "closed",
    }
}

vocabulary! {
    /// How urgent a conversation is.
    pub enum Priority {
        /// Can wait.
        Low => "low",
        /// As usual.
        Normal => "normal",
        /// Before the others.
        High => "high",
        /// Now.
        Urgent => "urgent",
    }
}

vocabulary! {
    /// Why a conversation was closed.
    pub enum CloseReason {
        /// The customer was helped.
        Resolved => "resolved",
        /// Not a customer.
        Spam => "spam",
        /// Another conversation is about the same.
        Duplicate => "duplicate",
        /// The customer stopped answering.
        CustomerUnresponsive => "customer_unresponsive",
    }
}

/// What moves a conversation from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The triage worker picked it up.
    TriageStarted,
    /// It was routed to a team's queue.
    Queue,
    /// Somebody takes it, or it is given to somebody.
    Assign,
    /// A person of ours wrote to the customer.
    AgentReplied,
    /// The customer wrote.
    CustomerWrote,
    /// The agent took note without answering.
    AgentLooked,
    /// Closed with a reason.
    Close(CloseReason),
    /// Opened again, for a named agent.
    ReopenTo,
    /// Opened again, to the queue.
    ReopenToQueue,
}

/// How long a closed conversation can be opened again; afterwards a new one follows it.
pub const REOPEN_WITHIN: TimeDelta = TimeDelta::days(7);

impl ConversationStatus {
    /// Whether somebody has it.
    pub fn is_held(self) -> bool {
        matches!(self, Self::Assigned | Self::PendingAgent | Self::PendingCustomer)
    }

    /// Whether it waits for somebody to take it: then the agents of its team see it.
    pub fn is_queued(self) -> bool {
        matches!(self, Self::New | Self::Triage | Self::Queued)
    }

    /// The state after `trigger`. `None`: not from this state.
    #[must_use]
    pub fn after(self, trigger: Trigger) -> Option<Self> {
        use ConversationStatus::{Assigned, Closed, New, PendingAgent, PendingCustomer, Queued, Triage};
        match (self, trigger) {
            (New, Trigger::TriageStarted) => Some(Triage),
            (New | Triage | Assigned | PendingAgent | PendingCustomer, Trigger::Queue)
            | (Closed, Trigger::ReopenToQueue) => Some(Queued),
            (Triage | Queued | Assigned | PendingAgent | PendingCustomer, Trigger::Assign)
            | (PendingAgent, Trigger::AgentLooked)
            | (Closed, Trigger::ReopenTo) => Some(Assigned),
            (Assigned | PendingAgent | PendingCustomer, Trigger::AgentReplied) => Some(PendingCustomer),
            (Queued | Triage | New, Trigger::AgentReplied | Trigger::CustomerWrote) => Some(self),
            (Assigned | PendingCustomer | PendingAgent, Trigger::CustomerWrote) => Some(PendingAgent),
            (Triage | Queued, Trigger::Close(CloseReason::Spam | CloseReason::Duplicate))
            | (Assigned | PendingAgent | PendingCustomer, Trigger::Close(_)) => Some(Closed),
            _ => None,
        }
    }
}

/// What decides who may see a conversation.
#[derive(Clone, Copy, Debug)]
pub struct Placement {
    /// Team whose conversation it is.
    pub team_id: Option<TeamId>,
    /// Who has it.
    pub assigned_to: Option<UserId>,
    /// Whether it waits in a queue.
    pub is_queued: bool,
}

/// Whether `actor` may see a conversation: admins and auditors all, leaders those of their teams, agents their own and
/// the queued ones of their teams.
pub fn may_see(actor: &Actor, placement: Placement) -> bool {
    let own_team = placement.team_id.is_some_and(|team| actor.teams.contains(&team));
    match actor.role {
        Role::Admin | Role::Auditor | Role::System => true,
        // What belongs to no team yet waits for the supervisors.
        Role::Supervisor => own_team || placement.team_id.is_none(),
        Role::TeamLead => own_team,
        Role::SupportAgent => placement.assigned_to == Some(actor.user_id()) || (own_team && placement.is_queued),
        _ => false,
    }
}

/// How long WhatsApp's customer service window is. Source: WhatsApp Business Platform, "Customer service windows".
const WINDOW: TimeDelta = TimeDelta::hours(24);
/// How long before the provider's end we stop, so that a message still arrives inside.
const WINDOW_MARGIN: TimeDelta = TimeDelta::seconds(60);

/// The end of WhatsApp's customer service window after a customer's message: 24 hours, stopped 60 s early.
/// Source: channels reference, "Customer service window".
pub fn window_end(last_inbound_at: DateTime<Utc>) -> DateTime<Utc> {
    last_inbound_at.checked_add_signed(WINDOW - WINDOW_MARGIN).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Whether a free-form message may be sent at `now` in a window that ends at `end`. `None`: the customer never wrote.
pub fn window_is_open(end: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    end.is_some_and(|end| now < end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: ConversationStatus, trigger: Trigger, to: Option<ConversationStatus>) {
        assert_eq!(from.after(trigger), to, "{from} on {trigger:?}");
    }

    #[test]
    fn follows_the_table() {
        use ConversationStatus::{Assigned, Closed, New, PendingAgent, PendingCustomer, Queued, Triage};
        check(New, Trigger::TriageStarted, Some(Triage));
        check(New, Trigger::Close(CloseReason::Spam), None);
        check(Triage, Trigger::Close(CloseReason::Resolved), None);
        check(Queued, Trigger::Close(CloseReason::Spam), Some(Closed));
        check(Queued, Trigger::Assign, Some(Assigned));
        check(Assigned, Trigger::AgentReplied, Some(PendingCustomer));
        check(PendingAgent, Trigger::AgentReplied, Some(PendingCustomer));
        check(PendingCustomer, Trigger::CustomerWrote, Some(PendingAgent));
        check(PendingAgent, Trigger::AgentLooked, Some(Assigned));
        check(PendingAgent, Trigger::Queue, Some(Queued));
        check(PendingAgent, Trigger::Close(CloseReason::Resolved), Some(Closed));
        check(Closed, Trigger::CustomerWrote, None);
        check(Closed, Trigger::Close(CloseReason::Resolved), None);
        check(Closed, Trigger::ReopenToQueue, Some(Queued));
        check(Closed, Trigger::ReopenTo, Some(Assigned));
        check(New, Trigger::Assign, None);
    }

    #[test]
    fn nothing_ever_returns_to_new() {
        let triggers = [
            Trigger::TriageStarted,
            Trigger::Queue,
            Trigger::Assign,
            Trigger::AgentReplied,
            Trigger::AgentLooked,
            Trigger::Close(CloseReason::Resolved),
            Trigger::ReopenTo,
            Trigger::ReopenToQueue,
        ];
        for from in ConversationStatus::ALL.iter().filter(|from| **from != ConversationStatus::New) {
            for trigger in triggers {
                assert_ne!(from.after(trigger), Some(ConversationStatus::New));
            }
        }
    }

    #[track_caller]
    fn check_window(seconds_since_last: i64, open: bool) {
        let last = DateTime::from_timestamp(1_772_719_195, 0).unwrap();
        assert_eq!(window_is_open(Some(window_end(last)), last + TimeDelta::seconds(seconds_since_last)), open);
    }

    #[test]
    fn the_window_closes_a_minute_before_a_day_is_over() {
        check_window(0, true);
        check_window(24 * 3600 - 61, true);
        check_window(24 * 3600 - 60, false);
        check_window(24 * 3600, false);
        assert_eq!(window_end(DateTime::<Utc>::MAX_UTC), DateTime::<Utc>::MAX_UTC);
    }

    #[test]
    fn the_window_is_closed_when_the_customer_never_wrote() {
        assert!(!window_is_open(None, DateTime::from_timestamp(0, 0).unwrap()));
    }
}
