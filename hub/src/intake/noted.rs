//! What a provider tells beside messages and their states, kept in the audit log. An entry names what happened and to
//! whom of ours; what a customer or the provider wrote in words stays out.

use chrono::TimeDelta;
use patchbay_core::ctx::Ctx;
use patchbay_core::item::EventItem;
use patchbay_store::{StoreError, Tx, contacts, webhook_tokens};
use serde_json::{Value, json};

use super::Work;
use crate::resource::record;

/// How long an event is remembered that was told: providers repeat themselves for a week, sometimes for longer.
const REMEMBERED_FOR: TimeDelta = TimeDelta::days(30);
/// Longest word of a provider that is kept.
const LONGEST_WORD: usize = 64;

/// Notes an event that the provider tells of one of our numbers, once.
pub(super) async fn note(tx: &mut Tx, ctx: &Ctx, work: &Work, event: &EventItem) -> Result<(), StoreError> {
    let subject = match event.kind.as_str() {
        "provider.notice" => json!({ "inbox_id": work.inbox.id, "field": word(event.data.get("field")) }),
        "provider.error" => json!({ "inbox_id": work.inbox.id, "codes": codes(event) }),
        _ => return Ok(()),
    };
    tell(tx, ctx, work, event, subject).await
}

/// A customer says the number changed: the new one becomes theirs too, unless it is somebody's already. History stays
/// where it is: numbers get recycled.
pub(super) async fn new_number(
    tx: &mut Tx,
    ctx: &Ctx,
    work: &Work,
    event: &EventItem,
    (old, new): (&str, &str),
) -> Result<(), StoreError> {
    let channel = work.inbox.channel;
    let known = contacts::known_addresses(tx, &[(channel, old), (channel, new)]).await?;
    let of = |address: &str| known.iter().find(|row| row.address == address).map(|row| row.contact_id);
    let owner = of(old);
    let result = match (owner, of(new)) {
        (_, Some(_)) => "somebody_has_it",
        (None, None) => "unknown_contact",
        (Some(contact_id), None) => {
            let address = new.to_owned();
            let identity = contacts::NewIdentity { contact_id, channel, address, linked_by: "number_change" };
            contacts::insert_identities(tx, &[identity], ctx.now).await?;
            "added"
        }
    };
    let subject = json!({ "inbox_id": work.inbox.id, "contact_id": owner, "result": result });
    tell(tx, ctx, work, event, subject).await
}

async fn tell(tx: &mut Tx, ctx: &Ctx, work: &Work, event: &EventItem, subject: Value) -> Result<(), StoreError> {
    // Its time is part of its name: the same may happen again next month, in the same words.
    let id = event.data.get("id").and_then(Value::as_str).unwrap_or_default();
    let name = format!("event:{}:{}:{id}:{}", work.inbox.id, event.kind, event.timestamp.timestamp());
    if webhook_tokens::remember(tx, &name, "", ctx.now + REMEMBERED_FOR).await?.is_some() {
        return Ok(());
    }
    record(tx, ctx, work.inbox.account_id, &event.kind, subject).await
}

fn codes(event: &EventItem) -> Vec<String> {
    let errors = event.data.get("errors").and_then(Value::as_array);
    errors.into_iter().flatten().filter_map(|error| word(error.get("code"))).collect()
}

/// A name that the provider gives to things, such as `account_update`; never a sentence.
fn word(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let is_word = (1..=LONGEST_WORD).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    is_word.then(|| text.to_owned())
}
