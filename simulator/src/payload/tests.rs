//! Checks against recorded provider requests.

use serde_json::Value;

use super::{encode_form, twilio_sms_form, whatsapp_text_payload};
use crate::sign::{sign_meta, sign_twilio};

fn vector(path: &str) -> Value {
    let path = format!("{}/../tests/vectors/{path}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("the vector is in the tree")).expect("a vector is JSON")
}

#[test]
fn a_text_payload_is_meta_s_to_the_byte_in_its_message() {
    let vector = vector("whatsapp/005-text-escaped-unicode.json");
    let theirs = vector["request"]["body"].as_str().expect("a body");
    let message: Value = serde_json::from_str(theirs).expect("JSON");
    let message = &message["entry"][0]["changes"][0]["value"]["messages"][0];
    let text = |name: &str| message[name].as_str().expect("a text");
    let ours = whatsapp_text_payload(
        "106550100000001",
        "+15550101234",
        text("id"),
        message["text"]["body"].as_str().expect("a text"),
        text("timestamp").parse().expect("seconds"),
    );
    let ours = String::from_utf8(ours).expect("ASCII");
    let theirs = theirs.replace("Dana Whitfield", "Customer 15550101234");
    assert_eq!(ours, theirs);
    assert!(ours.is_ascii());
}

#[test]
fn signatures_are_those_of_the_recorded_requests() {
    for path in ["whatsapp/004-text-basic.json", "whatsapp/005-text-escaped-unicode.json"] {
        let vector = vector(path);
        let secret = vector["config"]["app_secrets"][0].as_str().expect("a secret");
        let body = vector["request"]["body"].as_str().expect("a body");
        assert_eq!(vector["request"]["headers"]["X-Hub-Signature-256"], sign_meta(secret, body.as_bytes()), "{path}");
    }
    let vector = vector("twilio/001-sms-basic.json");
    let form = twilio_sms_form(
        "AC5d3a0c1f7e9b4826a0f1c2d3e4b5a697",
        "+15550100003",
        "+15550101234",
        "SM00000000000000000000000000000001",
        "My heater is making noise",
    );
    assert_eq!(String::from_utf8(encode_form(&form)).ok().as_deref(), vector["request"]["body"].as_str());
    let url = vector["request"]["url"].as_str().expect("a URL");
    let signature = sign_twilio("b7e1c4a90d2f48569c3e8a7d61f05b24", url, &form);
    assert_eq!(vector["request"]["headers"]["X-Twilio-Signature"], signature);
}

#[test]
fn repeated_parameters_are_signed_as_sorted_distinct_values() {
    let signature = sign_twilio("t", "https://x.test/", &[("b", "2"), ("a", "3"), ("b", "1"), ("b", "2")]);
    assert_eq!(signature, sign_twilio("t", "https://x.test/a3b1b2", &[] as &[(&str, &str)]));
    // Not the same: without the third name the concatenation differs.
    assert_ne!(signature, sign_twilio("t", "https://x.test/", &[("b", "2"), ("a", "3")]));
}
