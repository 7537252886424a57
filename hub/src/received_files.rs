//! Files that customers sent: what the message says of them once they were fetched, or could not be.

use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::MediaId;
use patchbay_core::media::MediaFailure;
use patchbay_store::media::{self, MediaRow, MediaStatus};
use patchbay_store::{StoreError, Tx, conversations, events, messages, statuses};
use serde_json::{Value, json};

use crate::feed::message_event;

/// A file that lies in the object store.
#[derive(Clone, Copy, Debug)]
pub struct KeptFile<'a> {
    /// Type, as the provider says on delivery.
    pub mime_type: &'a str,
    /// Size.
    pub size_bytes: i64,
    /// SHA-256, lowercase hex.
    pub sha256: &'a str,
    /// Where it lies.
    pub storage_key: &'a str,
}

/// A received file that still has to be fetched, or is tried once more. `None`: there is none, or it is here.
pub async fn awaited(tx: &mut Tx, id: MediaId) -> Result<Option<MediaRow>, StoreError> {
    Ok(media::by_id(tx, id).await?.filter(|row| row.status != MediaStatus::Ready))
}

/// A file was fetched: row, message and feed say so.
pub async fn kept(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    id: MediaId,
    file: &KeptFile<'_>,
) -> Result<(), StoreError> {
    media::ready(tx, id, file.mime_type, file.size_bytes, file.sha256, file.storage_key, ctx.now).await?;
    let facts = json!({
        "status": MediaStatus::Ready.as_str(), "mime_type": file.mime_type, "size": file.size_bytes,
        "sha256_hex": file.sha256, "failure": null,
    });
    tell(tx, ctx, directory, id, facts).await
}

/// A file cannot be had: row, message and feed say so.
pub async fn lost(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    id: MediaId,
    failure: MediaFailure,
) -> Result<(), StoreError> {
    media::failed(tx, id, failure.as_str(), ctx.now).await?;
    let facts = json!({ "status": MediaStatus::Failed.as_str(), "failure": failure.as_str() });
    tell(tx, ctx, directory, id, facts).await
}

async fn tell(tx: &mut Tx, ctx: &Ctx, directory: &Directory, id: MediaId, facts: Value) -> Result<(), StoreError> {
    let Some(message_id) = media::by_id(tx, id).await?.and_then(|row| row.message_id) else { return Ok(()) };
    statuses::lock_messages(tx, &[message_id]).await?;
    let Some(mut message) = messages::by_id(tx, message_id).await? else { return Ok(()) };
    let name = Value::from(id.to_string());
    let files = message.content.get_mut("media").and_then(Value::as_array_mut);
    let Some(file) = files.into_iter().flatten().find(|file| file.get("media_id") == Some(&name)) else {
        return Ok(());
    };
    if let (Some(file), Value::Object(facts)) = (file.as_object_mut(), facts) {
        file.extend(facts);
    }
    messages::set_content(tx, &message).await?;
    message.version += 1;
    let conversation = conversations::by_id(tx, message.conversation_id).await?.ok_or(StoreError::NoRow)?;
    let event = message_event(ctx, directory, EventName::MessageStatus, &conversation, &message);
    events::append(tx, &[event]).await
}
