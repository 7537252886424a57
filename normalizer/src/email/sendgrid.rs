//! SendGrid: Inbound Parse, raw or taken apart, and the event webhook. Source: Twilio SendGrid documentation, "Inbound
//! Parse Webhook", "Event Webhook Reference".

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use patchbay_core::item::{ErrorClass, Item, ReportedStatus};
use serde_json::Value;
use serde_json::value::RawValue;

use super::delivery_event::{Facts, Meaning, fractional_time};
use super::form::{MailForm, texts_of};
use super::headers::{Headers, bare_id};
use super::mail::{Envelope, Mail, MailFile};
use super::{Arrived, mime, parsed};
use crate::json::{element, text, word};

/// The mail in a form. `None`: nobody receives it.
pub fn mail(form: &MailForm, signed_at: DateTime<Utc>) -> Option<Arrived> {
    let envelope: Value =
        form.text("envelope").and_then(|json| serde_json::from_str(&json).ok()).unwrap_or(Value::Null);
    let mut recipients: Vec<String> =
        envelope["to"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    if recipients.is_empty() {
        // Without an envelope the header is all there is.
        let to = form.text("to").unwrap_or_default();
        recipients = super::headers::parties(to.as_bytes()).into_iter().map(|party| party.address).collect();
    }
    if recipients.is_empty() {
        return None;
    }
    let mail = match form.value("email") {
        Some(raw) => mime::parse(raw),
        None => taken_apart(form),
    };
    let envelopes = recipients
        .into_iter()
        .map(|recipient| Envelope {
            recipient,
            sender: envelope["from"].as_str().map(|sender| sender.trim().to_owned()),
            client_ip: form.word("sender_ip").and_then(|ip| ip.parse().ok()),
            helo: None,
            received_at: signed_at,
            provider_message_id: None,
        })
        .collect();
    Some(Arrived { mail, envelopes })
}

fn taken_apart(form: &MailForm) -> Mail {
    let charsets = texts_of(form.text("charsets"));
    let field = |name: &str| {
        let value = form.value(name)?;
        let decoded = parsed::decoded(value, charsets.get(name).map(String::as_str));
        Some(decoded).filter(|text| !text.trim().is_empty())
    };
    let head = field("headers").unwrap_or_default();
    let mut headers = Headers::of_message(head.trim_start().as_bytes());
    for (header, name) in [("From", "from"), ("To", "to"), ("Cc", "cc"), ("Subject", "subject")] {
        headers.add_missing(header, field(name).as_deref().unwrap_or_default().trim());
    }
    let infos: BTreeMap<String, Value> =
        form.text("attachment-info").and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let files = form
        .fields()
        .iter()
        .filter(|file| is_attachment(&file.name))
        .map(|file| {
            let info = infos.get(&file.name).unwrap_or(&Value::Null);
            let name = text(info, "filename").or_else(|| text(info, "name")).map(str::to_owned);
            let declared = text(info, "type").or(file.content_type.as_deref());
            let mut kept =
                MailFile::new(name.or_else(|| file.filename.clone()), parsed::mime_type(declared), file.value.clone());
            kept.content_id =
                text(info, "content-id").map(bare_id).or_else(|| file.content_id.clone()).filter(|id| !id.is_empty());
            kept.is_inline = kept.content_id.is_some();
            kept
        })
        .collect();
    parsed::mail(headers, field("text"), field("html"), files)
}

/// `attachment1`, and not `attachments` or `attachment-info`.
fn is_attachment(name: &str) -> bool {
    name.strip_prefix("attachment")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The items of an event post, one for each event. `Err`: not a list.
pub fn events(body: &[u8], received_at: DateTime<Utc>) -> Result<Vec<Item>, serde_json::Error> {
    let elements: Vec<&RawValue> = serde_json::from_slice(body)?;
    Ok(elements
        .into_iter()
        .map(|raw| match element(raw.get()) {
            Some(event) if event.is_object() => self::event(&event, received_at),
            other => super::delivery_event::malformed(&other.unwrap_or_default(), received_at),
        })
        .collect())
}

fn event(event: &Value, received_at: DateTime<Utc>) -> Item {
    let name = text(event, "event").unwrap_or_default();
    let status = word(event, "status");
    let is_temporary = status.as_deref().is_some_and(|status| status.starts_with('4'));
    let meaning = match name {
        "processed" => Meaning::Status(ReportedStatus::Sent),
        "delivered" => Meaning::Status(ReportedStatus::Delivered),
        "open" | "click" => Meaning::Status(ReportedStatus::Read),
        "deferred" => Meaning::Delayed,
        "bounce" if is_temporary || text(event, "type") == Some("blocked") => Meaning::Failed(ErrorClass::Retryable),
        "bounce" | "dropped" => Meaning::Failed(ErrorClass::Permanent),
        "spamreport" => Meaning::Complaint,
        "unsubscribe" | "group_unsubscribe" => Meaning::OptOut,
        "group_resubscribe" => Meaning::OptIn,
        _ => Meaning::Unknown,
    };
    let provider_id = text(event, "sg_message_id");
    // Opens, clicks and complaints do not name the message id: ours travels with the mail.
    let id = text(event, "smtp-id").or_else(|| text(event, "mid")).or(provider_id).unwrap_or_default();
    Facts {
        account: None,
        message_id: id.to_owned(),
        word: name.to_owned(),
        recipient: text(event, "email").map(str::to_owned),
        at: fractional_time(event.get("timestamp")).unwrap_or(received_at),
        code: status,
        details: ["reason", "response"].iter().find_map(|key| text(event, key)).map(str::to_owned),
        provider_message_id: provider_id.map(str::to_owned),
        event_id: text(event, "sg_event_id").map(str::to_owned),
    }
    .item(meaning)
}
