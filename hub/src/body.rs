//! The JSON bodies of messages and conversations, in answers and in the feed. Source: contract, the hub's bodies.

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::conversation::{ConversationStatus, Priority};
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::directory::Directory;
use patchbay_core::item::ContentType;
use patchbay_core::satisfaction::Rating;
use patchbay_core::sla::SlaTrack;
use patchbay_core::ticket::SlaStatus;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::satisfaction::AnswerRow;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::files::has_thumbnail;

/// A message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageBody {
    /// Our id.
    pub message_id: Uuid,
    /// Conversation it belongs to.
    pub conversation_id: Uuid,
    /// Its place there, from 1.
    pub seq: i64,
    /// Channel.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// The provider's id.
    pub channel_message_id: Option<String>,
    /// The sender's own id of an outbound message.
    pub client_message_id: Option<Uuid>,
    /// `inbound` or `outbound`.
    #[schema(value_type = String)]
    pub direction: Direction,
    /// Who wrote it.
    pub sender: SenderBody,
    /// What was said.
    pub content: ContentBody,
    /// Provider id of the message this answers.
    pub reply_to: Option<String>,
    /// When it was written.
    pub timestamp: DateTime<Utc>,
    /// Where it stands.
    #[schema(value_type = String)]
    pub status: DeliveryStatus,
    /// Why it failed: `{code, class, message}`.
    pub error: Option<Value>,
    /// When the provider accepted it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it reached the recipient's device.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When the recipient saw it.
    pub read_at: Option<DateTime<Utc>>,
    /// When it failed.
    pub failed_at: Option<DateTime<Utc>>,
    /// Facts about the message as a whole.
    pub metadata: Value,
    /// Grows with every change; keep the higher one.
    pub version: i64,
}

/// Who wrote a message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SenderBody {
    /// `customer`, `agent`, `ai`, `system` or `vendor`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: SenderType,
    /// A contact or a user.
    pub id: Option<Uuid>,
    /// Name when it was written.
    pub name: Option<String>,
}

/// What was said.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContentBody {
    /// Kind of content.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: ContentType,
    /// The text, or the caption.
    pub text: Option<String>,
    /// Where the first file can be had, once it can.
    pub media_url: Option<String>,
    /// Attached files: `{media_id, url, thumbnail_url?, mime_type, filename, size, sha256_hex, status, failure?}`, where
    /// `status` is `pending`, `ready` or `failed`.
    pub media: Value,
    /// Facts by content type.
    pub metadata: Value,
}

/// The files of a message, with the addresses where they can be had.
fn files(row: &MessageRow) -> Value {
    let mut files = row.content.get("media").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    for file in files.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let Some(id) = file.get("media_id").and_then(Value::as_str) else { continue };
        let url = format!("/api/v1/media/{id}");
        let text = |key: &str| file.get(key).and_then(Value::as_str).unwrap_or_default();
        if text("status") == "ready" && has_thumbnail(text("mime_type")) {
            file.insert("thumbnail_url".into(), format!("{url}/thumbnail").into());
        }
        file.insert("url".into(), url.into());
    }
    files
}

impl From<&MessageRow> for MessageBody {
    fn from(row: &MessageRow) -> Self {
        let media = files(row);
        let first =
            media.get(0).filter(|file| file.get("status").and_then(Value::as_str).is_none_or(|it| it == "ready"));
        let media_url = first.and_then(|file| file.get("url")).and_then(Value::as_str).map(str::to_owned);
        Self {
            message_id: row.id.into(),
            conversation_id: row.conversation_id.into(),
            seq: row.seq,
            channel: row.channel,
            channel_message_id: row.channel_message_id.clone(),
            client_message_id: row.client_message_id,
            direction: row.direction,
            sender: SenderBody { kind: row.sender_type, id: row.sender_id, name: row.sender_name.clone() },
            content: ContentBody {
                kind: row.content_type,
                text: row.text.clone(),
                media_url,
                media,
                metadata: row.content.get("metadata").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new())),
            },
            reply_to: row.reply_to.clone(),
            timestamp: row.occurred_at,
            status: row.status,
            error: row.error.clone(),
            sent_at: row.sent_at,
            delivered_at: row.delivered_at,
            read_at: row.read_at,
            failed_at: row.failed_at,
            metadata: row.metadata.clone(),
            version: row.version,
        }
    }
}

