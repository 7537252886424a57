//! What a mail says of itself beside its text: decided when it is accepted, so that every try sends the same mail.

use chrono::TimeDelta;
use patchbay_core::Code;
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::ids::MessageId;
use patchbay_core::letter::{self, is_address, is_message_id, references, reply_subject};
use patchbay_core::role::Role;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::{self, MessageRow};
use serde_json::{Value, json};

use super::accept::Draft;
use crate::error::HubError;

/// Automatic answers to one conversation: at most one in this time. Source: channel reference, automatic mail.
const ONE_AUTOMATIC_IN: TimeDelta = TimeDelta::hours(24);

/// The heading of a mail.
#[derive(Debug)]
pub(super) struct Heading {
    message_id: String,
    in_reply_to: Option<String>,
    metadata: Value,
}

impl Heading {
    /// Puts the heading on a message; answers the id to claim.
    pub(super) fn put_on(self, message: &mut MessageRow) -> String {
        message.channel_message_id = Some(self.message_id.clone());
        message.reply_to = self.in_reply_to;
        message.metadata = self.metadata;
        self.message_id
    }
}

/// The heading of an answer. Errors: 409 `CHANNEL_REFUSED` when the mailbox is gone, or when a machine would answer a
/// machine.
pub(super) async fn heading(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    row: &ConversationRow,
    draft: &Draft,
    id: MessageId,
) -> Result<Heading, HubError> {
    let inbox = directory
        .inboxes
        .get(&row.inbox_id)
        .ok_or_else(|| ApiError::new(Code::ChannelRefused, "the mailbox of this conversation is gone"))?;
    let answered = answered(tx, row, draft).await?;
    let fact = |key: &str| answered.as_ref().and_then(|message| message.metadata.get(key));
    if matches!(ctx.actor.role, Role::System | Role::AiAgent) {
        if fact("suppress_auto_reply").and_then(Value::as_bool) == Some(true) {
            return Err(ApiError::new(Code::ChannelRefused, "this mail does not want automatic answers").into());
        }
        // The system itself only writes what a person asked for.
        let answers = ctx.actor.role == Role::AiAgent;
        if answers && messages::machine_wrote_after(tx, row.id, ctx.now - ONE_AUTOMATIC_IN).await? {
            return Err(ApiError::new(Code::ChannelRefused, "one automatic answer a day is enough").into());
        }
    }
    let theirs = fact("subject").and_then(Value::as_str).or(row.subject.as_deref()).unwrap_or_default();
    let subject = match draft.metadata.get("subject").and_then(Value::as_str) {
        Some(given) => letter::one_line(given),
        None => reply_subject(theirs),
    };
    let given: Vec<String> =
        fact("references").and_then(|list| serde_json::from_value(list.clone()).ok()).unwrap_or_default();
    let in_reply_to =
        answered.as_ref().and_then(|message| message.channel_message_id.clone()).filter(|id| is_message_id(id));
    let references = in_reply_to.as_deref().map(|id| references(&given, id)).unwrap_or_default();
    let asked = fact("reply_to_address").and_then(Value::as_str).filter(|address| is_address(address));
    let to = asked.unwrap_or(&row.contact_address);
    let cc = draft.metadata.get("cc").cloned().unwrap_or_else(|| json!([]));
    Ok(Heading {
        message_id: letter::message_id(id, &inbox.address),
        in_reply_to,
        metadata: json!({ "subject": subject, "to": to, "cc": cc, "references": references }),
    })
}

/// The mail that is answered: the one that was named, else the customer's last.
async fn answered(tx: &mut Tx, row: &ConversationRow, draft: &Draft) -> Result<Option<MessageRow>, HubError> {
    let named = match &draft.reply_to {
        Some(key) => messages::id_by_key(tx, row.inbox_id, key).await?,
        None => None,
    };
    let named = match named {
        Some(id) => messages::by_id(tx, id).await?.filter(|message| message.conversation_id == row.id),
        None => None,
    };
    match named {
        Some(message) => Ok(Some(message)),
        None => Ok(messages::last_inbound(tx, row.id).await?),
    }
}
