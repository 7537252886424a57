//! Writing changed messages, and telling the feed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::consent::{ConsentReason, ConsentScope, Decision, is_no_such_address};
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, MessageId};
use patchbay_core::item::{ErrorClass, StatusItem};
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
    let Some(withdrawn) = withdrawal(row.channel, class, code) else { return Ok(()) };
    withdraw(tx, ctx, (row, conversation), code, withdrawn, row.failed_at.unwrap_or(ctx.now)).await
}

/// What a report of a failure says about the address, also when the message stands higher: many servers take a mail and
/// send it back later.
pub(super) async fn heed(tx: &mut Tx, ctx: &Ctx, row: &MessageRow, report: &StatusItem) -> Result<(), StoreError> {
    let Some(error) = report.errors.first() else { return Ok(()) };
    let Some(withdrawn) = withdrawal(row.channel, error.class.as_str(), &error.code) else { return Ok(()) };
    let Some(conversation) = conversations::by_id(tx, row.conversation_id).await? else { return Ok(()) };
    withdraw(tx, ctx, (row, &conversation), &error.code, withdrawn, report.timestamp).await
}

/// What may not be written any more after a failure, and how we know.
fn withdrawal(channel: Channel, class: &str, code: &str) -> Option<(ConsentScope, ConsentReason)> {
    let refused = class == ErrorClass::OptedOut.as_str() && code != "CONTACT_OPTED_OUT";
    match channel {
        Channel::Sms | Channel::Email if refused => Some((ConsentScope::Everything, ConsentReason::Provider)),
        // The only refusal of WhatsApp that is the customer's: of advertising alone.
        Channel::Whatsapp if refused => Some((ConsentScope::Marketing, ConsentReason::Provider)),
        _ if class == ErrorClass::Permanent.as_str() && is_no_such_address(channel, code) => {
            Some((ConsentScope::Everything, ConsentReason::Bounce))
        }
        _ => None,
    }
}

async fn withdraw(
    tx: &mut Tx,
    ctx: &Ctx,
    (row, conversation): (&MessageRow, &ConversationRow),
    code: &str,
    (scope, reason): (ConsentScope, ConsentReason),
    occurred_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let word = Word {
        channel: row.channel,
        address: recipient(row, conversation),
        decision: Decision::Withdrawn,
        scope,
        reason,
        evidence: json!({ "message_id": row.id, "code": code, "channel_message_id": row.channel_message_id }),
        actor_id: None,
        occurred_at,
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
