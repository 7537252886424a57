//! From a mail to items. Source: channel reference, e-mail.

use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::item::{Content, ContentType, EventItem, Item, Media, MessageItem, Sender};
use patchbay_core::secret::Secret;
use serde_json::{Map, Value, json};

use super::auth::AuthResults;
use super::automatic::{AutoReason, automatic, is_null};
use super::headers::{canonical, mailbox};
use super::mail::{Envelope, Mail, MailFile};
use super::report::ReportContext;
use super::{quotes, reply_token};
use crate::json::put;
use crate::text::shortened;

/// Longest subject that is kept.
const MAX_SUBJECT_CHARS: usize = 998;
/// Most recipients that are named with a message.
const MAX_RECIPIENTS: usize = 100;

/// Finds the conversation of a message id.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What must be known of our side to understand a mail.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Whether an address (lower-cased, no tag) is an inbox of ours.
    pub is_own: &'a dyn Fn(&str) -> bool,
    /// Domain of reply tokens.
    pub reply_domain: &'a str,
    /// Signs reply tokens.
    pub reply_token_secret: &'a Secret,
    /// The conversation of a message id that we know. None: whoever stores the items finds out.
    pub conversation_of: Option<Lookup<'a>>,
}

impl std::fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("reply_domain", &self.reply_domain).finish_non_exhaustive()
    }
}

/// What a mail says, to one of its recipients.
pub fn items(mail: &Mail, envelope: &Envelope, auth: &AuthResults, place: &Place<'_>) -> Vec<Item> {
    let account = mailbox(&envelope.recipient);
    let id = mail.headers.message_id().unwrap_or_else(|| match &envelope.provider_message_id {
        Some(id) if mail.raw.is_none() => id.clone(),
        _ => format!("sha256:{}", mail.digest),
    });
    if let Some(report) = &mail.report {
        let is_ours = place.conversation_of.map(|conversation_of| move |id: &str| conversation_of(id).is_some());
        let ctx = ReportContext {
            account: &account,
            at: envelope.received_at,
            report_id: &id,
            is_ours: is_ours.as_ref().map(|is_ours| is_ours as &dyn Fn(&str) -> bool),
        };
        return report.items(&mail.headers, &ctx);
    }
    let author = mail.authors().into_iter().next();
    let envelope_sender = envelope.sender.as_deref().filter(|sender| !is_null(sender)).map(canonical);
    let address = author.as_ref().map(|author| author.address.clone()).or(envelope_sender);
    let refused = |reason: &str| vec![rejected(reason, &account, address.clone(), &id, envelope)];
    let Some(sender) = address.clone() else { return refused("malformed_message") };
    let bare = mailbox(&sender);
    let is_reply_address = !place.reply_domain.is_empty() && bare == format!("r@{}", place.reply_domain);
    if (place.is_own)(&bare) || is_reply_address {
        return refused("loop");
    }
    let name = author.and_then(|author| author.name);
    vec![Item::Message(MessageItem {
        channel: Channel::Email,
        channel_message_id: id,
        account,
        direction: Direction::Inbound,
        sender: Sender { kind: SenderType::Customer, address: sender, name },
        content: content(mail),
        reply_to: mail.headers.ids("In-Reply-To").into_iter().next(),
        timestamp: envelope.received_at,
        status: "received".to_owned(),
        metadata: metadata(mail, envelope, auth, place),
    })]
}

fn content(mail: &Mail) -> Content {
    let mut metadata = Map::new();
    if let Some(damage) = mail.damage {
        metadata.insert("unsupported".to_owned(), json!({ "type": "mail", "code": damage }));
    }
    Content {
        kind: if mail.damage.is_some() { ContentType::Unsupported } else { ContentType::Text },
        text: mail.text.as_deref().map(|text| quotes::stripped(text, mail.subject().as_deref())),
        full_text: full_text(mail),
        media: mail.files.iter().map(media).collect(),
        metadata,
    }
}

