//! One element of `messages[]` or `message_echoes[]`.

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::item::{Item, MessageItem, Sender};
use serde_json::{Map, Value};

use super::content::{self, Unreadable};
use super::envelope::{event, rejected};
use crate::address;
use crate::json::{element, object, put, text, unix_time, word};

/// What a message needs to know of the change it stands in.
#[derive(Clone, Debug)]
pub(super) struct Context<'a> {
    pub(super) account: &'a str,
    pub(super) waba_id: Option<&'a str>,
    pub(super) contacts: &'a Contacts,
    /// Code of the first error of the change as a whole: explains messages that come without their object.
    pub(super) value_error: Option<String>,
    pub(super) received_at: DateTime<Utc>,
    pub(super) author: Author,
}

/// Who wrote the messages of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    Customer,
    /// Our own staff, on the phone app (echoes of coexistence numbers).
    OurStaff,
}

/// The senders of a change.
#[derive(Clone, Debug, Default)]
pub(super) struct Contacts(pub(super) Vec<Contact>);

/// One sender: what the provider tells beside the message.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) wa_id: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) metadata: Map<String, Value>,
}

impl Contacts {
    /// By id, never by position.
    fn of(&self, from: Option<&str>, user_id: Option<&str>) -> Option<&Contact> {
        let matches = |known: Option<&str>, id: Option<&str>| known.is_some() && known == id;
        self.0.iter().find(|contact| {
            let (wa_id, own_user_id) = (contact.wa_id.as_deref(), contact.user_id.as_deref());
            matches(wa_id, from)
                || matches(own_user_id, user_id)
                || matches(own_user_id, from)
                || matches(wa_id, user_id)
        })
    }
}

pub(super) fn message(raw: &str, ctx: &Context<'_>) -> Item {
    element(raw)
        .ok_or(Unreadable("not JSON"))
        .and_then(|value| read(&value, raw, ctx))
        .unwrap_or_else(|Unreadable(what)| rejected(raw, Some(ctx.account), ctx.received_at, what))
}

/// Normalises a kept element again (`content.metadata["unsupported"]["raw"]`), now that its type may be known.
/// `account` is Meta's id of our number.
pub fn renormalize(raw: &Value, account: &str, received_at: DateTime<Utc>) -> Item {
    let contacts = Contacts::default();
    message(
        &raw.to_string(),
        &Context {
            account,
            waba_id: None,
            contacts: &contacts,
            value_error: None,
            received_at,
            author: Author::Customer,
        },
    )
}

fn read(value: &Value, raw: &str, ctx: &Context<'_>) -> Result<Item, Unreadable> {
    let id = text(value, "id").ok_or(Unreadable("no id"))?;
    let kind = text(value, "type").ok_or(Unreadable("no type"))?;
    let timestamp = match value.get("timestamp") {
        None | Some(Value::Null) => ctx.received_at,
        Some(time) => unix_time(time).ok_or(Unreadable("no time"))?,
    };
    let from = word(value, "from");
    let user_id = text(value, "from_user_id");
    let contact = ctx.contacts.of(from.as_deref(), user_id);
    let address = sender_address(from.as_deref(), user_id, contact).ok_or(Unreadable("no sender"))?;
    let customer = match ctx.author {
        Author::Customer => Some(address.clone()),
        Author::OurStaff => recipient_address(value),
    };
    let group = text(value, "group_id");

    if let Some((name, mut data)) = content::event_of(kind, value)? {
        data.insert("id".to_owned(), id.into());
        return Ok(Item::Event(event(name, Some(ctx.account), customer, timestamp, data)));
    }

    // Without anybody it is for, it would open a conversation with nobody.
    if customer.is_none() && group.is_none() {
        return Err(Unreadable("no recipient"));
    }
    let content = content::of(kind, value, raw, ctx.value_error.as_deref())?;
    let mut metadata = contact.map(|contact| contact.metadata.clone()).unwrap_or_default();
    put(&mut metadata, "waba_id", ctx.waba_id);
    put(&mut metadata, "user_id", user_id);
    put(&mut metadata, "parent_user_id", text(value, "from_parent_user_id"));
    put(&mut metadata, "group_id", group);
    put(&mut metadata, "referral", object(value, "referral").cloned());
    let reply_to = context_of(value, &mut metadata);
    let (direction, kind, status) = match ctx.author {
        Author::Customer => (Direction::Inbound, SenderType::Customer, "received"),
        Author::OurStaff => (Direction::Outbound, SenderType::Agent, "sent"),
    };
    if ctx.author == Author::OurStaff {
        put(&mut metadata, "recipient", customer);
    }
    Ok(Item::Message(MessageItem {
        channel: Channel::Whatsapp,
        channel_message_id: id.to_owned(),
        account: ctx.account.to_owned(),
        direction,
        sender: Sender { kind, address, name: contact.and_then(|contact| contact.name.clone()) },
        reply_to: content::reaction_target(&content).or(reply_to),
        content,
        timestamp,
        status: status.to_owned(),
        metadata,
    }))
}

/// The phone number when there is one, else the business-scoped user id.
fn sender_address(from: Option<&str>, user_id: Option<&str>, contact: Option<&Contact>) -> Option<String> {
    let is_digits = |id: &&str| id.bytes().all(|byte| byte.is_ascii_digit());
    let known = |pick: fn(&Contact) -> Option<&str>| contact.and_then(pick);
    from.filter(is_digits)
        .or_else(|| known(|contact| contact.wa_id.as_deref()).filter(is_digits))
        .or(user_id)
        .or(from)
        .or_else(|| known(|contact| contact.user_id.as_deref()))
        .map(address::of_whatsapp_id)
}

/// The customer to whom our staff wrote.
fn recipient_address(value: &Value) -> Option<String> {
    word(value, "to").or_else(|| word(value, "to_user_id")).map(|id| address::of_whatsapp_id(&id))
}

/// What the message answers, and the marks of its `context`.
fn context_of(value: &Value, metadata: &mut Map<String, Value>) -> Option<String> {
    let context = object(value, "context")?;
    let is_set = |key| context.get(key).and_then(Value::as_bool) == Some(true);
    let frequently = is_set("frequently_forwarded");
    if frequently || is_set("forwarded") {
        metadata.insert("forwarded".to_owned(), true.into());
    }
    if frequently {
        metadata.insert("frequently_forwarded".to_owned(), true.into());
    }
    if let Some(product) = object(context, "referred_product") {
        let mut referred = Map::new();
        put(&mut referred, "catalog_id", word(product, "catalog_id"));
        put(&mut referred, "product_id", word(product, "product_retailer_id"));
        metadata.insert("referred_product".to_owned(), referred.into());
    }
    text(context, "id").map(str::to_owned)
}
