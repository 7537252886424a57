//! Values in, values out.

use chrono::{DateTime, Utc};
use patchbay_core::channel::MediaKind;
use patchbay_core::interactive::{Interactive, Location};
use patchbay_core::item::{ErrorClass, Item};
use patchbay_core::template::ButtonValue;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::answer::{Action, Answer, Outcome, Scope};
use crate::dedupe::{self, Source};
use crate::request::RenderError;

fn received_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_719_200, 0).unwrap()
}

/// The items of a notification with one change of `field` and `value`.
fn items_of(field: &str, value: &Value) -> Vec<Value> {
    let body = json!({"object": "whatsapp_business_account",
        "entry": [{"id": "215", "time": 1_772_719_100, "changes": [{"field": field, "value": value}]}]});
    items(body.to_string().as_bytes())
}

fn items(body: &[u8]) -> Vec<Value> {
    match parse(body, received_at()).unwrap() {
        Payload::Foreign => Vec::new(),
        Payload::Changes(changes) => {
            changes.into_iter().flat_map(|change| change.items).map(|item| json!(item)).collect()
        }
    }
}

/// The one item of a message from the customer +15550101234.
fn item_of(message: &Value) -> Value {
    let mut element = json!({"from": "15550101234", "id": "wamid.1", "timestamp": "1772719195"});
    element.as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
    let value = json!({"metadata": {"phone_number_id": "106"}, "messages": [element]});
    let mut items = items_of("messages", &value);
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0)
}

#[track_caller]
fn check(message: &Value, pointer: &str, expected: &Value) {
    let item = item_of(message);
    assert_eq!(item.pointer(pointer).unwrap_or(&Value::Null), expected, "{item}");
}

#[test]
fn a_legacy_voice_note_is_audio() {
    let message = json!({"type": "voice", "voice": {"id": "9", "mime_type": "audio/ogg"}});
    check(&message, "/content/type", &json!("audio"));
    check(&message, "/content/media/0/voice", &json!(true));
}

#[test]
fn a_form_answer_that_is_no_object_is_dropped() {
    let reply = |response: &str| {
        json!({"type": "interactive",
        "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": response}}})
    };
    check(&reply("{\"a\":1}"), "/content/metadata/interactive/response", &json!({"a": 1}));
    check(&reply("[1]"), "/content/metadata/interactive/response", &Value::Null);
    check(&reply("{"), "/content/metadata/interactive/response", &Value::Null);
}

#[test]
fn an_interactive_message_without_its_object_is_a_placeholder_beside_the_error() {
    let value = json!({"metadata": {"phone_number_id": "106"},
        "messages": [{"from": "15550101234", "id": "wamid.1", "timestamp": "1772719195", "type": "interactive"}],
        "errors": [{"code": 131_000, "title": "Something went wrong"}]});
    let items = items_of("messages", &value);
    assert_eq!(items[0]["content"]["type"], "unsupported");
    assert_eq!(items[0]["content"]["metadata"]["unsupported"]["type"], "interactive");
    assert_eq!(items[0]["content"]["metadata"]["unsupported"]["code"], "131000");
    assert_eq!(items[1]["type"], "provider.error");
    assert_eq!(items[1]["data"]["errors"][0]["class"], "retryable");
    assert_eq!(items[1]["timestamp"], "2026-03-05T13:58:20Z");
}

#[test]
fn an_unknown_type_is_kept_and_normalised_again_when_it_is_known() {
    let item = item_of(&json!({"type": "hologram", "hologram": {"frames": 12}}));
    let kept = &item["content"]["metadata"]["unsupported"];
    assert_eq!(kept["type"], "hologram");
    assert_eq!(kept["raw"]["hologram"]["frames"], 12);

    let mut raw = kept["raw"].clone();
    raw["type"] = "text".into();
    raw["text"] = json!({"body": "now I can be read"});
    let again = json!(renormalize(&raw, "106", received_at()));
    assert_eq!(again["content"]["text"], "now I can be read");
    assert_eq!(again["channel_message_id"], item["channel_message_id"]);
    assert_eq!(again["timestamp"], item["timestamp"]);
}

