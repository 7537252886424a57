//! Values in, values out.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::interactive::Location;
use patchbay_core::item::{ErrorClass, Item};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::answer::{Action, Answer, Outcome, Suppression};
use crate::dedupe::{self, Source};
use crate::request::RenderError;

fn received_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_719_200, 0).unwrap()
}

fn context(consent: Consent) -> MessageContext {
    MessageContext { received_at: received_at(), consent }
}

/// The items of an inbound message with these parameters beside id and addresses.
fn items(parameters: &str) -> Vec<Value> {
    items_with(parameters, Consent::Given)
}

fn items_with(parameters: &str, consent: Consent) -> Vec<Value> {
    let form = Form::parse(format!("MessageSid=SM1&From=%2B15550101234&To=%2B15550100003&{parameters}").as_bytes());
    message(&form, &context(consent)).iter().map(|item| json!(item)).collect()
}

fn whatsapp(parameters: &str) -> Value {
    let form = Form::parse(
        format!("MessageSid=SM1&From=whatsapp%3A%2B15550101234&To=whatsapp%3A%2B15550100003&{parameters}").as_bytes(),
    );
    let items = message(&form, &context(Consent::Given));
    assert_eq!(items.len(), 1);
    json!(items[0])
}

#[track_caller]
fn check_consent(parameters: &str, consent: Consent, expected: Option<(&str, &str)>) {
    let items = items_with(parameters, consent);
    let event = items.get(1).map(|event| (event["type"].as_str().unwrap(), event["data"]["keyword"].as_str().unwrap()));
    assert_eq!(event, expected, "{parameters}");
    assert_eq!(items[0]["kind"], "message", "the message itself is always there");
}

#[test]
fn only_the_whole_body_is_a_keyword() {
    check_consent("Body=+stop%0A", Consent::Given, Some(("opt_out", "STOP")));
    check_consent("Body=Revoke", Consent::Given, Some(("opt_out", "REVOKE")));
    check_consent("Body=stop+please", Consent::Given, None);
    check_consent("Body=unstop", Consent::Withdrawn, Some(("opt_in", "UNSTOP")));
    check_consent("Body=INFO", Consent::Given, Some(("help_requested", "INFO")));
    check_consent("Body=yes", Consent::Given, None);
    check_consent("Body=yes", Consent::Withdrawn, Some(("opt_in", "YES")));
}

#[test]
fn the_hint_of_the_provider_decides_also_for_its_own_keywords() {
    check_consent("Body=baja&OptOutType=STOP", Consent::Given, Some(("opt_out", "BAJA")));
    check_consent("Body=yes&OptOutType=START", Consent::Given, Some(("opt_in", "YES")));
    check_consent("Body=&OptOutType=HELP", Consent::Given, Some(("help_requested", "HELP")));
}

#[test]
fn whatsapp_has_no_consent_keywords() {
    assert_eq!(whatsapp("Body=STOP")["content"]["text"], "STOP");
}

#[test]
fn history_is_asked_for_only_when_it_matters() {
    let depends = |body: &str| consent::depends_on_history(&Form::parse(body.as_bytes()));
    assert!(depends("Body=+Yes+"));
    assert!(!depends("Body=Yes&OptOutType=START"));
    assert!(!depends("Body=Stop"));
    assert!(!depends(""));
}

#[test]
fn media_are_read_in_order_and_gaps_are_skipped() {
    let media = "NumMedia=3&MediaUrl0=https%3A%2F%2Fx%2FME0%3Fa%3D1&MediaContentType0=application%2Fpdf&MediaUrl2=https%3A%2F%2Fx%2FME2";
    let item = &items(media)[0];
    assert_eq!(item["content"]["type"], "document");
    assert_eq!(item["content"]["media"][0]["id"], "ME0");
    assert_eq!(item["content"]["media"][1]["id"], "ME2");
    assert_eq!(items("NumMedia=")[0]["content"]["type"], "text");
    assert_eq!(items("NumMedia=4000000000")[0]["content"]["type"], "text");
}

