//! Postmark: inbound mail and delivery events, both JSON. Source: Postmark documentation, "Inbound webhook", "Bounce
//! webhook", "Delivery webhook", "Subscription change webhook".

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use patchbay_core::item::{ErrorClass, Item, ReportedStatus};
use serde::Deserialize;
use serde_json::Value;

use super::delivery_event::{Facts, Meaning, malformed};
use super::headers::{Headers, bare_id};
use super::mail::{Envelope, Mail, MailFile};
use super::{Arrived, mime, parsed};
use crate::json::{text, word};
use crate::text::without_nul;

/// What a body holds.
#[derive(Clone, Debug)]
pub enum Posted {
    /// A mail.
    Mail(Box<Arrived>),
    /// A delivery event.
    Event(Box<Item>),
}

/// Reads a body. `Err`: it is neither a mail nor an event.
pub fn posted(body: &[u8], received_at: DateTime<Utc>) -> Result<Posted, NotPosted> {
    let inbound: Inbound<'_> = serde_json::from_slice(body).map_err(|_| NotPosted)?;
    match inbound.record_type.as_deref() {
        None | Some("Inbound") => Ok(Posted::Mail(Box::new(mail(&inbound, received_at).ok_or(NotPosted)?))),
        Some(_) => {
            let event: Value = serde_json::from_slice(body).map_err(|_| NotPosted)?;
            Ok(Posted::Event(Box::new(self::event(&event, received_at))))
        }
    }
}

/// Not what Postmark sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a mail nor an event of Postmark")]
pub struct NotPosted;

/// An inbound mail; texts are borrowed from the body where they can be, as files lie in it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inbound<'b> {
    record_type: Option<String>,
    #[serde(borrow)]
    from: Option<Cow<'b, str>>,
    #[serde(borrow)]
    from_full: Option<Address<'b>>,
    #[serde(borrow)]
    to: Option<Cow<'b, str>>,
    #[serde(borrow)]
    to_full: Option<Vec<Address<'b>>>,
    #[serde(borrow)]
    cc: Option<Cow<'b, str>>,
    #[serde(borrow)]
    original_recipient: Option<Cow<'b, str>>,
    #[serde(borrow)]
    subject: Option<Cow<'b, str>>,
    #[serde(borrow)]
    reply_to: Option<Cow<'b, str>>,
    #[serde(rename = "MessageID", borrow)]
    message_id: Option<Cow<'b, str>>,
    #[serde(borrow)]
    date: Option<Cow<'b, str>>,
    #[serde(borrow)]
    text_body: Option<Cow<'b, str>>,
    #[serde(borrow)]
    html_body: Option<Cow<'b, str>>,
    #[serde(borrow)]
    raw_email: Option<Cow<'b, str>>,
    headers: Option<Vec<Header>>,
    #[serde(borrow)]
    attachments: Option<Vec<Attachment<'b>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Address<'b> {
    #[serde(borrow)]
    email: Option<Cow<'b, str>>,
    #[serde(borrow)]
    name: Option<Cow<'b, str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Header {
    name: String,
    value: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Attachment<'b> {
    #[serde(borrow)]
    name: Option<Cow<'b, str>>,
    #[serde(borrow)]
    content: Option<Cow<'b, str>>,
    #[serde(borrow)]
    content_type: Option<Cow<'b, str>>,
    #[serde(rename = "ContentID", borrow)]
    content_id: Option<Cow<'b, str>>,
}

/// Padding may be missing.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn mail(inbound: &Inbound<'_>, received_at: DateTime<Utc>) -> Option<Arrived> {
    let said = |text: &Option<Cow<'_, str>>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(|text| without_nul(text).into_owned())
    };
    let recipients: Vec<String> = match said(&inbound.original_recipient) {
        Some(recipient) => vec![recipient],
        None => inbound.to_full.iter().flatten().filter_map(|party| said(&party.email)).collect(),
    };
    if recipients.is_empty() {
        return None;
    }
    let provider_message_id = said(&inbound.message_id);
    let envelope_sender =
        inbound.headers.iter().flatten().find(|header| header.name.eq_ignore_ascii_case("Return-Path"));
    let sender = envelope_sender.and_then(|header| header.value.as_deref()).map(bare_id);
    let raw = inbound.raw_email.as_deref().filter(|raw| !raw.is_empty());
    let mail = match raw {
        Some(raw) => mime::parse(&Bytes::from(raw.as_bytes().to_vec())),
        None => taken_apart(inbound, said),
    };
    let envelopes = recipients
        .into_iter()
        .map(|recipient| Envelope {
            recipient,
            sender: sender.clone(),
            client_ip: None,
            helo: None,
            received_at,
            provider_message_id: provider_message_id.clone(),
        })
        .collect();
    Some(Arrived { mail, envelopes })
}

