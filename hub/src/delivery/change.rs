//! Writing changed messages, and telling the feed.

use std::collections::BTreeMap;

use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, MessageId};
use patchbay_core::item::ErrorClass;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::{StoreError, Tx, contacts, conversations, events, messages, statuses};

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

/// A provider that refuses because the customer opted out knows better than we do: from now on we do not write there.
/// Advertising alone (WhatsApp 131050) does not stop answers.
async fn suppress(
    tx: &mut Tx,
    ctx: &Ctx,
    row: &MessageRow,
    conversation: Option<&ConversationRow>,
) -> Result<(), StoreError> {
    let text = |key: &str| row.error.as_ref().and_then(|error| error.get(key)).and_then(|value| value.as_str());
    let refused = text("class") == Some(ErrorClass::OptedOut.as_str()) && row.channel == Channel::Sms;
    if let Some(conversation) = conversation.filter(|_| refused) {
        contacts::opt_out(tx, row.channel, &conversation.contact_address, "provider", ctx.now).await?;
    }
    Ok(())
}
