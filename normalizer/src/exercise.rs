//! Entry points for fuzzing: each takes any bytes, runs one codec over them and asserts what must always hold. The fuzz
//! targets call them with libFuzzer, `cargo test` with proptest.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use patchbay_core::item::Item;
use patchbay_core::secret::Secret;
use serde_json::Value;

use crate::address::PhoneNumber;
use crate::answer::Answer;
use crate::chat;
use crate::dedupe::{self, Source};
use crate::email::auth::AuthResults;
use crate::email::{self, Arrived, Envelope, MailForm, Place};
use crate::twilio::{self, CallContext, CallStep, Consent, Form, MessageContext, Relay, RelayTurn, StatusContext};
use crate::whatsapp::{self, Payload};
use crate::{address, segments};

/// Notifications of WhatsApp.
pub fn whatsapp_notification(bytes: &[u8]) {
    if let Ok(Payload::Changes(changes)) = whatsapp::parse(bytes, received_at()) {
        changes.iter().flat_map(|change| &change.items).for_each(|item| check(Source::WhatsappCloud, item));
    }
}

/// Inbound messages and status callbacks of Twilio.
pub fn twilio_form(bytes: &[u8]) {
    let form = Form::parse(bytes);
    for consent in [Consent::Given, Consent::Withdrawn] {
        let items = twilio::message(&form, &MessageContext { received_at: received_at(), consent });
        assert!(!items.is_empty(), "a form is never lost");
        for item in &items {
            check(Source::Twilio, item);
        }
    }
    let items = twilio::status(&form, &StatusContext { received_at: received_at(), callback_data: None });
    assert!(!items.is_empty(), "a form is never lost");
    for item in &items {
        check(Source::Twilio, item);
    }
    for step in CallStep::ALL {
        let items = twilio::call(&form, *step, &CallContext { received_at: received_at(), turn: Some("1") });
        assert!(!items.is_empty(), "a form is never lost");
        for item in &items {
            check(Source::Twilio, item);
        }
    }
}

/// Frames of a call's socket.
pub fn relay_frames(bytes: &[u8]) {
    let mut relay = Relay::new("AC1");
    let setup = r#"{"type":"setup","accountSid":"AC1","callSid":"CA1","from":"+15550101234","to":"+15550100003"}"#;
    for frame in [&String::from_utf8_lossy(bytes), setup, &String::from_utf8_lossy(bytes)] {
        if let RelayTurn::Items(items) = relay.hear(frame, received_at()) {
            for item in &items {
                check(Source::Twilio, item);
            }
        }
    }
}

/// Event streams of Twilio.
pub fn twilio_event_stream(bytes: &[u8]) {
    if let Ok(events) = twilio::event_stream(bytes, "AC1", received_at()) {
        events.iter().flat_map(|event| &event.items).for_each(|item| check(Source::Twilio, item));
    }
}

/// Bodies of web chat.
pub fn chat_body(bytes: &[u8]) {
    let _session = chat::parse_session(bytes);
    let Ok(said) = chat::parse(bytes) else { return };
    let name = said.user.name.clone();
    let visitor = chat::Author::Visitor { id: "v-1".to_owned(), name: name.clone() };
    let user = chat::Author::User { id: "cust-42".to_owned(), name };
    for author in [visitor, user] {
        let items = chat::items(&said, &author, "website", received_at());
        assert_eq!(items.len(), 1, "a body says one thing");
        for item in &items {
            check(Source::Chat, item);
        }
    }
}

/// Answers of both providers to a send.
pub fn provider_answers(bytes: &[u8]) {
    let status = bytes.first().map_or(200, |byte| 100 + u16::from(*byte) * 2);
    let answer = Answer { status, body: bytes.get(1..).unwrap_or_default(), retry_after: None };
    let _outcomes = (whatsapp::classify(&answer), twilio::classify(&answer));
}

/// Raw mail, forms and events of the mail providers.
pub fn mail(bytes: &[u8]) {
    let raw = Bytes::copy_from_slice(bytes);
    let arrived = |arrived: Option<Arrived>| arrived.into_iter().for_each(|arrived| mail_items(&arrived));
    let envelope = Envelope {
        recipient: "support@ours.test".to_owned(),
        sender: Some(String::new()),
        client_ip: None,
        helo: None,
        received_at: received_at(),
        provider_message_id: None,
    };
    arrived(Some(Arrived { mail: email::parse(&raw), envelopes: vec![envelope] }));
    for content_type in ["multipart/form-data; boundary=b", "application/x-www-form-urlencoded"] {
        if let Ok(form) = MailForm::parse(content_type, &raw) {
            arrived(email::mailgun::mail(&form, received_at()));
            arrived(email::sendgrid::mail(&form, received_at()));
        }
    }
    if let Ok(events) = email::sendgrid::events(bytes, received_at()) {
        for item in &events {
            check(Source::Email, item);
        }
    }
    match email::postmark::posted(bytes, received_at()) {
        Ok(email::postmark::Posted::Mail(mail)) => mail_items(&mail),
        Ok(email::postmark::Posted::Event(item)) => check(Source::Email, &item),
        Err(_) => {}
    }
    if let Ok(event) = serde_json::from_slice::<Value>(bytes) {
        check(Source::Email, &email::mailgun::event(&event, received_at()));
    }
}

fn mail_items(arrived: &Arrived) {
    let secret = Secret::new("secret");
    let known = |id: &str| id.starts_with("out-").then(|| "conversation".to_owned());
    let place = Place {
        is_own: &|address| address == "support@ours.test",
        reply_domain: "reply.ours.test",
        reply_token_secret: &secret,
        conversation_of: Some(&known),
    };
    for envelope in &arrived.envelopes {
        let items = email::items(&arrived.mail, envelope, &AuthResults::default(), &place);
        assert!(!items.is_empty(), "a mail is never lost");
        for item in &items {
            check(Source::Email, item);
        }
    }
}

