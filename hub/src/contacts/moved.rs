//! What a merge moves, as it is remembered: enough to move it back.

use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ids::{ConversationId, IdentityId, UserId};
use patchbay_store::contact_sites::SiteOfContact;
use serde::{Deserialize, Serialize};

/// What moved.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Moved {
    /// Addresses.
    pub(super) identities: Vec<IdentityId>,
    /// Conversations.
    pub(super) conversations: Vec<ConversationId>,
    /// Those of them that had to be closed, because the other contact had an open one in the same inbox.
    pub(super) closed: Vec<Closed>,
    /// Places that the contact which stays did not have.
    pub(super) sites: Vec<SiteOfContact>,
}

/// A conversation that a merge closed, as it stood before.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Closed {
    /// The conversation.
    pub(super) id: ConversationId,
    /// The one that goes on.
    pub(super) into: ConversationId,
    /// Its state.
    pub(super) status: ConversationStatus,
    /// Who had it.
    pub(super) assigned_to: Option<UserId>,
}
