//! What the workers work with.

use std::sync::Arc;

use arc_swap::ArcSwap;
use object_store::ObjectStore;
use patchbay_core::clock::Clock;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ConversationId, MediaId};
use patchbay_hub::Hub;
use patchbay_hub::recovery::Reenactor;
use patchbay_store::Db;

use crate::config::WorkersConfig;
use crate::limits::RateLimits;

/// What the workers work with. Cheap to clone.
#[derive(Clone)]
pub struct Deps {
    /// The database.
    pub db: Db,
    /// Where time comes from.
    pub clock: Clock,
    /// Who works here, and the inboxes with their credentials.
    pub directory: Arc<ArcSwap<Directory>>,
    /// Where files are kept.
    pub files: Arc<dyn ObjectStore>,
    /// How fast may be sent.
    pub limits: Arc<dyn RateLimits>,
    /// Where we are reached from outside, no slash at the end: status callbacks go there.
    pub public_url: String,
    /// A link under which a provider can fetch a file of ours for a while.
    pub media_link: MediaLink,
    /// The link by which the other side of a conversation ends mail for many, where there can be one.
    pub unsubscribe_link: UnsubscribeLink,
    /// Name of this node, different from every other node's.
    pub node: String,
    /// The hub: what changes conversations goes through it.
    pub hub: Hub,
    /// The way back into the adapters, for repairs.
    pub reenactor: Reenactor,
    /// How long accepted requests are kept, in days.
    pub journal_days: u32,
    /// How the workers behave.
    pub config: WorkersConfig,
}

/// Makes a link by which somebody ends mail for many.
pub type UnsubscribeLink = Arc<dyn Fn(ConversationId) -> Option<String> + Send + Sync>;

/// Makes a link under which a provider can fetch a file of ours for a while.
pub type MediaLink = Arc<dyn Fn(MediaId) -> String + Send + Sync>;

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps").field("node", &self.node).field("config", &self.config).finish_non_exhaustive()
    }
}
