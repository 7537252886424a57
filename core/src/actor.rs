//! Who acts, and within which limits.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::ids::{AccountId, ActorId, ConversationId, SessionId, SiteId, TeamId, UserId};
use crate::role::{ActorType, Portal, Role};
use crate::tool::Grant;

/// Id of the gateway of tools as an actor; no login has it.
const GATEWAY: u128 = 1;

/// Whoever acts, as proven by a token.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Subject of the token.
    pub id: ActorId,
    /// Name to show, if known.
    pub name: Option<String>,
    /// What the actor is allowed to be.
    pub role: Role,
    /// What kind of being acts.
    pub actor_type: ActorType,
    /// Accounts the actor may touch.
    pub accounts: Scope<AccountId>,
    /// Sites the actor may touch.
    pub sites: Scope<SiteId>,
    /// Teams whose conversations the actor may see.
    pub teams: BTreeSet<TeamId>,
    /// Portal the token was made for.
    pub portal: Option<Portal>,
    /// The login the token belongs to, when it came from one.
    pub session: Option<SessionId>,
    /// The one conversation an assistant's token is bound to.
    pub conversation: Option<ConversationId>,
    /// Which kinds of tools the token opens.
    pub tools: Grant,
}

/// A set of ids an actor may touch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope<Id: Ord> {
    /// Every one (`*`).
    All,
    /// Just these; none when empty.
    Only(BTreeSet<Id>),
}

impl<Id: Ord> Scope<Id> {
    /// Nothing.
    pub fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// Whether `id` is within.
    pub fn allows(&self, id: &Id) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(id),
        }
    }

    /// Whether nothing is within.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Only(ids) if ids.is_empty())
    }
}

impl Actor {
    /// The system itself: workers and ingress.
    pub fn system() -> Self {
        Self {
            id: ActorId(Uuid::nil()),
            name: Some("Patchbay".into()),
            role: Role::System,
            actor_type: ActorType::System,
            accounts: Scope::All,
            sites: Scope::All,
            teams: BTreeSet::new(),
            portal: Some(Portal::Service),
            session: None,
            conversation: None,
            tools: Grant::Everything,
        }
    }

    /// The gateway of tools: what a customer or a person of ours has confirmed it carries out as itself, never as the
    /// assistant that drafted it. A pause of automation holds for it.
    pub fn gateway() -> Self {
        Self {
            id: ActorId(Uuid::from_u128(GATEWAY)),
            name: Some("Tool gateway".into()),
            actor_type: ActorType::Service,
            ..Self::system()
        }
    }

    /// The actor as a user of the hub.
    pub fn user_id(&self) -> UserId {
        UserId(self.id.0)
    }

    /// Whether account and site are both within the actor's limits.
    pub fn may_touch(&self, account: AccountId, site: SiteId) -> bool {
        self.accounts.allows(&account) && self.sites.allows(&site)
    }
}
