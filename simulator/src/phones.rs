//! The customers' side: writing, reading, attaching, and the JSON API of the phones' page.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::channel::{Channel, Direction};
use serde_json::{Value, json};

use crate::carrier::{self, Reports, Step};
use crate::config::{TwilioNumber, WhatsappNumber};
use crate::courier::{About, Callback, Key, Post};
use crate::faults::Provider;
use crate::media::{Attachment, StoredMedia};
use crate::message::{Author, DeliveryState, Sent, ThreadMedia, ThreadMessage};
use crate::payload::{SmsParts, now_as_text, sms_form, value};
use crate::twilio::consent::Keyword;
use crate::twilio::prefixed;
use crate::world::{Entry, Shared};

mod api;
mod calls;
mod feed;

pub(crate) use api::router;

/// What a customer writes.
#[derive(Clone, Debug)]
pub struct Saying {
    /// The phone.
    pub from: String,
    /// WhatsApp, SMS, or voice: a call in which the text is said.
    pub channel: Channel,
    /// Our number; `None` takes the one that the phone usually writes to, else the first one of the channel.
    pub to: Option<String>,
    /// Text or caption.
    pub text: Option<String>,
    /// A picture or a file.
    pub media: Option<Attachment>,
    /// Message it answers (WhatsApp).
    pub reply_to: Option<String>,
}

impl Saying {
    /// A plain text to our first number of the channel.
    pub fn text(from: impl Into<String>, channel: Channel, text: impl Into<String>) -> Self {
        let (from, text) = (from.into(), Some(text.into()));
        Self { from, channel, to: None, text, media: None, reply_to: None }
    }
}

/// Why a phone could not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SayError {
    /// The simulator has no such phone.
    #[error("there is no such phone")]
    NoSuchPhone,
    /// The phone is not on that channel.
    #[error("the phone is not on that channel")]
    NotOnChannel,
    /// None of our numbers is that one.
    #[error("there is no such number to write to")]
    NoSuchNumber,
    /// Neither text nor media.
    #[error("a message needs a text or a file")]
    Empty,
    /// Longer than the channel takes.
    #[error("the text is too long for the channel")]
    TooLong,
    /// Too many webhooks are waiting to be delivered.
    #[error("too many webhooks are waiting")]
    Busy,
}

/// Sends as the customer, through the signed webhook. Answers the provider's message id.
pub(crate) fn say(shared: &Shared, saying: &Saying) -> Result<String, SayError> {
    let (name, usual) = {
        let world = shared.world();
        let phone = world.phone(&saying.from).ok_or(SayError::NoSuchPhone)?;
        if !phone.channels.contains(&saying.channel) {
            return Err(SayError::NotOnChannel);
        }
        let called = (saying.channel == Channel::Voice).then(|| phone.calls.clone()).flatten();
        (phone.name.clone(), called.or_else(|| phone.writes_to.clone()))
    };
    let text = saying.text.as_deref().unwrap_or_default();
    if text.is_empty() && saying.media.is_none() {
        return Err(SayError::Empty);
    }
    let longest = if saying.channel == Channel::Sms { 1600 } else { 4096 };
    if text.chars().count() > longest {
        return Err(SayError::TooLong);
    }
    if !shared.courier.has_room() {
        return Err(SayError::Busy);
    }
    let to = saying.to.clone().or(usual);
    let wanted = |address: &str| to.as_deref().is_none_or(|to| to == address);
    let twilio = |channel: Channel| {
        shared.config.twilio.iter().find(|number| number.channel == channel && wanted(&number.address))
    };
    match saying.channel {
        Channel::Whatsapp => {
            if let Some(number) = shared.config.whatsapp.iter().find(|number| wanted(&number.address)) {
                return Ok(say_on_whatsapp(shared, number, &name, saying));
            }
            let number = twilio(Channel::Whatsapp).ok_or(SayError::NoSuchNumber)?;
            Ok(say_through_twilio(shared, number, &name, saying))
        }
        Channel::Sms => {
            let number = twilio(Channel::Sms).ok_or(SayError::NoSuchNumber)?;
            Ok(say_through_twilio(shared, number, &name, saying))
        }
        Channel::Voice => {
            if saying.media.is_some() {
                return Err(SayError::NotOnChannel);
            }
            let number = twilio(Channel::Sms).ok_or(SayError::NoSuchNumber)?;
            Ok(calls::call(shared, number, saying))
        }
        _ => Err(SayError::NotOnChannel),
    }
}

