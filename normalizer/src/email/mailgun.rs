//! Mailgun: routes that forward mail, raw or taken apart, and delivery events. Source: Mailgun documentation, "Receiving
//! messages", "Webhooks".

use bytes::Bytes;
use chrono::{DateTime, Utc};
use patchbay_core::item::{ErrorClass, Item, ReportedStatus};
use serde_json::Value;

use super::delivery_event::{Facts, Meaning, fractional_time};
use super::form::{MailForm, texts_of};
use super::headers::{Headers, bare_id, mailbox};
use super::mail::{Envelope, Mail, MailFile};
use super::{Arrived, mime, parsed};
use crate::json::{object, text, unix_time, word};

/// The mail in a form. `None`: the form has no recipient.
pub fn mail(form: &MailForm, received_at: DateTime<Utc>) -> Option<Arrived> {
    let at = form.word("timestamp").and_then(|time| unix_time(&Value::from(time))).unwrap_or(received_at);
    let recipients: Vec<String> = form
        .word("recipient")?
        .split(',')
        .map(|recipient| recipient.trim().to_owned())
        .filter(|recipient| !recipient.is_empty())
        .collect();
    let mail = match form.value("body-mime") {
        Some(raw) => mime::parse(raw),
        None => taken_apart(form),
    };
    let envelopes = recipients
        .into_iter()
        .map(|recipient| Envelope {
            recipient,
            sender: form.text("sender").map(|sender| sender.trim().to_owned()),
            client_ip: None,
            helo: None,
            received_at: at,
            provider_message_id: None,
        })
        .collect();
    Some(Arrived { mail, envelopes })
}

fn taken_apart(form: &MailForm) -> Mail {
    let pairs: Vec<(String, String)> =
        form.text("message-headers").and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let mut headers = Headers::of_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    for (header, fields) in [
        ("From", ["from", "From"]),
        ("Subject", ["subject", "Subject"]),
        ("Message-ID", ["Message-Id", "message-id"]),
        ("In-Reply-To", ["In-Reply-To", "in-reply-to"]),
        ("References", ["References", "references"]),
    ] {
        let value = fields.iter().find_map(|field| form.word(field));
        headers.add_missing(header, value.as_deref().unwrap_or_default());
    }
    let ids = texts_of(form.text("content-id-map"));
    let files = form
        .fields()
        .iter()
        .filter(|field| field.name.starts_with("attachment-") && field.filename.is_some())
        .map(|field| {
            let mime_type = parsed::mime_type(field.content_type.as_deref());
            let mut file = MailFile::new(field.filename.clone(), mime_type, field.value.clone());
            file.content_id = ids.iter().find(|(_, name)| **name == field.name).map(|(id, _)| bare_id(id));
            file.is_inline = file.content_id.is_some();
            file
        })
        .collect();
    let body = |name: &str| form.text(name).filter(|body| !body.trim().is_empty());
    parsed::mail(headers, body("body-plain"), body("body-html"), files)
}

/// The item of a delivery event. `event`: the whole document.
pub fn event(event: &Value, received_at: DateTime<Utc>) -> Item {
    let Some(data) = object(event, "event-data") else {
        return super::delivery_event::malformed(event, received_at);
    };
    let status = object(data, "delivery-status").unwrap_or(&Value::Null);
    let headers = data.pointer("/message/headers").unwrap_or(&Value::Null);
    let name = text(data, "event").unwrap_or_default();
    let reason = text(data, "reason").unwrap_or_default();
    let meaning = match (name, text(data, "severity")) {
        ("accepted", _) => Meaning::Status(ReportedStatus::Sent),
        ("delivered", _) => Meaning::Status(ReportedStatus::Delivered),
        ("opened" | "clicked", _) => Meaning::Status(ReportedStatus::Read),
        ("failed", _) if matches!(reason, "suppress-unsubscribe" | "suppress-complaint") => {
            Meaning::Failed(ErrorClass::OptedOut)
        }
        ("failed", Some("temporary")) => Meaning::Delayed,
        ("failed" | "rejected", _) => Meaning::Failed(ErrorClass::Permanent),
        ("complained", _) => Meaning::Complaint,
        ("unsubscribed", _) => Meaning::OptOut,
        _ => Meaning::Unknown,
    };
    let details = ["message", "description"].iter().find_map(|key| text(status, key));
    let rejection = data.pointer("/reject/reason").and_then(Value::as_str);
    Facts {
        account: text(headers, "from").and_then(account),
        message_id: text(headers, "message-id").unwrap_or_default().to_owned(),
        word: name.to_owned(),
        recipient: text(data, "recipient").map(str::to_owned),
        at: fractional_time(data.get("timestamp")).unwrap_or(received_at),
        code: word(status, "enhanced-code")
            .or_else(|| word(status, "code"))
            .or_else(|| text(data, "reason").map(str::to_owned)),
        details: details.or(rejection).map(str::to_owned),
        provider_message_id: None,
        event_id: event.pointer("/signature/token").and_then(Value::as_str).map(str::to_owned),
    }
    .item(meaning)
}

fn account(from: &str) -> Option<String> {
    super::headers::parties(from.as_bytes()).into_iter().next().map(|party| mailbox(&party.address))
}

/// What proves a request: in the form, or in the `signature` object of an event. Texts as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// When the provider signed, Unix seconds.
    pub timestamp: String,
    /// Used once.
    pub token: String,
    /// Lowercase hex.
    pub signature: String,
}

impl Proof {
    /// The proof of a form. `None`: a part of it is missing.
    pub fn of_form(form: &MailForm) -> Option<Self> {
        let field = |name: &str| form.text(name).filter(|value| !value.is_empty());
        Some(Self { timestamp: field("timestamp")?, token: field("token")?, signature: field("signature")? })
    }

    /// The proofs of an event: its own, and that of the parent account.
    pub fn of_event(event: &Value) -> Vec<Self> {
        let own = object(event, "signature");
        let parent = own.and_then(|own| object(own, "parent-signature")).or_else(|| object(event, "parent-signature"));
        own.into_iter()
            .chain(parent)
            .filter_map(|proof| {
                Some(Self {
                    timestamp: word(proof, "timestamp")?,
                    token: text(proof, "token")?.to_owned(),
                    signature: text(proof, "signature")?.to_owned(),
                })
            })
            .collect()
    }
}

/// Whether a body is a delivery event and no mail.
pub fn is_event(content_type: &str, body: &Bytes) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || body.first() == Some(&b'{')
}
