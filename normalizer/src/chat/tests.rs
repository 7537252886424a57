use chrono::DateTime;
use patchbay_core::item::{Item, MessageItem};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::dedupe::{Source, key};

const ID: &str = "0195f3c2-0000-7000-8000-000000000001";

fn body(fields: Value) -> Vec<u8> {
    let mut body = json!({ "client_message_id": ID, "visitor_id": "v-1", "type": "text", "text": "Hi" });
    let Value::Object(fields) = fields else { panic!("an object") };
    for (field, value) in fields {
        body[field] = value;
    }
    body.to_string().into_bytes()
}

fn visitor() -> Author {
    Author::Visitor { id: "v-1".into(), name: None }
}

fn message(said: &Said, author: &Author) -> MessageItem {
    match items(said, author, "website", DateTime::UNIX_EPOCH).remove(0) {
        Item::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_malformed(fields: Value, part: &'static str) {
    assert_eq!(parse(&body(fields)), Err(Malformed(part)));
}

#[test]
fn an_id_is_taken_as_it_is_hashed() {
    let id = |written: &str| {
        parse(
            format!(r#"{{"client_message_id":"{ID}","type":"text","text":"x","user":{{"id":{written}}}}}"#).as_bytes(),
        )
        .map(|said| said.user.id)
    };
    assert_eq!(id("42"), Ok(Some("42".into())));
    assert_eq!(id("\"42\""), Ok(Some("42".into())));
    assert_eq!(id("12345678901234567890123"), Ok(Some("12345678901234567890123".into())));
    assert_eq!(id("\"\\u00e9 é\""), Ok(Some("é é".into())));
    assert_eq!(id("\"\""), Ok(None));
    assert_eq!(id("null"), Ok(None));
    assert_eq!(id("true"), Err(Malformed("user.id")));
    assert_eq!(id("[1]"), Err(Malformed("user.id")));
}

#[test]
fn a_proof_that_stands_twice_is_refused() {
    let written =
        format!(r#"{{"client_message_id":"{ID}","type":"text","text":"x","user":{{"id":"a"}},"user":{{"id":"b"}}}}"#);
    assert_eq!(parse(written.as_bytes()), Err(Malformed("body")));
}

#[test]
fn what_does_not_fit_is_refused() {
    check_malformed(json!({ "type": null }), "type");
    check_malformed(json!({ "type": "hologram" }), "type");
    check_malformed(json!({ "type": "template" }), "type");
    check_malformed(json!({ "client_message_id": null }), "client_message_id");
    check_malformed(json!({ "client_message_id": "abc" }), "client_message_id");
    check_malformed(json!({ "client_message_id": 7 }), "client_message_id");
    check_malformed(json!({ "text": 7 }), "text");
    check_malformed(json!({ "text": " \n" }), "text");
    check_malformed(json!({ "text": null }), "text");
    check_malformed(json!({ "type": "image" }), "attachments");
    check_malformed(json!({ "attachments": "x" }), "attachments");
    check_malformed(json!({ "visitor_id": {} }), "visitor_id");
    check_malformed(json!({ "user": "dana" }), "user");
    for bytes in [&b"[]"[..], b"", b"\"x\"", b"{\"text\": \"x\"", b"\xff"] {
        assert_eq!(parse(bytes), Err(Malformed("body")));
    }
}

#[test]
fn a_hash_of_another_type_is_a_proof_all_the_same() {
    assert_eq!(parse(&body(json!({ "identity": { "hash": 7 } }))).unwrap().hash.as_deref(), Some("7"));
    assert_eq!(parse(&body(json!({ "identity": { "hash": "" } }))).unwrap().hash, None);
    assert_eq!(parse(&body(json!({ "identity": null }))).unwrap().hash, None);
}

#[test]
fn nul_and_half_an_emoji_do_not_reach_the_store() {
    let written = format!(r#"{{"client_message_id":"{ID}","type":"text","text":"a\u0000b\ud83d"}}"#);
    let said = parse(written.as_bytes()).unwrap();
    assert_eq!(message(&said, &visitor()).content.text.as_deref(), Some("ab\u{fffd}"));
}

#[test]
fn two_visitors_may_pick_the_same_id() {
    let said = parse(&body(json!({}))).unwrap();
    let other = Author::Visitor { id: "v-2".into(), name: None };
    let keys = [visitor(), other].map(|author| key(Source::Chat, &Item::Message(message(&said, &author))));
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn ids_with_control_characters_are_nobodys() {
    for bad in ["", " ", "a\u{0}b", "a\u{1f}b", "a\nb"] {
        assert!(!is_usable_id(bad), "{bad:?}");
    }
    assert!(!is_usable_id(&"x".repeat(MAX_ID_CHARS + 1)));
    assert!(is_usable_id("cust-42"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in any::<Vec<u8>>()) {
        let _said = parse(&bytes);
    }

    #[test]
    fn any_text_arrives_as_it_was_written(text in "[^\\x00]{0,40}[^\\x00\\s]") {
        let said = parse(&body(json!({ "text": text }))).unwrap();
        prop_assert_eq!(message(&said, &visitor()).content.text, Some(text));
    }
}