#[test]
fn edits_and_revocations_are_events() {
    let edit = json!({"type": "edit", "edit": {"original_message_id": "wamid.0",
        "message": {"type": "image", "image": {"id": "5", "caption": "better"}}}});
    check(&edit, "/type", &json!("message.edited"));
    check(&edit, "/data/target", &json!("wamid.0"));
    check(&edit, "/data/text", &json!("better"));
    let flat =
        json!({"type": "edit", "original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "x"}}});
    check(&flat, "/data/text", &json!("x"));
    let revoke = json!({"type": "revoke", "revoke": {"original_message_id": "wamid.0"}});
    check(&revoke, "/type", &json!("message.revoked"));
    check(&revoke, "/address", &json!("+15550101234"));
}

#[test]
fn what_our_staff_writes_on_the_phone_is_an_outbound_message() {
    let value = json!({"metadata": {"phone_number_id": "106"},
        "message_echoes": [{"from": "15550100001", "to": "15550101234", "id": "wamid.7", "timestamp": "1772719195",
            "type": "text", "text": {"body": "on my way"}}]});
    let items = items_of("smb_message_echoes", &value);
    assert_eq!(items[0]["direction"], "outbound");
    assert_eq!(items[0]["sender"]["type"], "agent");
    assert_eq!(items[0]["sender"]["address"], "+15550100001");
    assert_eq!(items[0]["metadata"]["recipient"], "+15550101234");
    assert_eq!(items[0]["status"], "sent");
}

#[test]
fn what_our_staff_writes_to_nobody_is_rejected() {
    let echo = |more: Value| {
        let mut message = json!({"from": "15550100001", "id": "wamid.7", "timestamp": "1772719195",
            "type": "text", "text": {"body": "on my way"}});
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        items_of("smb_message_echoes", &json!({"metadata": {"phone_number_id": "106"}, "message_echoes": [message]}))
    };
    for nobody in [json!({}), json!({"to": ""}), json!({"to": null})] {
        let items = echo(nobody);
        assert_eq!(
            (&items[0]["type"], &items[0]["data"]["detail"]),
            (&json!("ingest.rejected"), &json!("no recipient"))
        );
    }
    assert_eq!(echo(json!({"to_user_id": "US.1349"}))[0]["metadata"]["recipient"], "US.1349");
    // What is written into a group is for the group.
    assert_eq!(echo(json!({"group_id": "g-1"}))[0]["direction"], "outbound");
}

#[test]
fn the_phone_is_the_address_when_there_is_one() {
    let sender = |message: Value, contact: Value| {
        let mut element = json!({"id": "wamid.1", "timestamp": "1772719195", "type": "text", "text": {"body": "x"}});
        element.as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
        let value = json!({"metadata": {"phone_number_id": "106"}, "contacts": [{"wa_id": "1", "profile": {"name": "No"}}, contact],
            "messages": [element]});
        items_of("messages", &value).remove(0)
    };
    let both = sender(
        json!({"from": "15550101234", "from_user_id": "US.1349"}),
        json!({"wa_id": "15550101234", "user_id": "US.1349", "parent_user_id": "US.ENT.2", "profile": {"name": "Kerry", "username": "k"}}),
    );
    assert_eq!(both["sender"]["address"], "+15550101234");
    assert_eq!(both["sender"]["name"], "Kerry");
    assert_eq!(both["metadata"]["user_id"], "US.1349");
    assert_eq!(both["metadata"]["parent_user_id"], "US.ENT.2");
    let hidden = sender(
        json!({"from": "US.1349", "from_user_id": "US.1349"}),
        json!({"wa_id": "US.1349", "user_id": "US.1349", "profile": {"name": "Kerry"}}),
    );
    assert_eq!(hidden["sender"]["address"], "US.1349");
    assert_eq!(hidden["sender"]["name"], "Kerry");
}

#[test]
fn a_group_is_not_the_private_thread() {
    check(&json!({"type": "text", "text": {"body": "x"}, "group_id": "g1"}), "/metadata/group_id", &json!("g1"));
}

#[test]
fn one_bad_element_does_not_poison_the_batch() {
    let good = json!({"from": "15550101234", "id": "wamid.ok", "timestamp": 1_772_719_195_000_i64, "type": "text", "text": {"body": "fine"}});
    let value = json!({"metadata": {"phone_number_id": "106"}, "messages": [
        null, 7, "text", {}, {"id": "wamid.a"}, {"id": "wamid.b", "from": "1555", "type": "text"},
        {"id": "wamid.c", "from": "15550101234", "type": "text", "timestamp": "soon", "text": {"body": "x"}},
        {"id": "wamid.d", "from": "15550101234", "type": "image", "image": {}},
        good], "statuses": [{"status": "sent"}, {"id": "wamid.e", "status": "warning", "recipient_id": "15550101234"}]});
    let items = items_of("messages", &value);
    assert_eq!(items.len(), 11);
    for item in &items[..8] {
        assert_eq!(item["type"], "ingest.rejected", "{item}");
        assert_eq!(item["data"]["reason"], "malformed_message");
    }
    assert_eq!(items[8]["content"]["text"], "fine");
    assert_eq!(items[8]["timestamp"], "2026-03-05T13:59:55Z");
    assert_eq!(items[9]["data"]["reason"], "malformed_message");
    assert_eq!(items[10]["data"]["reason"], "unknown_status");
    assert_eq!(items[10]["data"]["status"], "warning");
}

#[test]
fn a_bad_list_or_change_spoils_only_itself() {
    let body = json!({"object": "whatsapp_business_account", "entry": [
        7,
        {"id": "1", "changes": "none"},
        {"id": "1", "changes": [3, {"field": "messages"},
            {"field": "messages", "value": {"metadata": {"phone_number_id": "106"}, "messages": {"a": 1},
                "statuses": [{"id": "wamid.1", "status": "played", "timestamp": "1772719195", "recipient_id": "15550101234"}]}}]}]});
    let items = items(body.to_string().as_bytes());
    assert_eq!(items.iter().filter(|item| item["type"] == "ingest.rejected").count(), 5, "{items:?}");
    let status = items.last().unwrap();
    assert_eq!((status["status"].as_str(), status["provider_status"].as_str()), (Some("read"), Some("played")));
}

#[test]
fn each_member_of_a_group_reports_on_its_own() {
    let value = json!({"metadata": {"phone_number_id": "106"}, "statuses": [{"id": "wamid.1", "status": "read", "timestamp": "1772719195",
        "recipient_type": "group", "recipient_id": "g1", "recipient_participant_id": "15550101234"}]});
    let items = items_of("messages", &value);
    assert_eq!(items[0]["recipient"], "+15550101234");
    assert_eq!(items[0]["metadata"]["group_id"], "g1");
}

#[test]
fn what_a_database_cannot_hold_is_removed() {
    let body = br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106"},
        "messages":[{"from":"15550101234","id":"wamid.1","timestamp":"1772719195","type":"text","text":{"body":"a\u0000b\ud83d"}}]}}]}]}"#;
    assert_eq!(items(body)[0]["content"]["text"], "ab\u{fffd}");
}

