//! Messages of a type that nobody knew when they came. When such a one comes again, out of the journal or from its
//! provider, and is understood now, it shows what it says.

use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::{InboxId, MessageId};
use patchbay_core::item::ContentType;
use patchbay_store::messages::MessageRow;
use patchbay_store::{StoreError, Tx, conversations, events, messages, statuses};
use serde_json::{Value, json};

use super::apply::Fresh;
use super::records::Records;
use super::uploads::Uploads;
use crate::feed::message_event;
use crate::resource::record;

/// Brings the stored messages among `again` up to date that were not understood and are now. Everything else that came
/// again changes nothing.
pub(super) async fn renew(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    again: Vec<Fresh<'_>>,
) -> Result<(), StoreError> {
    let understood: Vec<Fresh<'_>> =
        again.into_iter().filter(|again| again.message.content.kind != ContentType::Unsupported).collect();
    let keys: Vec<_> = understood.iter().map(|again| again.message.key()).collect();
    let keys: Vec<(InboxId, &str)> =
        understood.iter().zip(&keys).map(|(again, key)| (again.work.inbox.id, key.as_ref())).collect();
    let mut known: Vec<(MessageId, Fresh<'_>)> = Vec::new();
    let stored = statuses::known_keys(tx, &keys).await?;
    for (again, key) in understood.iter().zip(&keys) {
        let row = stored.iter().find(|row| (row.inbox_id, row.channel_message_id.as_str()) == *key);
        if let Some(row) = row {
            known.push((row.message_id, Fresh { id: row.message_id, ..*again }));
        }
    }
    if known.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<MessageId> = known.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = messages::by_ids(tx, &ids).await?;
    ids.retain(|id| rows.iter().any(|row| row.id == *id && waits(row)));
    if ids.is_empty() {
        return Ok(());
    }
    statuses::lock_messages(tx, &ids).await?;
    // What was read before the lock may be old.
    for row in messages::by_ids(tx, &ids).await?.into_iter().filter(waits) {
        if let Some((_, again)) = known.iter().find(|(id, _)| *id == row.id) {
            write(tx, ctx, directory, again, row).await?;
        }
    }
    Ok(())
}

/// Whether a message was not understood, and nobody changed it since.
fn waits(row: &MessageRow) -> bool {
    let facts = row.content.get("metadata");
    let has = |name: &str| facts.and_then(|facts| facts.get(name)).is_some_and(|fact| !fact.is_null());
    row.content_type == ContentType::Unsupported && has("unsupported") && !has("history")
}

async fn write(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    again: &Fresh<'_>,
    mut row: MessageRow,
) -> Result<(), StoreError> {
    let Some(conversation) = conversations::by_id(tx, row.conversation_id).await? else { return Ok(()) };
    let mut records = Records::with_capacity(0, Uploads::default());
    row.content = records.content(ctx, again, &conversation);
    row.content_type = again.message.content.kind;
    row.text.clone_from(&again.message.content.text);
    row.reply_to.clone_from(&again.message.reply_to);
    messages::set_content(tx, &row).await?;
    row.version += 1;
    records.write_files(tx, ctx).await?;
    let event = message_event(ctx, directory, EventName::MessageStatus, &conversation, &row);
    events::append(tx, &[event]).await?;
    let subject: Value =
        json!({ "message_id": row.id, "conversation_id": row.conversation_id, "type": row.content_type });
    record(tx, ctx, again.work.inbox.account_id, "message.renew", subject).await
}
