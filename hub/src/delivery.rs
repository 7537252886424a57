//! The delivery of messages that we send: from the attempt row before the call to the last tick. The sender and the
//! intake both write through here, so the lattice of states and the feed stay right whoever comes first.

mod again;
mod attempt;
mod change;
mod lane;
mod recipient;
mod report;

use patchbay_core::ids::ConversationId;
use patchbay_core::item::{ErrorClass, ProviderError};
use serde::{Deserialize, Serialize};

pub(crate) use change::write;

pub use again::{FailedTry, TriedAgain, as_link, is_link, replay, was_refused};
pub use attempt::{
    Begun, Burial, Outgoing, accept, begin, fail, interrupted, never_sent, outgoing, postpone, unconfirmed,
};
pub use lane::Lane;
pub use recipient::learn;
pub use report::{Applied, Report, apply_statuses};

/// The lane of a conversation: its messages are handed over one at a time, in order.
pub fn lane(conversation: ConversationId) -> String {
    conversation.to_string()
}

/// Why a message did not go out: what the agent is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendError {
    /// The provider's code, or one of ours.
    pub code: String,
    /// What it means for the message.
    pub class: ErrorClass,
    /// For people. May be the provider's words: shown to agents, never logged.
    pub message: String,
}

impl SendError {
    /// An error of our own.
    pub fn ours(code: &str, class: ErrorClass, message: &str) -> Self {
        Self { code: code.into(), class, message: message.into() }
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "code": self.code, "class": self.class.as_str(), "message": self.message })
    }
}

impl From<&ProviderError> for SendError {
    fn from(error: &ProviderError) -> Self {
        let message = error.details.as_deref().or(error.message.as_deref()).or(error.title.as_deref());
        Self { code: error.code.clone(), class: error.class, message: message.unwrap_or_default().into() }
    }
}