#[test]
fn bytes_that_are_no_notification_are_malformed() {
    for body in [&b""[..], b"{", b"[]", b"\xff", b"{\"object\":\"whatsapp_business_account\",\"entry\":7}"] {
        assert_eq!(parse(body, received_at()), Err(Malformed), "{body:?}");
    }
    assert_eq!(parse(b"{\"object\":\"page\",\"entry\":7}", received_at()), Ok(Payload::Foreign));
}

fn outbound(content: OutboundContent<'_>) -> Outbound<'_> {
    Outbound { to: "+15550101234", callback_data: "0195f3c2", reply_to: None, content }
}

#[track_caller]
fn check_render(message: &Outbound<'_>, expected: &Value) {
    let request = render("106", message).unwrap();
    assert_eq!((request.method, request.path.as_str()), ("POST", "/106/messages"));
    let mut body: Value = serde_json::from_slice(&request.body).unwrap();
    let body = body.as_object_mut().unwrap();
    assert_eq!(body.remove("messaging_product"), Some("whatsapp".into()));
    assert_eq!(body.remove("recipient_type"), Some("individual".into()));
    assert_eq!(body.remove("biz_opaque_callback_data"), Some("0195f3c2".into()));
    assert_eq!(&json!(body), expected);
}

#[test]
fn messages_are_rendered_as_the_provider_wants_them() {
    check_render(
        &Outbound { reply_to: Some("wamid.0"), ..outbound(OutboundContent::Text("hello")) },
        &json!({"to": "15550101234", "context": {"message_id": "wamid.0"}, "type": "text",
            "text": {"body": "hello", "preview_url": true}}),
    );
    check_render(
        &Outbound { to: "US.1349", ..outbound(OutboundContent::Text("hello")) },
        &json!({"recipient": "US.1349", "type": "text", "text": {"body": "hello", "preview_url": true}}),
    );
    let media =
        |kind, source| outbound(OutboundContent::Media { kind, source, caption: Some("c"), filename: Some("f.pdf") });
    check_render(
        &media(MediaKind::Document, MediaSource::Link("https://hub.example.test/f")),
        &json!({"to": "15550101234", "type": "document",
            "document": {"link": "https://hub.example.test/f", "caption": "c", "filename": "f.pdf"}}),
    );
    check_render(
        &media(MediaKind::Audio, MediaSource::Id("77")),
        &json!({"to": "15550101234", "type": "audio", "audio": {"id": "77"}}),
    );
    check_render(
        &outbound(OutboundContent::Template {
            name: "visit",
            language: "en_US",
            header: Some(TemplateHeader::Media {
                kind: MediaKind::Image,
                source: MediaSource::Id("77"),
                filename: None,
            }),
            body: &["Dana".to_owned(), "9 am".to_owned()],
            names: &[],
            buttons: &[
                ButtonValue::QuickReply { index: 0, payload: "ok|1".into() },
                ButtonValue::Url { index: 2, text: "a/1".into() },
            ],
        }),
        &json!({"to": "15550101234", "type": "template", "template": {"name": "visit", "language": {"code": "en_US"}, "components": [
            {"type": "header", "parameters": [{"type": "image", "image": {"id": "77"}}]},
            {"type": "body", "parameters": [{"type": "text", "text": "Dana"}, {"type": "text", "text": "9 am"}]},
            {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "ok|1"}]},
            {"type": "button", "sub_type": "url", "index": "2", "parameters": [{"type": "text", "text": "a/1"}]}]}}),
    );
    let interactive = |value: Value| serde_json::from_value::<Interactive>(value).unwrap();
    let buttons = interactive(json!({"kind": "button", "footer": "f", "buttons": [{"id": "y", "title": "Yes"}]}));
    check_render(
        &outbound(OutboundContent::Interactive { body: "Come?", interactive: &buttons }),
        &json!({"to": "15550101234", "type": "interactive", "interactive": {"type": "button", "body": {"text": "Come?"},
            "footer": {"text": "f"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]}}}),
    );
    let list = interactive(json!({"kind": "list", "button": "Times", "header": "h",
        "sections": [{"title": "Monday", "rows": [{"id": "1", "title": "9 am", "description": "early"}]}]}));
    check_render(
        &outbound(OutboundContent::Interactive { body: "When?", interactive: &list }),
        &json!({"to": "15550101234", "type": "interactive", "interactive": {"type": "list", "body": {"text": "When?"},
            "header": {"type": "text", "text": "h"},
            "action": {"button": "Times", "sections": [{"title": "Monday",
                "rows": [{"id": "1", "title": "9 am", "description": "early"}]}]}}}),
    );
    let link = interactive(json!({"kind": "cta_url", "display_text": "Open", "url": "https://example.test"}));
    check_render(
        &outbound(OutboundContent::Interactive { body: "Look", interactive: &link }),
        &json!({"to": "15550101234", "type": "interactive", "interactive": {"type": "cta_url", "body": {"text": "Look"},
            "action": {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://example.test"}}}}),
    );
    let place = interactive(json!({"kind": "location_request_message"}));
    check_render(
        &outbound(OutboundContent::Interactive { body: "Where?", interactive: &place }),
        &json!({"to": "15550101234", "type": "interactive", "interactive": {"type": "location_request_message",
            "body": {"text": "Where?"}, "action": {"name": "send_location"}}}),
    );
    let place = Location { latitude: 0.0, longitude: -1.5, name: Some("Here".into()), address: None };
    check_render(
        &outbound(OutboundContent::Location(&place)),
        &json!({"to": "15550101234", "type": "location",
            "location": {"latitude": 0.0, "longitude": -1.5, "name": "Here"}}),
    );
    check_render(
        &outbound(OutboundContent::Reaction { target: "wamid.0", emoji: None }),
        &json!({"to": "15550101234", "type": "reaction", "reaction": {"message_id": "wamid.0", "emoji": ""}}),
    );
    let read: Value = serde_json::from_slice(&mark_read("106", "wamid.0").body).unwrap();
    assert_eq!(read, json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.0"}));
    let typing: Value = serde_json::from_slice(&show_typing("106", "wamid.0").body).unwrap();
    assert_eq!((&typing["status"], &typing["typing_indicator"]["type"]), (&json!("read"), &json!("text")));
}

#[test]
fn what_the_provider_would_refuse_is_not_rendered() {
    let refused = |message: &Outbound<'_>| render("106", message).unwrap_err();
    assert_eq!(refused(&outbound(OutboundContent::Text(" "))), RenderError::Empty);
    let long = "x".repeat(MAX_TEXT_CHARACTERS + 1);
    assert_eq!(refused(&outbound(OutboundContent::Text(&long))), RenderError::TooLong { field: "text", limit: 4096 });
    for to in ["22395", "ACMEBANK", "US.ENT.2", ""] {
        assert_eq!(refused(&Outbound { to, ..outbound(OutboundContent::Text("x")) }), RenderError::Unreachable, "{to}");
    }
}

fn answer(status: u16, body: &Value) -> Outcome {
    classify(&Answer { status, body: body.to_string().as_bytes(), retry_after: None })
}

#[test]
fn an_accepted_send_tells_the_id_and_the_recipient() {
    let body = json!({"messaging_product": "whatsapp", "contacts": [{"input": "+15550101234", "wa_id": "15550101234", "user_id": "US.1349"}],
        "messages": [{"id": "wamid.9", "message_status": "accepted"}]});
    let Outcome::Accepted(accepted) = answer(200, &body) else { panic!("refused") };
    assert_eq!(accepted.channel_message_id, "wamid.9");
    assert_eq!(accepted.provider_status.as_deref(), Some("accepted"));
    assert_eq!(accepted.recipient_addresses, ["+15550101234", "US.1349"]);
}

#[track_caller]
fn check_refusal(status: u16, body: &Value, class: ErrorClass, action: impl Fn(Action) -> bool) {
    let Outcome::Refused(refusal) = answer(status, body) else { panic!("accepted") };
    assert_eq!(refusal.error.class, class);
    assert!(action(refusal.action), "{:?}", refusal.action);
}

#[test]
fn the_code_decides_and_not_the_http_status() {
    let error = |code: u32| json!({"error": {"message": "m", "type": "OAuthException", "code": code, "error_data": {"details": "d"}}});
    check_refusal(500, &error(3), ErrorClass::Config, |action| action == Action::Hold(Scope::Sender));
    check_refusal(
        400,
        &error(80_007),
        ErrorClass::Retryable,
        |action| matches!(action, Action::Retry(retry) if retry.scope == Scope::Account),
    );
    check_refusal(
        400,
        &error(131_056),
        ErrorClass::Retryable,
        |action| matches!(action, Action::Retry(retry) if retry.scope == Scope::Recipient && retry.growth == 4),
    );
    check_refusal(400, &error(131_047), ErrorClass::WindowClosed, |action| action == Action::OfferTemplate);
    check_refusal(400, &error(131_000), ErrorClass::Retryable, |action| matches!(action, Action::CheckThenRetry(_)));
    check_refusal(400, &error(424_242), ErrorClass::Permanent, |action| action == Action::Fail);
    check_refusal(502, &json!("bad gateway"), ErrorClass::Retryable, |action| {
        matches!(action, Action::CheckThenRetry(_))
    });
    check_refusal(200, &json!({}), ErrorClass::Retryable, |action| matches!(action, Action::CheckThenRetry(_)));
    check_refusal(401, &json!({}), ErrorClass::Config, |action| action == Action::Hold(Scope::Sender));
}

/// JSON that looks like a notification, with anything anywhere.
fn any_notification() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        proptest::sample::select(vec![
            "text", "image", "order", "reaction", "sent", "failed", "106", "15550101234", "user_changed_number"
        ])
        .prop_map(Value::from),
    ];
    let keys = proptest::sample::select(vec![
        "id", "type", "from", "timestamp", "text", "body", "image", "order", "product_items", "item_price", "reaction",
        "message_id", "contacts", "profile", "wa_id", "statuses", "messages", "errors", "code", "status", "metadata",
        "phone_number_id", "context", "referral", "system", "edit", "message", "original_message_id", "interactive",
        "button_reply", "location", "latitude",
    ]);
    let value = leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((keys.clone(), inner), 0..8).prop_map(|pairs| pairs
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    });
    (value.clone(), value).prop_map(|(first, second)| {
        json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
            {"field": "messages", "value": first}, {"field": "messages", "value": {"metadata": {"phone_number_id": "106"}, "messages": [second.clone()], "statuses": [second]}}]}]})
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        let _ = parse(&bytes, received_at());
        let _ = classify(&Answer { status: 400, body: &bytes, retry_after: None });
    }

    #[test]
    fn no_document_makes_it_panic_or_lose_an_element(body in any_notification()) {
        let bytes = body.to_string();
        let Ok(Payload::Changes(changes)) = parse(bytes.as_bytes(), received_at()) else { panic!("an envelope is an envelope") };
        prop_assert_eq!(changes.len(), 2);
        prop_assert_eq!(changes[1].items.len(), 2, "every element becomes an item");
        for item in changes.iter().flat_map(|change| &change.items) {
            let back: Item = serde_json::from_value(json!(item)).unwrap();
            prop_assert_eq!(dedupe::key(Source::WhatsappCloud, &back), dedupe::key(Source::WhatsappCloud, item));
        }
    }

    #[test]
    fn the_same_element_has_the_same_key_whatever_surrounds_it(body in any_notification(), later in 0_i64..1_000_000) {
        let bytes = body.to_string();
        let later = received_at() + chrono::TimeDelta::seconds(later);
        let keys = |at| match parse(bytes.as_bytes(), at) {
            Ok(Payload::Changes(changes)) => changes.iter().flat_map(|change| &change.items).map(|item| dedupe::key(Source::WhatsappCloud, item)).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        prop_assert_eq!(keys(received_at()), keys(later));
    }

    #[test]
    fn rendering_never_panics(to in any::<String>(), text in any::<String>()) {
        let _ = render("106", &Outbound { to: &to, callback_data: "x", reply_to: Some(&text), content: OutboundContent::Text(&text) });
    }
}