fn say_on_whatsapp(shared: &Shared, number: &WhatsappNumber, name: &str, saying: &Saying) -> String {
    let wa_id = saying.from.trim_start_matches('+');
    let id = crate::graph::wamid(shared, wa_id);
    let now = shared.now();
    let kept = saying.media.clone().map(|file| {
        let mut world = shared.world();
        let media_id = world.digits(16);
        world.media.put(media_id, number.phone_number_id.clone(), file)
    });
    let mut message = json!({ "from": wa_id, "id": id, "timestamp": now_as_text(now) });
    match &kept {
        None => {
            message["type"] = json!("text");
            message["text"] = json!({ "body": saying.text });
        }
        Some(file) => {
            let kind = media_kind(&file.mime_type);
            message["type"] = json!(kind);
            message[kind] = media_object(file, kind, saying.text.as_deref());
        }
    }
    if let Some(target) = &saying.reply_to {
        message["context"] = json!({ "from": number.display(), "id": target });
    }
    {
        let mut world = shared.world();
        world.hear(&number.address, &saying.from, now);
        // Inbound counts towards the number's throughput; it is never refused for it.
        world.within_throughput(&number.phone_number_id, shared.config.limits.throughput_per_second);
    }
    let post = |key| Post::Meta {
        phone_number_id: number.phone_number_id.clone(),
        value: value(number, Some((wa_id, name)), "messages", message.clone()),
        key,
    };
    let said = Said { provider: Provider::Meta, id: &id, number: &number.address, owner: &number.phone_number_id };
    send(shared, &said, saying, kept.as_slice(), post);
    id
}

fn media_kind(mime_type: &str) -> &'static str {
    match mime_type.split('/').next() {
        Some("image") => "image",
        Some("video") => "video",
        Some("audio") => "audio",
        _ => "document",
    }
}

fn media_object(file: &StoredMedia, kind: &str, caption: Option<&str>) -> Value {
    use base64::Engine;
    let sha256 = base64::engine::general_purpose::STANDARD.encode(file.sha256);
    let mut object = json!({ "mime_type": file.mime_type, "sha256": sha256, "id": file.id });
    match (kind, caption, &file.filename) {
        ("audio", _, _) => object["voice"] = json!(false),
        (_, Some(caption), _) => object["caption"] = json!(caption),
        _ => {}
    }
    if kind == "document" {
        object["filename"] = json!(file.filename.as_deref().unwrap_or("file"));
    }
    object
}

/// By SMS, or on WhatsApp to a sender that is registered with Twilio.
fn say_through_twilio(shared: &Shared, number: &TwilioNumber, name: &str, saying: &Saying) -> String {
    let text = saying.text.clone().unwrap_or_default();
    let (id, kept, keyword) = {
        let mut world = shared.world();
        let opted_out = world.is_opted_out(&number.address, &saying.from);
        // There are no keywords on WhatsApp.
        let keyword = Keyword::of(&text, opted_out).filter(|_| saying.channel == Channel::Sms);
        match keyword {
            Some(Keyword::Stop) => world.opt_out(&number.address, &saying.from),
            Some(Keyword::Start) => world.opt_in(&number.address, &saying.from),
            _ => {}
        }
        let kept = saying.media.clone().map(|file| {
            let media_sid = format!("ME{}", world.hex(16));
            world.media.put(media_sid, number.account_sid.clone(), file)
        });
        (format!("{}{}", if kept.is_some() { "MM" } else { "SM" }, world.hex(16)), kept, keyword)
    };
    let media: Vec<(String, String)> = kept
        .iter()
        .map(|file| {
            let account = &number.account_sid;
            let url = format!("{}/2010-04-01/Accounts/{account}/Messages/{id}/Media/{}", shared.base_url, file.id);
            (url, file.mime_type.clone())
        })
        .collect();
    let (to, from) = (prefixed(saying.channel, &number.address), prefixed(saying.channel, &saying.from));
    let mut form = sms_form(&SmsParts {
        account_sid: &number.account_sid,
        to: &to,
        from: &from,
        sid: &id,
        body: &text,
        media: &media,
        opt_out: keyword.map(Keyword::opt_out_type),
        service: number.messaging_service_sid.as_deref(),
    });
    if saying.channel == Channel::Whatsapp {
        let kind = kept.as_ref().map_or("text", |file| media_kind(&file.mime_type));
        let mut push = |key: &str, value: &str| form.push((key.to_owned(), value.to_owned()));
        push("ProfileName", name);
        push("WaId", saying.from.trim_start_matches('+'));
        push("MessageType", kind);
        if let Some(target) = &saying.reply_to {
            push("OriginalRepliedMessageSid", target);
        }
        let now = shared.now();
        shared.world().hear(&number.address, &saying.from, now);
    }
    let group = shared.world().hex(16);
    let post = |key| Post::Twilio {
        url: number.webhook_url.clone(),
        auth_token: number.auth_token.clone(),
        form: form.clone(),
        group: group.clone(),
        key,
    };
    let said = Said { provider: Provider::Twilio, id: &id, number: &number.address, owner: &number.account_sid };
    send(shared, &said, saying, kept.as_slice(), post);
    if let Some(keyword) = keyword {
        carrier_answers(shared, number, &saying.from, keyword);
    }
    id
}

/// The carrier's own answer to a keyword: on the phone, and nowhere else.
fn carrier_answers(shared: &Shared, number: &TwilioNumber, phone: &str, keyword: Keyword) {
    let mut world = shared.world();
    let message = ThreadMessage {
        id: format!("SM{}", world.hex(16)),
        from: Author::Business,
        business: number.address.clone(),
        text: Some(keyword.answer().to_owned()),
        media: Vec::new(),
        at: shared.now(),
        status: DeliveryState::Delivered,
        reply_to: None,
        error_code: None,
    };
    let event = world.show(&(phone.to_owned(), Channel::Sms), message);
    drop(world);
    shared.tell(event);
}

