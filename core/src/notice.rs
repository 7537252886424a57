//! What the nodes of one installation tell each other beside the database: hints and passing states. A notice may be
//! lost or come twice; whatever must not be lost stands in the database and is looked up again after [`Notice::Missed`].

use serde::{Deserialize, Serialize};

use crate::event::Audience;
use crate::ids::{ActorId, ConversationId, NodeId, SessionId, SocketId, TeamId, UserId};
use crate::vocabulary;

/// Something every node may want to know at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// Events were committed somewhere.
    FeedGrew,
    /// Jobs were committed somewhere.
    JobsGrew,
    /// Users, teams, memberships or inboxes changed: read the directory again.
    DirectoryChanged,
    /// A login ended: its sockets close.
    SessionRevoked {
        /// The login.
        session: SessionId,
    },
    /// Every login of a user ended, or the user was deactivated: all the user's sockets close.
    UserRevoked {
        /// The user.
        user: UserId,
    },
    /// Somebody writes, or stopped.
    Typing(Typing),
    /// Who is connected to one node; replaces what that node said before.
    Present(Roster),
    /// One person's availability on one node changed.
    PresenceChanged {
        /// The node.
        node: NodeId,
        /// Who, and how available there.
        presence: Presence,
    },
    /// A node is alive; one that falls silent takes its people with it.
    StillHere {
        /// The node.
        node: NodeId,
    },
    /// A node wants to hear every node's [`Notice::Present`].
    WhoIsThere,
    /// Notices may have been lost: look at the database again.
    Missed,
}

vocabulary! {
    /// What somebody does in a conversation.
    pub enum TypingMode {
        /// An answer to the customer.
        Reply => "reply",
        /// An internal note.
        Note => "note",
        /// A customer's message, in a channel that tells.
        Customer => "customer",
        /// Nothing: it is open on a screen.
        View => "view",
    }
}

/// Somebody writes in a conversation, or stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// Where.
    pub conversation: ConversationId,
    /// Who may know: where the conversation stood.
    pub audience: Audience,
    /// Who writes.
    pub user: ActorId,
    /// Name to show.
    pub name: Option<String>,
    /// What is done.
    pub mode: TypingMode,
    /// Whether it goes on.
    pub state: TypingState,
    /// The socket it came from, which need not hear it.
    pub socket: SocketId,
}

vocabulary! {
    /// Whether somebody writes.
    pub enum TypingState {
        /// Writes.
        Active => "active",
        /// Stopped.
        Stopped => "stopped",
    }
}

vocabulary! {
    /// Whether somebody can be expected to answer.
    pub enum Availability {
        /// There.
        Online => "online",
        /// Connected, but idle or away by choice.
        Away => "away",
        /// Not connected.
        Offline => "offline",
    }
}

/// Everybody connected to one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The node.
    pub node: NodeId,
    /// Who, one entry for each person.
    pub people: Vec<Presence>,
}

/// One person's availability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Who.
    pub user: UserId,
    /// Name to show.
    pub name: Option<String>,
    /// Teams whose members may know.
    pub teams: Vec<TeamId>,
    /// How available.
    pub availability: Availability,
}
