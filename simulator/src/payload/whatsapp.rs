//! Meta's webhook envelope.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::config::WhatsappNumber;

const LOAD_ACCOUNT: &str = "215550100000001";
const LOAD_DISPLAY: &str = "15550100001";

/// The body of one inbound WhatsApp text, ready to be signed and posted. `from` is E.164 or digits, `ts` Unix seconds.
/// Built by hand, without a JSON tree: some hundred thousand a second on one core.
pub fn whatsapp_text_payload(phone_number_id: &str, from: &str, wamid: &str, text: &str, ts: i64) -> Vec<u8> {
    let from = from.trim_start_matches('+');
    let mut out = open_envelope(phone_number_id, text.len());
    out.push_str(r#","contacts":[{"profile":{"name":"Customer "#);
    push_escaped(&mut out, from);
    out.push_str(r#""},"wa_id":""#);
    push_escaped(&mut out, from);
    out.push_str(r#""}],"messages":[{"from":""#);
    push_escaped(&mut out, from);
    out.push_str(r#"","id":""#);
    push_escaped(&mut out, wamid);
    let _ = write!(out, r#"","timestamp":"{ts}","type":"text","text":{{"body":""#);
    push_escaped(&mut out, text);
    out.push_str(r#""}}]},"field":"messages"}]}]}"#);
    out.into_bytes()
}

/// The body of one delivery status of a message we sent: `sent`, `delivered`, `read`. `callback_data` is what we
/// attached as `biz_opaque_callback_data`.
pub fn whatsapp_status_payload(
    phone_number_id: &str,
    recipient: &str,
    wamid: &str,
    status: &str,
    callback_data: Option<&str>,
    ts: i64,
) -> Vec<u8> {
    let mut out = open_envelope(phone_number_id, 0);
    out.push_str(r#","statuses":[{"id":""#);
    push_escaped(&mut out, wamid);
    out.push_str(r#"","status":""#);
    push_escaped(&mut out, status);
    let _ = write!(out, r#"","timestamp":"{ts}","recipient_id":""#);
    push_escaped(&mut out, recipient.trim_start_matches('+'));
    if let Some(data) = callback_data {
        out.push_str(r#"","biz_opaque_callback_data":""#);
        push_escaped(&mut out, data);
    }
    out.push_str(r#""}]},"field":"messages"}]}]}"#);
    out.into_bytes()
}

fn open_envelope(phone_number_id: &str, text_bytes: usize) -> String {
    let mut out = String::with_capacity(640 + text_bytes);
    let _ = write!(out, r#"{{"object":"whatsapp_business_account","entry":[{{"id":"{LOAD_ACCOUNT}","changes":[{{"#);
    let _ = write!(out, r#""value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":""#);
    let _ = write!(out, r#"{LOAD_DISPLAY}","phone_number_id":""#);
    push_escaped(&mut out, phone_number_id);
    out.push_str(r#""}"#);
    out
}

/// Rewrites JSON the way Meta writes it: non-ASCII as `\uXXXX` with lowercase hex, `/` as `\/`. The signature is over
/// these bytes.
pub fn escape_like_meta(json: &str) -> Vec<u8> {
    let mut out = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        // Outside strings JSON has neither slashes nor non-ASCII characters, so no state is needed.
        match character {
            '/' => out.push_str("\\/"),
            ascii if ascii.is_ascii() => out.push(ascii),
            other => push_units(&mut out, other),
        }
    }
    out.into_bytes()
}

fn push_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='\u{7e}' => out.push(character),
            other => push_units(out, other),
        }
    }
}

fn push_units(out: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// One `changes[].value` of a number: its metadata and `list` under `name`, with `contacts` for inbound messages.
pub(crate) fn value(number: &WhatsappNumber, contact: Option<(&str, &str)>, name: &str, item: Value) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": number.display(), "phone_number_id": number.phone_number_id },
    });
    if let Some((wa_id, profile)) = contact {
        value["contacts"] = json!([{ "profile": { "name": profile }, "wa_id": wa_id }]);
    }
    value[name] = Value::Array(vec![item]);
    value
}

/// The whole body around some values: one entry per business account, one change per value.
pub(crate) fn envelope(values: &[(&str, &Value)]) -> Vec<u8> {
    let mut entries: Vec<(&str, Vec<Value>)> = Vec::new();
    for (account, value) in values {
        let change = json!({ "value": value, "field": "messages" });
        match entries.last_mut() {
            Some((last, changes)) if last == account => changes.push(change),
            _ => entries.push((account, vec![change])),
        }
    }
    let entries: Vec<Value> =
        entries.into_iter().map(|(id, changes)| json!({ "id": id, "changes": changes })).collect();
    escape_like_meta(&json!({ "object": "whatsapp_business_account", "entry": entries }).to_string())
}

/// Unix seconds as the text Meta sends.
pub(crate) fn now_as_text(now: chrono::DateTime<chrono::Utc>) -> String {
    now.timestamp().to_string()
}
