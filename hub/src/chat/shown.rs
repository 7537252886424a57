//! What a visitor is shown of messages and conversations: the same shapes as elsewhere, without what is ours alone.

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{MediaId, MessageId};
use patchbay_core::item::ContentType;
use patchbay_core::secret::Secret;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// A message as its visitor sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShownMessage {
    /// Our id.
    pub message_id: Uuid,
    /// Conversation it belongs to.
    pub conversation_id: Uuid,
    /// Its place there, from 1: rises with every message, also when some were never shown.
    pub seq: i64,
    /// Always `chat`.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// The id that the visitor gave it.
    pub client_message_id: Option<String>,
    /// `inbound`: from the visitor; `outbound`: to the visitor.
    #[schema(value_type = String)]
    pub direction: Direction,
    /// Who wrote it.
    pub sender: ShownSender,
    /// What was said.
    pub content: ShownContent,
    /// The message it answers.
    pub reply_to: Option<String>,
    /// When it was written.
    pub timestamp: DateTime<Utc>,
    /// Where it stands: `received` for the visitor's own.
    #[schema(value_type = String)]
    pub status: DeliveryStatus,
    /// To be marked as delivered once it was shown.
    #[serde(skip)]
    pub(crate) awaits_delivery: bool,
}

/// Who wrote a message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShownSender {
    /// `customer`, `agent`, `ai` or `system`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: SenderType,
    /// Name to show.
    pub name: Option<String>,
    /// Picture to show; initials stand in for it.
    pub avatar_url: Option<String>,
}

/// What was said.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShownContent {
    /// Kind of content.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: ContentType,
    /// The text, or the caption.
    pub text: Option<String>,
    /// Where the first file can be had, for a while.
    pub media_url: Option<String>,
    /// Files: `{media_id, mime_type, filename, size, status, url}`.
    pub media: Vec<Value>,
    /// Facts by content type.
    pub metadata: Value,
}

/// What links to files are made with.
pub(super) struct Links<'a> {
    pub(super) secret: &'a Secret,
    pub(super) now: DateTime<Utc>,
}

impl ShownMessage {
    pub(super) fn of(row: &MessageRow, links: &Links<'_>) -> Self {
        let is_own = row.direction == Direction::Inbound;
        let media: Vec<Value> = row
            .content
            .get("media")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|file| shown_file(file, links))
            .collect();
        let media_url = media.first().and_then(|file| file.get("url")).and_then(Value::as_str).map(str::to_owned);
        // What we keep about our own answers is for us.
        let metadata =
            row.content.get("metadata").filter(|_| is_own).cloned().unwrap_or_else(|| Value::Object(Map::new()));
        let shown = !matches!(row.status, DeliveryStatus::Failed);
        Self {
            message_id: row.id.into(),
            conversation_id: row.conversation_id.into(),
            seq: row.seq,
            channel: row.channel,
            client_message_id: row.channel_message_id.clone().filter(|_| is_own),
            direction: row.direction,
            sender: ShownSender { kind: row.sender_type, name: row.sender_name.clone(), avatar_url: None },
            content: ShownContent { kind: row.content_type, text: row.text.clone(), media_url, media, metadata },
            reply_to: row.reply_to.clone(),
            timestamp: row.occurred_at,
            status: row.status,
            awaits_delivery: !is_own && shown && row.status.rank() < DeliveryStatus::Delivered.rank(),
        }
    }

    /// Our id.
    pub fn id(&self) -> MessageId {
        self.message_id.into()
    }

    /// Whether a visitor sees it: an answer that could not be sent is not there.
    pub fn is_shown(&self) -> bool {
        self.direction == Direction::Inbound || self.status != DeliveryStatus::Failed
    }

    /// Whether it should be marked as delivered once it reached the visitor.
    pub fn awaits_delivery(&self) -> bool {
        self.awaits_delivery
    }
}

fn shown_file(file: &Value, links: &Links<'_>) -> Value {
    let id: Option<MediaId> = file.get("media_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let is_ready = file.get("status").and_then(Value::as_str) == Some("ready");
    let url = id.filter(|_| is_ready).map(|id| crate::files::link("", links.secret, id, links.now));
    json!({
        "media_id": id, "mime_type": file.get("mime_type"), "filename": file.get("filename"),
        "size": file.get("size"), "status": file.get("status"), "url": url,
    })
}

/// A conversation as its visitor sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownConversation {
    /// Our id.
    pub id: Uuid,
    /// `open` or `closed`; a message opens it again.
    pub status: &'static str,
    /// Sequence of its newest message.
    pub last_seq: i64,
    /// Messages to the visitor that were not read.
    pub unread_count: i64,
    /// The visitor's messages up to this sequence were read.
    pub read_until_seq: Option<i64>,
    /// Who has it.
    pub agent: Option<ShownAgent>,
    /// It is over, and nobody said yet how it was.
    pub asks_satisfaction: bool,
}

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownAgent {
    /// Name to show.
    pub name: String,
    /// Picture to show; initials stand in for it.
    pub avatar_url: Option<String>,
}

impl ShownConversation {
    pub(super) fn of(
        row: &ConversationRow,
        agent: Option<String>,
        read_until_seq: Option<i64>,
        unread_count: i64,
    ) -> Self {
        Self {
            id: row.id.into(),
            status: if row.status == ConversationStatus::Closed { "closed" } else { "open" },
            last_seq: row.last_seq,
            unread_count,
            read_until_seq,
            agent: agent.map(|name| ShownAgent { name, avatar_url: None }),
            asks_satisfaction: false,
        }
    }
}
