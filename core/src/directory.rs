//! A snapshot of who works here: users, teams, memberships and inboxes. Held in memory, read on every request,
//! replaced whole when something changes.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use crate::calendar::Calendar;
use crate::ids::{InboxId, SessionId, TeamId, UserId};
use crate::inbox::Inbox;
use crate::role::Role;
use crate::routing::RuleSet;
use crate::sla::SlaPolicies;

/// Who works here.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Users by id.
    pub users: BTreeMap<UserId, User>,
    /// Teams by id.
    pub teams: BTreeMap<TeamId, Team>,
    /// Inboxes by id, as their channels need them. One that is deactivated or lacks what its channel needs is there for
    /// its name only: its provider is [`crate::inbox::Provider::Unserved`].
    pub inboxes: BTreeMap<InboxId, Arc<Inbox>>,
    /// Logins that ended while tokens made from them may still be about.
    pub revoked_sessions: HashSet<SessionId>,
    /// Rules that say where a conversation belongs, compiled.
    pub routing: Arc<RuleSet>,
    /// Inboxes whose customers are asked at the end how it was.
    pub asking: BTreeSet<InboxId>,
    /// What is promised to customers.
    pub sla: Arc<SlaPolicies>,
    /// Users with an open page, on any node. Shared by all snapshots.
    pub online: OnlineUsers,
}

/// Users with an open page. The realtime part keeps it; others ask. Cheap to clone: all clones are one set.
#[derive(Clone, Debug, Default)]
pub struct OnlineUsers {
    users: Arc<RwLock<HashSet<UserId>>>,
    away: Arc<RwLock<HashSet<UserId>>>,
}

impl OnlineUsers {
    /// Whether the user has an open page and is not away.
    pub fn contains(&self, user: UserId) -> bool {
        self.users.read().unwrap_or_else(PoisonError::into_inner).contains(&user)
    }

    /// Replaces the whole set.
    pub fn replace(&self, users: HashSet<UserId>) {
        *self.users.write().unwrap_or_else(PoisonError::into_inner) = users;
    }

    /// Says who has an open page but is away from it.
    pub fn replace_away(&self, users: HashSet<UserId>) {
        *self.away.write().unwrap_or_else(PoisonError::into_inner) = users;
    }

    /// Everybody with an open page, also those who are away from it.
    pub fn with_a_page(&self) -> HashSet<UserId> {
        let mut all = self.users.read().unwrap_or_else(PoisonError::into_inner).clone();
        all.extend(self.away.read().unwrap_or_else(PoisonError::into_inner).iter().copied());
        all
    }
}

/// A person who logs in.
#[derive(Clone, Debug)]
pub struct User {
    /// Our id.
    pub id: UserId,
    /// Name to show.
    pub full_name: String,
    /// What the user is allowed to be.
    pub role: Role,
    /// Deactivated users may do nothing.
    pub is_active: bool,
    /// How many conversations the user can hold at once.
    pub capacity: i64,
    /// Teams the user belongs to.
    pub teams: BTreeSet<TeamId>,
    /// What the user can do, and how well: 1 to 5.
    pub skills: BTreeMap<String, i64>,
}

/// A team.
#[derive(Clone, Debug)]
pub struct Team {
    /// Our id.
    pub id: TeamId,
    /// Short unique name.
    pub slug: String,
    /// Name to show.
    pub name: String,
    /// Deactivated teams take no conversations.
    pub is_active: bool,
    /// Whether conversations of its queue are given out by themselves.
    pub auto_assign: bool,
    /// When it is there; `None`: it never said.
    pub calendar: Option<Arc<Calendar>>,
}

impl Directory {
    /// A team by its id or its slug.
    pub fn team(&self, id_or_slug: &str) -> Option<&Team> {
        match id_or_slug.parse::<TeamId>() {
            Ok(id) => self.teams.get(&id),
            Err(_) => self.teams.values().find(|team| team.slug == id_or_slug),
        }
    }
}
