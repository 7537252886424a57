//! How urgently a message wants to leave, against the others of its inbox.

use patchbay_core::channel::SenderType;
use patchbay_core::item::ContentType;
use patchbay_core::job::JobQueue;
use patchbay_core::vocabulary;
use patchbay_store::messages::MessageRow;
use serde_json::Value;

vocabulary! {
    /// How urgently a message wants to leave. Each lane of an inbox keeps its own pace and pauses alone.
    pub enum Lane {
        /// The answer of a person: somebody waits for it.
        High => "high",
        /// Templates, and what machines write.
        Normal => "normal",
        /// The same for many: campaigns, digests.
        Bulk => "bulk",
    }
}

impl Lane {
    /// The lane of a message.
    pub fn of(message: &MessageRow) -> Self {
        if message.metadata.get("bulk").and_then(Value::as_bool) == Some(true) {
            return Self::Bulk;
        }
        Self::by(message.sender_type, message.content_type)
    }

    /// The lane by who writes and what.
    pub fn by(sender: SenderType, content: ContentType) -> Self {
        match (sender, content) {
            (SenderType::Agent, ContentType::Template) => Self::Normal,
            (SenderType::Agent, _) => Self::High,
            _ => Self::Normal,
        }
    }

    /// The queue its jobs wait in.
    pub fn queue(self) -> JobQueue {
        match self {
            Self::High => JobQueue::High,
            Self::Normal => JobQueue::Default,
            Self::Bulk => JobQueue::Low,
        }
    }
}