/// A conversation. In the feed `last_message` and `tickets` may be absent: keep what you have.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConversationBody {
    /// Our id.
    pub id: Uuid,
    /// Inbox it happens in.
    pub inbox: InboxRef,
    /// Channel of the inbox.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// Where it stands.
    #[schema(value_type = String)]
    pub status: ConversationStatus,
    /// How urgent it is.
    #[schema(value_type = String)]
    pub priority: Priority,
    /// What it is about.
    pub subject: Option<String>,
    /// Who writes.
    pub contact: ContactRef,
    /// Team whose queue it belongs to.
    pub team: Option<TeamRef>,
    /// Who has it.
    pub assigned_to: Option<UserRef>,
    /// Its newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_message: Option<MessageBody>,
    /// When the newest message was stored.
    pub last_message_at: DateTime<Utc>,
    /// Sequence of its newest message.
    pub last_seq: i64,
    /// Customer messages that nobody who may answer has read.
    pub unread_count: i64,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<DateTime<Utc>>,
    /// End of WhatsApp's service window.
    pub window_expires_at: Option<DateTime<Utc>>,
    /// Hidden from the queue until then.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// Deadlines.
    pub sla: SlaBody,
    /// Names of its tags.
    pub tags: Value,
    /// Tickets made from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tickets: Option<Vec<TicketRef>>,
    /// What the customer said of how they were helped, once they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<SatisfactionBody>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Why it was closed.
    pub close_reason: Option<String>,
    /// The closed conversation this one follows.
    pub previous_conversation_id: Option<Uuid>,
    /// Grows with every change; keep the higher one.
    pub version: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// An inbox, in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InboxRef {
    /// Our id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
}

/// A contact, in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContactRef {
    /// Our id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The address it writes from here.
    pub address: String,
}

/// A team, in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TeamRef {
    /// Our id.
    pub id: Uuid,
    /// Its slug.
    pub slug: String,
}

/// A user, in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UserRef {
    /// Our id.
    pub id: Uuid,
    /// The name.
    pub name: String,
}

/// A ticket, in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TicketRef {
    /// Our id.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// Its state.
    pub state: String,
}

/// What a customer said of how they were helped.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SatisfactionBody {
    /// From 1, the worst, to 5.
    #[schema(value_type = i64, minimum = 1, maximum = 5)]
    pub rating: Rating,
    /// In their own words.
    pub comment: Option<String>,
    /// When they said it.
    pub answered_at: DateTime<Utc>,
}

impl From<AnswerRow> for SatisfactionBody {
    fn from(row: AnswerRow) -> Self {
        Self { rating: row.rating, comment: row.comment, answered_at: row.answered_at }
    }
}

/// Deadlines of a conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SlaBody {
    /// When somebody must have answered.
    pub first_response_due_at: Option<DateTime<Utc>>,
    /// When it must be done.
    pub resolution_due_at: Option<DateTime<Utc>>,
    /// `healthy`, `warning` or `breach`.
    pub status: &'static str,
    /// Since when the time until it must be done stands still: the customer's answer is awaited.
    pub paused_since: Option<DateTime<Utc>>,
}

impl Default for SlaBody {
    /// Nothing is promised.
    fn default() -> Self {
        let status = SlaStatus::Healthy.as_str();
        Self { first_response_due_at: None, resolution_due_at: None, status, paused_since: None }
    }
}

impl From<&SlaTrack> for SlaBody {
    fn from(track: &SlaTrack) -> Self {
        Self {
            first_response_due_at: track.first_response.due_at,
            resolution_due_at: track.resolution.due_at,
            status: track.status().as_str(),
            paused_since: track.paused_since,
        }
    }
}

impl ConversationBody {
    /// The body of a row, with names from the directory; without last message and tickets.
    pub fn of(row: &ConversationRow, directory: &Directory) -> Self {
        Self {
            id: row.id.into(),
            inbox: InboxRef {
                id: row.inbox_id.into(),
                name: directory.inboxes.get(&row.inbox_id).map(|inbox| inbox.name.clone()).unwrap_or_default(),
            },
            channel: row.channel,
            status: row.status,
            priority: row.priority,
            subject: row.subject.clone(),
            contact: ContactRef {
                id: row.contact_id.into(),
                name: row.contact_name.clone(),
                address: row.contact_address.clone(),
            },
            team: row
                .team_id
                .and_then(|id| directory.teams.get(&id))
                .map(|team| TeamRef { id: team.id.into(), slug: team.slug.clone() }),
            assigned_to: row.assigned_to.map(|id| UserRef {
                id: id.into(),
                name: directory.users.get(&id).map(|user| user.full_name.clone()).unwrap_or_default(),
            }),
            last_message: None,
            last_message_at: row.last_message_at,
            last_seq: row.last_seq,
            unread_count: (row.inbound_count - row.read_inbound_count).max(0),
            waiting_since: row.waiting_since,
            window_expires_at: row.window_expires_at,
            snoozed_until: row.snoozed_until,
            sla: row.sla.as_ref().map(SlaBody::from).unwrap_or_default(),
            tags: row.tags.clone(),
            tickets: None,
            satisfaction: None,
            closed_at: row.closed_at,
            close_reason: row.close_reason.map(|reason| reason.to_string()),
            previous_conversation_id: row.previous_conversation_id.map(Into::into),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    /// The same with its newest message.
    #[must_use]
    pub fn with_last_message(mut self, message: Option<&MessageRow>) -> Self {
        self.last_message = message.map(MessageBody::from);
        self
    }
}
