//! Topics: what a socket narrows its view to.

use std::collections::BTreeSet;
use std::fmt;

use patchbay_core::directory::Directory;
use patchbay_core::ids::{ConversationId, InboxId, TeamId, TicketId, UserId};

use crate::frame::{About, Subject};

/// One part of what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Topic {
    /// Conversations of an inbox.
    Inbox(InboxId),
    /// Conversations, queue and people of a team.
    Team(TeamId),
    /// One conversation.
    Conversation(ConversationId),
    /// One ticket.
    Ticket(TicketId),
    /// What a user has, got or lost.
    User(UserId),
    /// What needs a supervisor's eye.
    Alerts,
}

/// The topics of a socket; empty means everything its actor may see.
pub(crate) type Topics = BTreeSet<Topic>;

impl Topic {
    /// Reads `inbox:{id}`, `team:{slug}`, `conversation:{id}`, `ticket:{id}`, `user:{id}` or `alerts`. `None` for
    /// anything else, also for a team that does not exist.
    pub(crate) fn parse(text: &str, directory: &Directory) -> Option<Self> {
        if text == "alerts" {
            return Some(Self::Alerts);
        }
        let (kind, name) = text.split_once(':')?;
        match kind {
            "inbox" => name.parse().ok().map(Self::Inbox),
            "team" => directory.team(name).map(|team| Self::Team(team.id)),
            "conversation" => name.parse().ok().map(Self::Conversation),
            "ticket" => name.parse().ok().map(Self::Ticket),
            "user" => name.parse().ok().map(Self::User),
            _ => None,
        }
    }

    /// Whether `subject` is part of it. Says nothing about rights.
    pub(crate) fn holds(self, subject: &Subject) -> bool {
        let audience = &subject.audience;
        match (self, &subject.about) {
            (Self::User(id), About::Person { user, .. }) => id == *user,
            (Self::Team(id), About::Person { teams, .. }) => teams.contains(&id),
            (Self::User(id), About::Private { user }) => *user == Some(id),
            (_, About::Person { .. } | About::Private { .. }) => false,
            (Self::Alerts, about) => *about == About::Alert,
            (Self::Inbox(id), _) => audience.inbox_id == Some(id),
            (Self::Team(id), _) => audience.team_id == Some(id),
            (Self::Conversation(id), _) => subject.conversation == Some(id),
            (Self::Ticket(id), _) => subject.ticket == Some(id),
            (Self::User(id), _) => audience.assigned_to == Some(id) || audience.previous_assigned_to == Some(id),
        }
    }

    /// Its text form, with a team's slug.
    pub(crate) fn name(self, directory: &Directory) -> String {
        match self {
            Self::Team(id) => match directory.teams.get(&id) {
                Some(team) => format!("team:{}", team.slug),
                None => format!("team:{id}"),
            },
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inbox(id) => write!(f, "inbox:{id}"),
            Self::Team(id) => write!(f, "team:{id}"),
            Self::Conversation(id) => write!(f, "conversation:{id}"),
            Self::Ticket(id) => write!(f, "ticket:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Alerts => f.write_str("alerts"),
        }
    }
}