#[test]
fn whatsapp_content_keeps_its_meaning() {
    assert_eq!(
        whatsapp("MessageType=sticker&NumMedia=1&MediaUrl0=u%2FME1&MediaContentType0=image%2Fwebp")["content"]["type"],
        "sticker"
    );
    let list = whatsapp("Body=Plumbing&MessageType=interactive&ListId=cat-1&ListTitle=Plumbing");
    assert_eq!(
        list["content"]["metadata"]["interactive"],
        json!({"kind": "list_reply", "id": "cat-1", "title": "Plumbing", "description": null})
    );
    let reaction = whatsapp("Body=%F0%9F%91%8D&MessageType=reaction&OriginalRepliedMessageSid=SM9");
    assert_eq!(
        reaction["content"]["metadata"]["reaction"],
        json!({"message_id": "SM9", "emoji": "👍", "removed": false})
    );
    let unknown = whatsapp("Body=&MessageType=hologram&Frames=12");
    assert_eq!(unknown["content"]["type"], "unsupported");
    assert_eq!(unknown["content"]["metadata"]["unsupported"]["raw"]["Frames"], "12");
    let referral = whatsapp("Body=x&ReferralSourceId=7&ReferralCtwaClid=c&Forwarded=true");
    assert_eq!(referral["metadata"]["referral"], json!({"source_id": "7", "ctwa_clid": "c"}));
    assert_eq!(referral["metadata"]["forwarded"], true);
}

#[test]
fn what_is_not_a_phone_stays_verbatim() {
    for from in ["22395", "ACMEBANK", "messenger:123"] {
        let form = Form::parse(format!("MessageSid=SM1&From={from}&To=%2B15550100003&Body=x").as_bytes());
        assert_eq!(json!(message(&form, &context(Consent::Given))[0])["sender"]["address"], from);
    }
}

#[test]
fn a_form_without_id_or_addresses_is_rejected_and_named() {
    for body in ["", "MessageSid=SM1", "From=%2B1&To=%2B2", "MessageSid=&From=a&To=b"] {
        let items = message(&Form::parse(body.as_bytes()), &context(Consent::Given));
        assert_eq!(json!(items[0])["type"], "ingest.rejected", "{body}");
    }
}

#[test]
fn nul_is_stripped_after_it_was_signed() {
    let form = Form::parse(b"Body=a%00b");
    assert_eq!(form.raw("Body").unwrap(), "a\0b");
    assert_eq!(form.text("Body").unwrap(), "ab");
}

#[test]
fn a_status_carries_our_id_and_the_opt_out_it_reveals() {
    let form = Form::parse(
        b"MessageSid=SM1&MessageStatus=failed&From=%2B15550100003&To=%2B15550101234&ErrorCode=21610&ErrorMessage=no",
    );
    let items = status(&form, &StatusContext { received_at: received_at(), callback_data: Some("0195") });
    let items: Vec<Value> = items.iter().map(|item| json!(item)).collect();
    assert_eq!(items[0]["metadata"]["callback_data"], "0195");
    assert_eq!(items[0]["errors"][0], json!({"code": "21610", "message": "no", "class": "opted_out"}));
    assert_eq!(items[1]["type"], "opt_out");
    assert_eq!(items[1]["address"], "+15550101234");
}

#[test]
fn an_unknown_status_changes_nothing() {
    let form = Form::parse(b"MessageSid=SM1&MessageStatus=teleported&From=%2B1&To=%2B2");
    let items = status(&form, &StatusContext { received_at: received_at(), callback_data: None });
    assert_eq!(json!(items[0])["data"]["reason"], "unknown_status");
}

fn stream(events: &Value) -> Vec<Value> {
    let events = event_stream(events.to_string().as_bytes(), "AC1", received_at()).unwrap();
    events.into_iter().flat_map(|event| event.items).map(|item| json!(item)).collect()
}

#[test]
fn an_event_stream_is_read_event_by_event() {
    let event = |kind: &str, account: &str| {
        json!({"type": kind, "data": {"messageSid": "SM1", "accountSid": account,
        "to": "whatsapp:+15550101234", "from": "whatsapp:+15550100003", "timestamp": "2026-03-05T15:59:50.900+02:00", "errorCode": 63016}})
    };
    let items = stream(&json!([
        event("com.twilio.messaging.message.failed", "AC1"),
        event("com.twilio.messaging.message.sent", "AC2"),
        7,
        event("com.twilio.messaging.inbound-message.received", "AC1"),
        event("com.twilio.messaging.message.lost", "AC1"),
    ]));
    assert_eq!(items[0]["status"], "failed");
    assert_eq!(items[0]["channel"], "whatsapp");
    assert_eq!(items[0]["timestamp"], "2026-03-05T13:59:50Z");
    assert_eq!(items[0]["errors"][0]["class"], "window_closed");
    assert_eq!(items[1]["data"]["detail"], "account");
    assert_eq!(items[2]["type"], "ingest.rejected");
    assert_eq!(items[3]["type"], "provider.notice");
    assert_eq!(items[4]["data"]["reason"], "unknown_status");
    assert_eq!(event_stream(b"7", "AC1", received_at()), Err(Malformed));
    assert_eq!(event_stream(b"{", "AC1", received_at()), Err(Malformed));
}