/// All that the mail says, in its order.
fn full_text(mail: &Mail) -> Option<String> {
    match (&mail.text, &mail.more_text) {
        (Some(text), Some(more)) => Some(format!("{text}\n\n{more}")),
        (text, more) => text.as_ref().or(more.as_ref()).cloned(),
    }
}

fn media(file: &MailFile) -> Media {
    Media {
        mime_type: Some(file.mime_type.clone()),
        filename: file.filename.clone(),
        size: u64::try_from(file.content.len()).ok(),
        sha256_hex: Some(file.sha256.clone()),
        inline: Some(file.is_inline),
        content_id: file.content_id.clone(),
        ..Media::default()
    }
}

fn metadata(mail: &Mail, envelope: &Envelope, auth: &AuthResults, place: &Place<'_>) -> Map<String, Value> {
    let headers = &mail.headers;
    let automatic = automatic(headers, envelope.sender.as_deref());
    let mut metadata = Map::new();
    put(&mut metadata, "subject", mail.subject().map(|subject| shortened(&subject, MAX_SUBJECT_CHARS)));
    put(&mut metadata, "in_reply_to", Some(headers.ids("In-Reply-To")).filter(|ids| !ids.is_empty()));
    put(&mut metadata, "references", Some(headers.ids("References")));
    metadata.insert("thread".to_owned(), thread(mail, envelope, place));
    metadata.insert("auth".to_owned(), auth.to_json());
    put(&mut metadata, "sender_verified", Some(auth.is_verified));
    let auto = json!({ "is_auto": automatic.reason.is_some(), "reason": automatic.reason.map(AutoReason::as_str) });
    metadata.insert("auto".to_owned(), auto);
    put(&mut metadata, "suppress_auto_reply", Some(automatic.suppress_answers));
    put(&mut metadata, "reply_to_address", headers.parties("Reply-To").into_iter().next().map(|party| party.address));
    put(&mut metadata, "provider_message_id", envelope.provider_message_id.clone());
    put(&mut metadata, "date", headers.plain("Date").filter(|date| !date.is_empty()));
    for (key, name) in [("to", "To"), ("cc", "Cc")] {
        let named: Vec<String> =
            headers.parties(name).into_iter().take(MAX_RECIPIENTS).map(|party| party.address).collect();
        put(&mut metadata, key, Some(named).filter(|named| !named.is_empty()));
    }
    put(&mut metadata, "html_sha256", mail.html_file().map(|file| file.sha256));
    put(&mut metadata, "raw_sha256", mail.raw.as_ref().map(|_| mail.digest.clone()));
    metadata
}

/// The first that fits: a signed reply address, the ids answered to in order, the ids referred to from the last.
fn thread(mail: &Mail, envelope: &Envelope, place: &Place<'_>) -> Value {
    let thread = |conversation: String, via: &str| json!({ "conversation": conversation, "via": via });
    if let Some(name) = reply_token::verify(&envelope.recipient, place.reply_domain, place.reply_token_secret) {
        return thread(name, "reply_token");
    }
    let Some(conversation_of) = place.conversation_of else { return Value::Null };
    let find = |ids: Vec<String>| ids.into_iter().find_map(|id| conversation_of(&id));
    if let Some(conversation) = find(mail.headers.ids("In-Reply-To")) {
        return thread(conversation, "in_reply_to");
    }
    let mut references = mail.headers.ids("References");
    references.reverse();
    find(references).map_or(Value::Null, |conversation| thread(conversation, "references"))
}

fn rejected(reason: &str, account: &str, address: Option<String>, id: &str, envelope: &Envelope) -> Item {
    let mut data = Map::new();
    put(&mut data, "reason", Some(reason));
    put(&mut data, "channel_message_id", Some(id));
    put(&mut data, "id", Some(id));
    Item::Event(EventItem {
        kind: "ingest.rejected".to_owned(),
        channel: Channel::Email,
        account: Some(account.to_owned()),
        address,
        timestamp: envelope.received_at,
        data,
    })
}