/// Phone numbers and segments.
pub fn texts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(number) = PhoneNumber::parse(&text) {
        assert!(address::is_phone(number.as_str()), "what parses can be dialled");
        assert_eq!(PhoneNumber::parse(number.as_str()).as_ref(), Ok(&number), "parsing is idempotent");
    }
    let counted = segments::of(&text);
    assert_eq!(counted.count == 0, text.is_empty(), "only nothing takes no segment");
}

/// What holds for every item: it can be stored, it comes back as it was, and its key is its own.
fn check(source: Source, item: &Item) {
    let plain = serde_json::to_value(item).expect("an item is plain data");
    assert!(!holds_nul(&plain), "a database cannot hold U+0000");
    let back: Item = serde_json::from_value(plain).expect("an item reads what it writes");
    assert_eq!(dedupe::key(source, &back), dedupe::key(source, item), "the key survives the spool");
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn received_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_719_200, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_will_do(bytes in any::<Vec<u8>>()) {
            whatsapp_notification(&bytes);
            twilio_form(&bytes);
            twilio_event_stream(&bytes);
            chat_body(&bytes);
            relay_frames(&bytes);
            provider_answers(&bytes);
            mail(&bytes);
            texts(&bytes);
        }

        #[test]
        fn almost_right_mail_will_do(lines in proptest::collection::vec("(From: [a-z@.<>,\" ]{0,20}|Message-ID: <?[a-z@\u{0}]{0,8}>?|Subject: (=\\?utf-8\\?[qb]\\?[A-Za-z=0-9]{0,8}\\?=| |é){0,4}|References: [<>a-z@ ,()]{0,20}|Auto-Submitted: [a-z;-]{0,9}|Content-Type: (text/plain|text/html|multipart/(mixed|report|alternative|digest|related); (boundary=b|report-type=delivery-status)|message/(rfc822|delivery-status|feedback-report))|Content-Transfer-Encoding: (base64|quoted-printable)|Content-Disposition: (attachment|inline); filename\\*?0?\\*?=[a-z'%0-9]{0,9}|--b|--b--|Final-Recipient: rfc822; [a-z@]{0,6}|Action: [a-z]{0,8}|Status: [0-9.]{0,6}|[ -~]{0,20}|)", 0..40)) {
            mail(lines.join("\r\n").as_bytes());
        }

        #[test]
        fn almost_right_mail_events_will_do(word in "(RecordType|event|event-data|Type|Email|timestamp|signature|MessageID|smtp-id)", value in "(Bounce|Delivery|Inbound|delivered|[a-z\u{0}@<>]{0,8})", number in any::<f64>()) {
            let event = serde_json::json!({ word.as_str(): value, "RecordType": value, "Type": value, "event": value, "timestamp": number, "OriginalRecipient": value, "Email": value, "From": value });
            mail(event.to_string().as_bytes());
            mail(serde_json::json!([event]).to_string().as_bytes());
            mail(serde_json::json!({ "event-data": event }).to_string().as_bytes());
        }

        #[test]
        fn almost_right_notifications_will_do(body in "\\PC{0,40}", place in 0_usize..400, byte in any::<u8>()) {
            let body = serde_json::to_string(&body).unwrap();
            let mut bytes = [br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106"},"messages":[{"from":"15550101234","id":"wamid.1","timestamp":"1772719195","type":"text","text":{"body":"#, body.as_bytes(), br#"}}],"statuses":[{"id":"w","status":"sent","timestamp":"1","recipient_id":"15"}]}}]}]}"#].concat();
            whatsapp_notification(&bytes);
            if let Some(place) = bytes.get_mut(place) {
                *place = byte;
            }
            whatsapp_notification(&bytes);
            twilio_event_stream(&bytes);
        }

        #[test]
        fn nul_stands_nowhere(place in 0_usize..8, kind in "(text|hologram|image|system|edit)") {
            let nul = |index| if index == place { "a\\u0000b" } else { "1" };
            let element = format!(r#"{{"id":"w{}","from":"15{}","type":"{kind}","{kind}":{{"body":"{}","id":"{}","k{}":1}},"context":{{"id":"{}"}}}}"#,
                nul(0), nul(1), nul(2), nul(3), nul(4), nul(5));
            let body = format!(r#"{{"object":"whatsapp_business_account","entry":[{{"id":"{}","changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"{}"}},"messages":[{element}],"statuses":[{element}],"errors":[{element}]}}}}]}}]}}"#,
                nul(6), nul(7));
            whatsapp_notification(body.as_bytes());
            match whatsapp::parse(body.as_bytes(), received_at()) {
                Ok(Payload::Changes(changes)) => {
                    prop_assert_eq!(changes.len(), 1);
                    let ids = [changes[0].phone_number_id.as_deref(), changes[0].waba_id.as_deref()];
                    prop_assert!(ids.into_iter().flatten().all(|id| !id.contains('\0')));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn almost_right_forms_will_do(pairs in proptest::collection::vec(("(MessageSid|From|To|Body|NumMedia|MediaUrl0|MessageStatus|ErrorCode|OptOutType|CallSid|Digits|SpeechResult|RecordingSid|RecordingUrl|CallStatus|Timestamp|[A-Za-z]{1,8})", "[ -~]{0,20}"), 0..12)) {
            let form: Vec<String> = pairs.into_iter().map(|(name, value)| [name, value].join("=")).collect();
            twilio_form(form.join("&").as_bytes());
        }
    }
}