fn taken_apart(inbound: &Inbound<'_>, said: impl Fn(&Option<Cow<'_, str>>) -> Option<String>) -> Mail {
    let fields = inbound.headers.iter().flatten();
    let mut headers =
        Headers::of_pairs(fields.filter_map(|field| Some((field.name.as_str(), field.value.as_deref()?))));
    let full = inbound.from_full.as_ref();
    let from = match full.and_then(|full| said(&full.email)) {
        Some(email) => match full.and_then(|full| said(&full.name)) {
            Some(name) => format!("\"{}\" <{email}>", name.replace(['"', '\\'], "")),
            None => email,
        },
        None => said(&inbound.from).unwrap_or_default(),
    };
    headers.add_missing("From", &from);
    for (name, value) in [
        ("Subject", &inbound.subject),
        ("To", &inbound.to),
        ("Cc", &inbound.cc),
        ("Reply-To", &inbound.reply_to),
        ("Date", &inbound.date),
    ] {
        headers.add_missing(name, said(value).unwrap_or_default().as_str());
    }
    let files = inbound
        .attachments
        .iter()
        .flatten()
        .map(|file| {
            let content = file.content.as_deref().unwrap_or_default();
            let content = if let Ok(content) = LENIENT.decode(content) {
                content
            } else {
                let compact: String = content.split_ascii_whitespace().collect();
                LENIENT.decode(compact).unwrap_or_default()
            };
            let name = said(&file.name);
            let mut kept = MailFile::new(name, parsed::mime_type(file.content_type.as_deref()), content.into());
            kept.content_id = said(&file.content_id).map(|id| bare_id(id.strip_prefix("cid:").unwrap_or(&id)));
            kept.is_inline = kept.content_id.is_some();
            kept
        })
        .collect();
    let body = |text: &Option<Cow<'_, str>>| text.as_deref().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    parsed::mail(headers, body(&inbound.text_body), body(&inbound.html_body), files)
}

fn event(event: &Value, received_at: DateTime<Utc>) -> Item {
    let record = text(event, "RecordType").unwrap_or_default();
    let bounce = text(event, "Type").unwrap_or_default();
    let by_recipient = text(event, "Origin").is_some_and(|origin| origin.eq_ignore_ascii_case("Recipient"));
    let suppresses = event.get("SuppressSending").and_then(Value::as_bool);
    let (word_said, meaning) = match record {
        "Delivery" => (record, Meaning::Status(ReportedStatus::Delivered)),
        "Open" | "Click" => (record, Meaning::Status(ReportedStatus::Read)),
        "SpamComplaint" => (record, Meaning::Complaint),
        "Bounce" if bounce.is_empty() => return malformed(event, received_at),
        "Bounce" => (bounce, bounce_meaning(bounce)),
        "SubscriptionChange" => match (suppresses, text(event, "SuppressionReason")) {
            (Some(false), _) if by_recipient => (record, Meaning::OptIn),
            (Some(true), Some("ManualSuppression")) if by_recipient => (record, Meaning::OptOut),
            _ => (record, Meaning::Notice),
        },
        _ => (record, Meaning::Unknown),
    };
    let provider_id = text(event, "MessageID");
    let ours = event.pointer("/Metadata/mid").and_then(Value::as_str).filter(|id| !id.is_empty());
    let time = ["DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt"].iter().find_map(|key| text(event, key));
    Facts {
        account: text(event, "From").map(super::headers::mailbox).filter(|from| from.contains('@')),
        message_id: ours.or(provider_id).unwrap_or_default().to_owned(),
        word: word_said.to_owned(),
        recipient: ["Recipient", "Email"].iter().find_map(|key| text(event, key)).map(str::to_owned),
        at: time.and_then(local_time).unwrap_or(received_at),
        code: word(event, "TypeCode"),
        details: ["Details", "Description"].iter().find_map(|key| text(event, key)).map(str::to_owned),
        provider_message_id: provider_id.map(str::to_owned),
        event_id: word(event, "ID").map(|id| format!("{record}:{id}")),
    }
    .item(meaning)
}

fn bounce_meaning(kind: &str) -> Meaning {
    match kind {
        "Transient" => Meaning::Delayed,
        "SoftBounce" | "DnsError" => Meaning::Failed(ErrorClass::Retryable),
        "SpamNotification" | "SpamComplaint" => Meaning::Complaint,
        "Unsubscribe" => Meaning::OptOut,
        "AutoResponder"
        | "AddressChange"
        | "Subscribe"
        | "ChallengeVerification"
        | "OpenRelayTest"
        | "VirusNotification"
        | "Unknown" => Meaning::Notice,
        _ => Meaning::Failed(ErrorClass::Permanent),
    }
}

/// Local offsets and seven digits of fraction occur; the fraction is dropped.
fn local_time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .or_else(|_| chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc()))
        .ok()?;
    DateTime::from_timestamp(time.timestamp(), 0)
}