fn outbound(content: OutboundContent<'_>) -> Outbound<'_> {
    Outbound {
        channel: Channel::Sms,
        from: "+15550100003",
        to: "+15550101234",
        content,
        status_callback: "https://hub.example.test/webhooks/twilio/status/0195",
    }
}

#[test]
fn messages_are_rendered_as_the_provider_wants_them() {
    let media = ["https://hub.example.test/m/1".to_owned()];
    let request =
        render("AC1", &outbound(OutboundContent::Message { text: "50% off + é", media_urls: &media })).unwrap();
    assert_eq!(request.path, "/2010-04-01/Accounts/AC1/Messages.json");
    assert_eq!(request.content_type, "application/x-www-form-urlencoded");
    let form = Form::parse(&request.body);
    let value = |name| form.text(name).unwrap();
    assert_eq!(
        (value("To"), value("From"), value("Body")),
        ("+15550101234".into(), "+15550100003".into(), "50% off + é".into())
    );
    assert_eq!(value("MediaUrl"), media[0]);
    assert_eq!(value("StatusCallback"), "https://hub.example.test/webhooks/twilio/status/0195");

    let through_whatsapp = Outbound {
        channel: Channel::Whatsapp,
        ..outbound(OutboundContent::Template { content_sid: "HX1", variables: "{\"1\":\"a\"}" })
    };
    let form = Form::parse(&render("AC1", &through_whatsapp).unwrap().body);
    assert_eq!(form.text("To").unwrap(), "whatsapp:+15550101234");
    assert_eq!(form.text("ContentVariables").unwrap(), "{\"1\":\"a\"}");
    let place = Location { latitude: 37.5, longitude: -122.0, name: Some("Gate 4".into()), address: None };
    assert_eq!((place_body(" ", &place), place_body("Here", &place)), ("Gate 4", "Here"));
    let place =
        Outbound { channel: Channel::Whatsapp, ..outbound(OutboundContent::Location { text: "", place: &place }) };
    let form = Form::parse(&render("AC1", &place).unwrap().body);
    assert_eq!(form.text("PersistentAction").unwrap(), "geo:37.5,-122|Gate 4");
    assert_eq!(form.text("Body").unwrap(), "Gate 4");
    let typing = show_typing("SM1");
    assert_eq!(typing.path, "/v3/Indicators/Typing.json");
    let body: serde_json::Value = serde_json::from_slice(&typing.body).unwrap();
    assert_eq!(body, serde_json::json!({"channel": "WHATSAPP", "messageId": "SM1"}));
    let sid = "MG0123456789abcdef0123456789abcdef";
    let service = Outbound { from: sid, ..outbound(OutboundContent::Message { text: "x", media_urls: &[] }) };
    let form = Form::parse(&render("AC1", &service).unwrap().body);
    assert_eq!((form.text("From"), form.text("MessagingServiceSid").as_deref()), (None, Some(sid)));
    // A sender of letters that only begins like one.
    let sender = Outbound { from: "MGM GRAND", ..outbound(OutboundContent::Message { text: "x", media_urls: &[] }) };
    let form = Form::parse(&render("AC1", &sender).unwrap().body);
    assert_eq!((form.text("From").as_deref(), form.text("MessagingServiceSid")), (Some("MGM GRAND"), None));
}

#[test]
fn what_the_provider_would_refuse_is_not_rendered() {
    let text = |text| OutboundContent::Message { text, media_urls: &[] };
    assert_eq!(render("AC1", &outbound(text(" "))), Err(RenderError::Empty));
    let long = "x".repeat(1601);
    assert_eq!(render("AC1", &outbound(text(&long))), Err(RenderError::TooLong { field: "text", limit: 1600 }));
    let many = vec![String::new(); 11];
    let too_many = OutboundContent::Message { text: "x", media_urls: &many };
    assert_eq!(render("AC1", &outbound(too_many)), Err(RenderError::TooMany { field: "media", limit: 10 }));
    for to in ["ACMEBANK", "US.1349", "", "anonymous"] {
        assert_eq!(render("AC1", &Outbound { to, ..outbound(text("x")) }), Err(RenderError::Unreachable), "{to}");
    }
}

fn refusal(status: u16, body: &Value) -> crate::answer::Refusal {
    match classify(&Answer { status, body: body.to_string().as_bytes(), retry_after: None }) {
        Outcome::Refused(refusal) => refusal,
        Outcome::Accepted(accepted) => panic!("accepted: {accepted:?}"),
    }
}

#[test]
fn answers_are_classed() {
    let body = json!({"sid": "SM9", "status": "queued", "num_segments": "2", "error_code": null, "to": "whatsapp:+15550101234"});
    let Outcome::Accepted(accepted) =
        classify(&Answer { status: 201, body: body.to_string().as_bytes(), retry_after: None })
    else {
        panic!("refused")
    };
    assert_eq!((accepted.channel_message_id.as_str(), accepted.segments), ("SM9", Some(2)));
    assert_eq!(accepted.recipient_addresses, ["+15550101234"]);

    let error = |code: u32| json!({"code": code, "message": "m", "status": 400});
    assert_eq!(refusal(400, &error(21_610)).action, Action::Suppress(Suppression::Everything));
    assert_eq!(refusal(400, &error(21_211)).error.class, ErrorClass::Permanent);
    assert!(matches!(refusal(429, &error(20_429)).action, Action::Retry(_)), "429 was not processed");
    assert!(matches!(refusal(500, &error(21_211)).action, Action::CheckThenRetry(_)), "5xx may have been sent");
    assert!(matches!(refusal(503, &json!("x")).action, Action::CheckThenRetry(_)));
    assert_eq!(refusal(401, &json!({})).error.class, ErrorClass::Config);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        let form = Form::parse(&bytes);
        let _ = message(&form, &context(Consent::Given));
        let _ = status(&form, &StatusContext { received_at: received_at(), callback_data: None });
        let _ = event_stream(&bytes, "AC1", received_at());
        let _ = classify(&Answer { status: 400, body: &bytes, retry_after: None });
    }

    #[test]
    fn every_form_with_id_and_addresses_is_a_message_with_a_stable_key(
        pairs in proptest::collection::vec((proptest::sample::select(vec![
            "Body", "NumMedia", "MediaUrl0", "MediaContentType0", "MessageType", "Latitude", "Longitude", "ListId", "ButtonText",
            "OptOutType", "ProfileName", "OriginalRepliedMessageSid", "Forwarded", "ReferralBody"]), "\\PC{0,12}"), 0..10),
        later in 0_i64..1_000_000,
    ) {
        let encoded: Vec<String> = pairs.iter().map(|(name, value)| {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string();
            [*name, "=", &value].concat()
        }).collect();
        let form = Form::parse(["MessageSid=SM1&From=%2B15550101234&To=%2B15550100003&", &encoded.join("&")].concat().as_bytes());
        let keys = |at| message(&form, &MessageContext { received_at: at, consent: Consent::Given })
            .iter().map(|item| dedupe::key(Source::Twilio, item)).collect::<Vec<_>>();
        let items = message(&form, &context(Consent::Given));
        prop_assert!(matches!(items[0], Item::Message(_)));
        prop_assert_eq!(keys(received_at()), keys(received_at() + chrono::TimeDelta::seconds(later)));
    }

    #[test]
    fn what_is_rendered_is_read_back(text in "[^\u{0}]{1,300}", to in "\\+[1-9][0-9]{4,14}") {
        prop_assume!(!text.trim().is_empty());
        let message = Outbound { to: &to, ..outbound(OutboundContent::Message { text: &text, media_urls: &[] }) };
        let form = Form::parse(&render("AC1", &message).unwrap().body);
        prop_assert_eq!(form.text("Body"), Some(text));
        prop_assert_eq!(form.text("To"), Some(to));
    }
}
