//! Edits and withdrawals of messages: shown, and what was said before is kept. They may come in any order, several times,
//! and before the message itself; the message looks the same in the end.

use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::{InboxId, MessageId, RecordId};
use patchbay_core::item::EventItem;
use patchbay_store::messages::MessageRow;
use patchbay_store::parked_changes::{self, ParkedChange};
use patchbay_store::{StoreError, Tx, conversations, events, messages, statuses};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::feed::message_event;

/// One change of a message, as it stands in `content.metadata.history`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Change {
    /// When it was made.
    at: String,
    /// Names it, so that it counts once.
    id: String,
    /// `edited` or `revoked`.
    kind: String,
    /// What it says from then on.
    text: Option<String>,
}

impl Change {
    fn of(event: &EventItem) -> Option<(String, Self)> {
        let kind = match event.kind.as_str() {
            "message.edited" => "edited",
            "message.revoked" => "revoked",
            _ => return None,
        };
        let text = |key: &str| event.data.get(key).and_then(Value::as_str).map(str::to_owned);
        let at = event.timestamp.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let id = text("id").unwrap_or_else(|| at.clone());
        Some((text("target")?, Self { at, id, kind: kind.into(), text: text("text") }))
    }
}

/// Applies an event about a message, or keeps it until that message comes.
pub(super) async fn apply(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    inbox: InboxId,
    event: &EventItem,
) -> Result<(), StoreError> {
    let Some((target, change)) = Change::of(event) else { return Ok(()) };
    if let Some(id) = messages::id_by_key(tx, inbox, &target).await? {
        return write(tx, ctx, directory, id, change).await;
    }
    let name = [target.as_str(), &change.kind, &change.id].join("\u{1f}");
    let id = RecordId(Uuid::new_v5(&inbox.into(), name.as_bytes()));
    let event = serde_json::to_value(event).expect("an event is plain data");
    parked_changes::park(tx, id, &ParkedChange { inbox_id: inbox, channel_message_id: target, event }, ctx.now).await
}

/// Applies what waited for messages that came at the same time. Source: ours; run by the sweep.
pub async fn apply_ripe(tx: &mut Tx, ctx: &Ctx, directory: &Directory) -> Result<(), StoreError> {
    let parked = parked_changes::take_ripe(tx).await?;
    apply_all(tx, ctx, directory, parked).await
}

/// Applies what waited for messages that are there now.
pub(super) async fn apply_all(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    parked: Vec<ParkedChange>,
) -> Result<(), StoreError> {
    for parked in parked {
        if let Ok(event) = serde_json::from_value::<EventItem>(parked.event) {
            apply(tx, ctx, directory, parked.inbox_id, &event).await?;
        }
    }
    Ok(())
}

async fn write(tx: &mut Tx, ctx: &Ctx, directory: &Directory, id: MessageId, change: Change) -> Result<(), StoreError> {
    statuses::lock_messages(tx, &[id]).await?;
    let Some(mut row) = messages::by_id(tx, id).await? else { return Ok(()) };
    if !put(&mut row, change) {
        return Ok(());
    }
    messages::set_content(tx, &row).await?;
    row.version += 1;
    let Some(conversation) = conversations::by_id(tx, row.conversation_id).await? else { return Ok(()) };
    let event = message_event(ctx, directory, EventName::MessageStatus, &conversation, &row);
    events::append(tx, &[event]).await
}

/// Puts a change into a message. `false`: it is there already.
fn put(row: &mut MessageRow, change: Change) -> bool {
    let text = row.text.clone();
    let Some(facts) = row.content.get_mut("metadata").and_then(Value::as_object_mut) else { return false };
    let known = facts.get("history").cloned().unwrap_or_else(|| json!([]));
    let mut history: Vec<Change> = serde_json::from_value(known).unwrap_or_default();
    if history.iter().any(|known| known.kind == change.kind && known.id == change.id) {
        return false;
    }
    history.push(change);
    history.sort();
    let original = facts.entry("original_text").or_insert_with(|| json!(text)).as_str().map(str::to_owned);
    let latest = |kind: &str| history.iter().rev().find(|change| change.kind == kind);
    let edited = latest("edited");
    let revoked = latest("revoked");
    row.text = if revoked.is_some() { None } else { edited.map_or(original, |change| change.text.clone()) };
    facts.insert("edited_at".into(), json!(edited.map(|change| &change.at)));
    facts.insert("revoked_at".into(), json!(revoked.map(|change| &change.at)));
    facts.insert("history".into(), json!(history));
    true
}
