//! The envelope: entries, changes, and the lists inside them, each element on its own.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::item::{EventItem, Item};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::fields;
use super::message::{Author, Contacts, Context, message};
use super::status::status;
use crate::digest;
use crate::json::{element, list, object, put, text, unix_time, word};
use crate::text::shortened;

/// What a notification holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// For another product of Meta on the same endpoint: acknowledge, nothing else.
    Foreign,
    /// The changes, in the provider's order.
    Changes(Vec<Change>),
}

/// What happened to one of our numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Meta's id of our number. Absent in changes about the business account as a whole.
    pub phone_number_id: Option<String>,
    /// Meta's id of the business account.
    pub waba_id: Option<String>,
    /// What happened, in the provider's order.
    pub items: Vec<Item>,
}

/// The bytes are not a notification: broken JSON, or JSON of another shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a notification")]
pub struct Malformed;

#[derive(Deserialize)]
struct Notification<'a> {
    object: Option<Value>,
    #[serde(borrow)]
    entry: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    id: Option<Value>,
    time: Option<Value>,
    #[serde(borrow)]
    changes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawChange<'a> {
    field: Option<Value>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Body<'a> {
    metadata: Option<Value>,
    #[serde(borrow)]
    contacts: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    message_echoes: Option<&'a RawValue>,
    #[serde(borrow)]
    statuses: Option<&'a RawValue>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
}

/// Reads a notification. `received_at` stands in where the provider tells no time.
pub fn parse(body: &[u8], received_at: DateTime<Utc>) -> Result<Payload, Malformed> {
    let notification: Notification<'_> = serde_json::from_slice(body).map_err(|_| Malformed)?;
    if notification.object.as_ref().and_then(Value::as_str) != Some("whatsapp_business_account") {
        return Ok(Payload::Foreign);
    }
    let mut changes = Vec::new();
    for raw in list(notification.entry).map_err(|_| Malformed)? {
        entry(raw.get(), received_at, &mut changes);
    }
    Ok(Payload::Changes(changes))
}

/// What stands around a change.
struct Surroundings {
    waba_id: Option<String>,
    /// When the provider says the entry happened, else when we received it.
    time: DateTime<Utc>,
    received_at: DateTime<Utc>,
}

fn entry(raw: &str, received_at: DateTime<Utc>, changes: &mut Vec<Change>) {
    let Ok((entry, list)) =
        serde_json::from_str::<Entry<'_>>(raw).and_then(|entry| list(entry.changes).map(|changes| (entry, changes)))
    else {
        changes.push(Change {
            phone_number_id: None,
            waba_id: None,
            items: vec![rejected(raw, None, received_at, "entry")],
        });
        return;
    };
    let around = Surroundings {
        waba_id: identifier(entry.id.as_ref()),
        time: entry.time.as_ref().and_then(unix_time).unwrap_or(received_at),
        received_at,
    };
    changes.extend(list.into_iter().map(|raw| change(raw.get(), &around)));
}

fn change(raw: &str, around: &Surroundings) -> Change {
    let mut change = Change { phone_number_id: None, waba_id: around.waba_id.clone(), items: Vec::new() };
    let Ok(RawChange { field, value: Some(value) }) = serde_json::from_str::<RawChange<'_>>(raw) else {
        change.items.push(rejected(raw, None, around.received_at, "change"));
        return change;
    };
    let field = field.as_ref().and_then(Value::as_str).unwrap_or_default();
    let Ok(body) = serde_json::from_str::<Body<'_>>(value.get()) else {
        change.items.push(rejected(raw, None, around.received_at, "value"));
        return change;
    };
    change.phone_number_id = body.metadata.as_ref().and_then(|metadata| identifier(metadata.get("phone_number_id")));
    match field {
        "messages" | "smb_message_echoes" => traffic(&body, around, &mut change),
        _ => {
            let seed = [around.waba_id.as_deref().unwrap_or_default(), raw];
            let mut event = fields::notice(field, value.get(), change.phone_number_id.as_deref(), around.time);
            event.data.insert("id".to_owned(), digest::of(&seed).into());
            change.items.push(Item::Event(event));
        }
    }
    change
}