/// Who takes a message, and under which id.
struct Said<'a> {
    provider: Provider,
    id: &'a str,
    number: &'a str,
    owner: &'a str,
}

/// Notes a customer's message, shows it on the phone, and plans its webhook.
fn send(shared: &Shared, said: &Said<'_>, saying: &Saying, kept: &[StoredMedia], post: impl Fn(Key) -> Post) {
    let at = shared.now();
    let media: Vec<ThreadMedia> = kept
        .iter()
        .map(|file| ThreadMedia {
            url: format!("/sim/api/media/{}", file.id),
            mime_type: Some(file.mime_type.clone()),
            filename: file.filename.clone(),
        })
        .collect();
    let message = Sent {
        provider: said.provider,
        channel: saying.channel,
        id: said.id.to_owned(),
        our_id: None,
        from: saying.from.clone(),
        to: said.number.to_owned(),
        kind: kept.first().map_or("text", |file| media_kind(&file.mime_type)).to_owned(),
        text: saying.text.clone(),
        media: media.clone(),
        body: Value::Null,
        at,
        state: DeliveryState::Sent,
        error_code: None,
    };
    let shown = ThreadMessage {
        id: said.id.to_owned(),
        from: Author::Phone,
        business: said.number.to_owned(),
        text: saying.text.clone(),
        media,
        at,
        status: DeliveryState::Sent,
        reply_to: saying.reply_to.clone(),
        error_code: None,
    };
    let (copies, key, event) = {
        let mut world = shared.world();
        let (copies, key) = carrier::callback_faults(world.faults.of_mut(said.provider));
        let entry = Entry {
            direction: Direction::Inbound,
            channel: saying.channel,
            message,
            reply_to: saying.reply_to.clone(),
            owner: said.owner.to_owned(),
        };
        world.messages.insert(said.id.to_owned(), entry);
        (copies, key, world.show(&(saying.from.clone(), saying.channel), shown))
    };
    shared.tell(event);
    let callback = Callback {
        lane: format!("{}|{}|{}", said.provider, said.number, saying.from),
        message_id: said.id.to_owned(),
        about: About::Message,
        post: Some(post(key)),
        copies,
        attempts: 0,
    };
    shared.courier.plan(Duration::ZERO, callback);
}

/// The owner looks at a thread: everything delivered becomes read. SMS has no receipts. Answers how many turned.
pub(crate) fn read(shared: &Shared, address: &str, channel: Channel) -> Result<usize, SayError> {
    let mut planned = Vec::new();
    {
        let mut world = shared.world();
        let phone = world.phone(address).ok_or(SayError::NoSuchPhone)?;
        if !phone.channels.contains(&channel) {
            return Err(SayError::NotOnChannel);
        }
        if channel != Channel::Whatsapp {
            return Ok(0);
        }
        let thread = world.threads.get(&(address.to_owned(), channel));
        let unread: Vec<String> = thread
            .into_iter()
            .flatten()
            .filter(|shown| shown.from == Author::Business && shown.status == DeliveryState::Delivered)
            .map(|shown| shown.id.clone())
            .collect();
        for id in unread {
            let Some(message) = world.messages.get(&id).map(|entry| entry.message.clone()) else { continue };
            let Some(reports) = receipts(shared, &message, address) else { continue };
            let (copies, key) = carrier::callback_faults(world.faults.of_mut(message.provider));
            let step = Step { after: Duration::ZERO, state: DeliveryState::Read, error_code: None };
            let post = reports.post(shared, &message, step, key);
            planned.push((message, step, copies, post));
        }
    }
    let count = planned.len();
    for (message, step, copies, post) in planned {
        carrier::plan(shared, &message, step, copies, post);
    }
    Ok(count)
}

/// How a read receipt of a message of ours on WhatsApp is reported.
fn receipts(shared: &Shared, message: &Sent, address: &str) -> Option<Reports> {
    match message.provider {
        Provider::Meta => {
            let number = shared.config.whatsapp.iter().find(|number| number.address == message.from)?;
            let wa_id = address.trim_start_matches('+').to_owned();
            Some(Reports::Meta { phone_number_id: number.phone_number_id.clone(), wa_id })
        }
        Provider::Twilio => {
            let mut numbers = shared.config.twilio.iter();
            let number =
                numbers.find(|number| number.address == message.from && number.channel == Channel::Whatsapp)?;
            Some(Reports::Twilio {
                callback: message.body.get("StatusCallback").and_then(Value::as_str).map(str::to_owned),
                account_sid: number.account_sid.clone(),
                auth_token: number.auth_token.clone(),
                group: format!("read-{}", message.id),
            })
        }
        Provider::Mail => None,
    }
}

/// Shared state of the page's routes.
type Page = axum::extract::State<Arc<Shared>>;
