//! Events of the durable feed: what changed, and who may know.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::conversation::{Placement, may_see};
use crate::ids::{AccountId, ConversationId, EventId, InboxId, SiteId, TeamId, TicketId, UserId};
use crate::role::Role;
use crate::vocabulary;

vocabulary! {
    /// Name of an event of the feed. Source: domain, realtime.
    pub enum EventName {
        /// A conversation began.
        ConversationNew => "conversation.new",
        /// A conversation got, changed or lost its agent.
        ConversationAssigned => "conversation.assigned",
        /// Anything else about a conversation changed.
        ConversationUpdated => "conversation.updated",
        /// The menu is over: it is decided where a conversation belongs.
        TriageCompleted => "triage.completed",
        /// The customer said how they were helped.
        ConversationRated => "conversation.rated",
        /// A note was written on a conversation.
        ConversationNote => "conversation.note",
        /// A customer's message came in.
        MessageReceived => "message.received",
        /// A message of ours was written.
        MessageSent => "message.sent",
        /// The delivery of a message of ours made progress.
        MessageStatus => "message.status",
        /// A contact changed, or was erased.
        ContactUpdated => "contact.updated",
        /// Two contacts were found to be one, or that was undone.
        ContactMerged => "contact.merged",
        /// A ticket changed.
        TicketUpdated => "ticket.updated",
        /// A ticket was escalated.
        TicketEscalated => "ticket.escalated",
        /// An inbox fares better or worse than before, or was paused or resumed.
        InboxHealthChanged => "inbox.health_changed",
        /// An assistant called a tool.
        ToolCalled => "tool.called",
        /// An assistant called more often than it may.
        LimitHit => "limit.hit",
        /// An assistant was paused.
        AgentPaused => "agent.paused",
        /// An assistant made a draft.
        DraftOpened => "draft.opened",
        /// A draft waits for the customer.
        DraftAwaitingCustomer => "draft.awaiting_customer",
        /// A draft waits for a person of ours.
        DraftAwaitingHuman => "draft.awaiting_human",
        /// A draft has all its proofs.
        DraftConfirmed => "draft.confirmed",
        /// A draft was carried out.
        DraftCommitted => "draft.committed",
        /// A draft came to nothing, or its outcome is not known.
        DraftFailed => "draft.failed",
        /// Something needs a supervisor's eye.
        AlertRaised => "alert.raised",
        /// An alert was acknowledged, snoozed, given to somebody, resolved, or happened again.
        AlertUpdated => "alert.updated",
        /// It is somebody's turn to look after an alert.
        AlertNotified => "alert.notified",
        /// A thread of talk among agents began, or its members changed.
        InternalThread => "internal.thread",
        /// An agent wrote to others.
        InternalMessage => "internal.message",
    }
}

impl EventName {
    /// Whether events of this name are for the one person they were written for, and for nobody else: no leader, no
    /// auditor, no address of others.
    pub fn is_private(name: &str) -> bool {
        name.starts_with("internal.")
    }
}

/// An event about to be written, in the transaction that makes it true.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Names the event; consumers deduplicate on it.
    pub id: EventId,
    /// What happened.
    pub name: EventName,
    /// Conversation it is about.
    pub conversation_id: Option<ConversationId>,
    /// Sequence within that conversation, of the message it is about.
    pub conversation_seq: Option<i64>,
    /// Ticket it is about.
    pub ticket_id: Option<TicketId>,
    /// Who may know.
    pub audience: Audience,
    /// The `data` of the frame, as JSON text.
    pub payload: String,
    /// When it happened.
    pub created_at: DateTime<Utc>,
}

/// What decides who may know of an event: where its conversation stood just after, and whose ticket it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Inbox of the conversation.
    pub inbox_id: Option<InboxId>,
    /// Team of the conversation.
    pub team_id: Option<TeamId>,
    /// Who has the conversation.
    pub assigned_to: Option<UserId>,
    /// Who had it before and must learn that it is gone.
    pub previous_assigned_to: Option<UserId>,
    /// Whether the conversation waits in its team's queue, or just left it.
    pub is_queued: bool,
    /// Account of the ticket.
    pub account_id: Option<AccountId>,
    /// Site of the ticket.
    pub site_id: Option<SiteId>,
}

impl Audience {
    /// Whether `actor` may know.
    pub fn includes(&self, actor: &Actor) -> bool {
        if let (Some(account), Some(site)) = (self.account_id, self.site_id) {
            return matches!(actor.role, Role::Admin | Role::Auditor | Role::Supervisor | Role::Dispatcher)
                && actor.may_touch(account, site)
                || self.includes_in_hub(actor);
        }
        self.includes_in_hub(actor)
    }

    fn includes_in_hub(&self, actor: &Actor) -> bool {
        let user = actor.user_id();
        let placement = Placement { team_id: self.team_id, assigned_to: self.assigned_to, is_queued: self.is_queued };
        may_see(actor, placement) || (actor.role.works_conversations() && self.previous_assigned_to == Some(user))
    }
}