/// Messages, echoes, statuses and errors of one number, in this order.
fn traffic(body: &Body<'_>, around: &Surroundings, change: &mut Change) {
    let account = change.phone_number_id.as_deref();
    let contacts = Contacts::read(body.contacts);
    let errors: Vec<_> = elements(body.errors, &mut change.items, account, around)
        .into_iter()
        .filter_map(|raw| element(raw.get()))
        .collect();
    let mut context = Context {
        account: account.unwrap_or_default(),
        waba_id: around.waba_id.as_deref(),
        contacts: &contacts,
        value_error: errors.first().and_then(|error| word(error, "code")),
        received_at: around.received_at,
        author: Author::Customer,
    };
    for raw in elements(body.messages, &mut change.items, account, around) {
        change.items.push(message(raw.get(), &context));
    }
    context.author = Author::OurStaff;
    for raw in elements(body.message_echoes, &mut change.items, account, around) {
        change.items.push(message(raw.get(), &context));
    }
    for raw in elements(body.statuses, &mut change.items, account, around) {
        change.items.push(status(raw.get(), account.unwrap_or_default(), around.received_at));
    }
    if !errors.is_empty() {
        let list: Vec<Value> = errors.iter().map(|error| serde_json::json!(super::errors::read(error))).collect();
        let seed = [around.waba_id.as_deref().unwrap_or_default(), body.errors.map_or("", RawValue::get)];
        let mut data = Map::new();
        data.insert("errors".to_owned(), list.into());
        data.insert("id".to_owned(), digest::of(&seed).into());
        change.items.push(Item::Event(event("provider.error", account, None, around.time, data)));
    }
}

/// The elements of a list; something else than a list is one rejected element.
fn elements<'a>(
    raw: Option<&'a RawValue>,
    items: &mut Vec<Item>,
    account: Option<&str>,
    around: &Surroundings,
) -> Vec<&'a RawValue> {
    list(raw).unwrap_or_else(|_| {
        items.push(rejected(raw.map_or("", RawValue::get), account, around.received_at, "list"));
        Vec::new()
    })
}

/// An element that could not be understood; kept, so that a later release can.
pub(super) fn rejected(raw: &str, account: Option<&str>, at: DateTime<Utc>, what: &str) -> Item {
    let mut data = Map::new();
    data.insert("reason".to_owned(), "malformed_message".into());
    data.insert("detail".to_owned(), what.into());
    data.insert("id".to_owned(), digest::of(&[raw]).into());
    data.insert("raw".to_owned(), shortened(raw, RAW_CHARACTERS).into());
    Item::Event(event("ingest.rejected", account, None, at, data))
}

/// How much of a rejected element is kept.
const RAW_CHARACTERS: usize = 16 * 1024;

pub(super) fn event(
    kind: &str,
    account: Option<&str>,
    address: Option<String>,
    timestamp: DateTime<Utc>,
    data: Map<String, Value>,
) -> EventItem {
    EventItem {
        kind: kind.to_owned(),
        channel: Channel::Whatsapp,
        account: account.map(str::to_owned),
        address,
        timestamp,
        data,
    }
}

fn identifier(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(id) if !id.is_empty() => Some(id.replace('\0', "")),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

impl Contacts {
    /// Reads the list of senders; what cannot be read names nobody.
    fn read(raw: Option<&RawValue>) -> Self {
        let list = list(raw).unwrap_or_default();
        Self(list.into_iter().filter_map(|raw| contact(&element(raw.get())?)).collect())
    }
}

fn contact(value: &Value) -> Option<super::message::Contact> {
    let profile = object(value, "profile");
    let mut metadata = Map::new();
    put(&mut metadata, "user_id", text(value, "user_id"));
    put(&mut metadata, "parent_user_id", text(value, "parent_user_id"));
    put(&mut metadata, "username", profile.and_then(|profile| text(profile, "username")));
    put(&mut metadata, "identity_key_hash", text(value, "identity_key_hash"));
    value.is_object().then(|| super::message::Contact {
        wa_id: word(value, "wa_id"),
        user_id: text(value, "user_id").map(str::to_owned),
        name: profile.and_then(|profile| text(profile, "name")).map(str::to_owned),
        metadata,
    })
}
