//! Writing changed messages, and telling the feed.

use std::collections::BTreeMap;

use patchbay_core::channel::Channel;
use patchbay_core::consent::{ConsentReason, ConsentScope, Decision, is_no_such_address};
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, MessageId};
use patchbay_core::item::ErrorClass;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::{StoreError, Tx, conversations, events, messages, statuses};
use serde_json::{Value, json};

use crate::consent::{Word, keep};
use crate::feed::message_event;
use crate::provider_templates;

/// A message, held until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
    statuses::lock_messages(tx, &[id]).await?;
    messages::by_id(tx, id).await
}

/// Writes the delivery of `rows` as it stands and appends one `message.status` event for each.
pub(crate) async fn write(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    rows: &mut [MessageRow],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    statuses::update(tx, rows).await?;
    let mut ids: Vec<ConversationId> = rows.iter().map(|row| row.conversation_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let conversations: BTreeMap<ConversationId, ConversationRow> =
        conversations::by_ids(tx, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut told = Vec::with_capacity(rows.len());
    for row in rows.iter_mut() {
        row.version += 1;
        if let Some(conversation) = conversations.get(&row.conversation_id) {
            told.push(message_event(ctx, directory, EventName::MessageStatus, conversation, row));
        }
        suppress(tx, ctx, row, conversations.get(&row.conversation_id)).await?;
        provider_templates::withhold(tx, ctx, row).await?;
    }
    events::append(tx, &told).await
}

/// What a failure says about the address: the customer opted out with the provider, does not want advertising there, or
/// there is nobody. From now on we do not write there.
async fn suppress(
    tx: &mut Tx,
    ctx: &Ctx,
    row: &MessageRow,
    conversation: Option<&ConversationRow>,
) -> Result<(), StoreError> {
    let Some(conversation) = conversation.filter(|_| row.status == DeliveryStatus::Failed) else { return Ok(()) };
    let text =
        |key: &str| row.error.as_ref().and_then(|error| error.get(key)).and_then(Value::as_str).unwrap_or_default();
    let (class, code) = (text("class"), text("code"));
    let refused = class == ErrorClass::OptedOut.as_str() && code != "CONTACT_OPTED_OUT";
    let (scope, reason) = match row.channel {
        Channel::Sms | Channel::Email if refused => (ConsentScope::Everything, ConsentReason::Provider),
        // The only refusal of WhatsApp that is the customer's: of advertising alone.
        Channel::Whatsapp if refused => (ConsentScope::Marketing, ConsentReason::Provider),
        Channel::Email if class == ErrorClass::Permanent.as_str() && is_no_such_address(code) => {
            (ConsentScope::Everything, ConsentReason::Bounce)
        }
        _ => return Ok(()),
    };
    let word = Word {
        channel: row.channel,
        address: recipient(row, conversation),
        decision: Decision::Withdrawn,
        scope,
        reason,
        evidence: json!({ "message_id": row.id, "code": code, "channel_message_id": row.channel_message_id }),
        actor_id: None,
        occurred_at: row.failed_at.unwrap_or(ctx.now),
        // The provider's own event about the same message says the same.
        said_in: row.channel_message_id.as_deref(),
    };
    keep(tx, ctx, &word).await.map(drop)
}

/// Whom a message goes to: a mail says it itself.
pub(super) fn recipient<'a>(row: &'a MessageRow, conversation: &'a ConversationRow) -> &'a str {
    let named = row.metadata.get("to").and_then(Value::as_str).filter(|_| row.channel == Channel::Email);
    named.unwrap_or(&conversation.contact_address)
}
