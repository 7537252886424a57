//! The one redactor of everything that this process writes for others to keep: log lines, copies in the audit, dead
//! letters, alerts. Each sink calls it at one place, so that no caller can forget it.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::{Known, PiiKind, Reader, Redactor, json};

static SINKS: OnceLock<Redactor> = OnceLock::new();
static PREPARED: AtomicBool = AtomicBool::new(false);

/// Keys the placeholders of all sinks; the first call counts. Before it they depend on nothing secret.
pub fn key_with(secret: &[u8]) {
    // A second server in one process (a test) keeps the first key.
    let _kept = SINKS.set(Redactor::new(secret, Reader::Sink));
}

/// The rules are compiled: from now on no text has to wait for them.
pub(super) fn prepared() {
    PREPARED.store(true, Ordering::Release);
}

fn redactor() -> Cow<'static, Redactor> {
    SINKS.get().map_or_else(|| Cow::Owned(Redactor::new(b"sinks without a key", Reader::Sink)), Cow::Borrowed)
}

/// A text as a sink may keep it.
pub fn text(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let redacted = redactor().redact(text, &Known::default());
    if redacted.spans.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(redacted.text) }
}

/// A value as a sink may keep it: keys decide first, rules find what is left.
pub fn value(value: &Value) -> Value {
    if holds_only_plain(value) { value.clone() } else { redactor().redact_json(value, &Known::default()) }
}

/// The same for the text of a JSON value; a text that is none is redacted as it stands.
pub fn json_text(text: &str) -> Cow<'_, str> {
    match serde_json::from_str::<Value>(text) {
        Ok(read) if holds_only_plain(&read) => Cow::Borrowed(text),
        Ok(read) => Cow::Owned(redactor().redact_json(&read, &Known::default()).to_string()),
        Err(_) => self::text(text),
    }
}

/// A line of the log. Until the rules are compiled, which takes a moment at the start, only lines wait for them that hold
/// an at sign or seven digits in a row: what a server says as it starts is about itself. Our own addresses stay.
pub fn line(line: &str) -> Cow<'_, str> {
    if !PREPARED.load(Ordering::Acquire) && !is_suspect(line) {
        return Cow::Borrowed(line);
    }
    let redactor = redactor();
    let redacted = redactor.redact(line, &Known::default());
    let mut text = String::with_capacity(line.len());
    let mut from = 0;
    for (span, placeholder) in redacted.spans.iter().zip(&redacted.placeholders) {
        let (start, end) = (span.byte_start as usize, span.byte_end as usize);
        let (Some(placeholder), Some(found)) = (placeholder, line.get(start..end)) else { continue };
        if span.kind == PiiKind::Ip && is_ours(found) {
            continue;
        }
        text.push_str(line.get(from..start).unwrap_or_default());
        text.push_str(placeholder);
        from = end;
    }
    if from == 0 {
        return Cow::Borrowed(line);
    }
    text.push_str(line.get(from..).unwrap_or_default());
    Cow::Owned(text)
}

/// Whether an address says nothing about anybody: this machine, or all of its own addresses.
fn is_ours(address: &str) -> bool {
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

/// Digits among the letters of a hash are no number.
fn is_suspect(line: &str) -> bool {
    let is_number = |word: &str| word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_digit());
    line.contains('@') || line.split(|sign: char| !sign.is_ascii_alphanumeric()).any(is_number)
}

fn holds_only_plain(value: &Value) -> bool {
    match value {
        Value::String(text) => is_plain(text),
        Value::Array(items) => items.iter().all(holds_only_plain),
        Value::Object(fields) => fields
            .iter()
            .all(|(key, value)| json::is_name_of_a_field(key) && holds_only_plain(value) && !hides(key, value)),
        _ => true,
    }
}

/// Whether the key makes private what looks plain.
fn hides(key: &str, value: &Value) -> bool {
    value.as_str().is_some_and(|text| !json::is_digest(text)) && json::is_private(key)
}

/// Words of ours, ids and times: what no rule finds anything in, told without asking the rules.
fn is_plain(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_uppercase() || matches!(byte, b'_' | b'.');
    let is_short_word = text.len() <= 40 && text.bytes().all(is_word);
    is_short_word || json::is_digest(text) || uuid::Uuid::try_parse(text).is_ok() || (text.len() <= 40 && is_time(text))
}

/// `2026-01-05T12:00:00Z` and its kin.
pub(super) fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 19
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b' ')
        && chrono::DateTime::parse_from_rfc3339(text).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_plain, is_suspect, json_text, line, text, value};
    use crate::redaction::Redactor;

    #[test]
    fn words_ids_and_times_pass_as_they_are() {
        for plain in
            ["", "INVALID_REQUEST", "ticket.create", "0198c0de-0000-7000-8000-000000000001", "2026-01-05T12:00:00Z"]
        {
            assert!(is_plain(plain), "{plain}");
            assert_eq!(text(plain), plain);
        }
        for other in ["5145550123", "Ring 514-555-0123", "maya@example.test", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"] {
            assert!(!is_plain(other), "{other}");
        }
    }

    #[test]
    fn a_copy_for_the_audit_holds_nobodys_number() {
        let kept = value(&json!({
            "ticket_id": "0198c0de-0000-7000-8000-000000000001", "priority": "URGENT", "lat": 45.5,
            "location": "ring 514-555-0123", "note": {"by": "maya@example.test"}, "password": "hunter",
        }));
        assert_eq!(kept["priority"], "URGENT");
        assert_eq!(kept["lat"], 45.5);
        let text = kept.to_string();
        for private in ["0123", "maya@", "hunter"] {
            assert!(!text.contains(private), "{text}");
        }
        assert!(json_text("{\"alert\":{\"reason\":\"call 514-555-0123\"}}").contains("<PHONE:"));
        assert_eq!(json_text("{\"alert\":{\"code\":\"AI_PAUSED\"}}"), "{\"alert\":{\"code\":\"AI_PAUSED\"}}");
    }

    #[test]
    fn what_a_server_says_as_it_starts_waits_for_no_rule() {
        let said = "2026-11-21T22:57:19.123456Z  INFO ready registry=2da088cc7547ee15c88d26af8fa45a2cdf18451d03877e listen=127.0.0.1:8080";
        assert!(!is_suspect(said));
        assert!(is_suspect("to=+15145550123") && is_suspect("from maya@example.test"));
    }

    #[test]
    fn a_line_of_the_log_keeps_its_time_its_ids_and_our_own_address() {
        Redactor::prepare();
        let said = "2026-11-21T22:57:19.123456Z  WARN the sender failed message.id=0198c0de-0000-7000-8000-000000000001 \
                    to=+15145550123 listen=127.0.0.1:8080 from 203.0.113.9";
        let kept = line(said);
        assert!(kept.contains("2026-11-21T22:57:19.123456Z  WARN the sender failed"), "{kept}");
        assert!(kept.contains("0198c0de-0000-7000-8000-000000000001"), "{kept}");
        assert!(kept.contains("127.0.0.1:8080"), "{kept}");
        assert!(!kept.contains("5550123") && !kept.contains("203.0.113.9"), "{kept}");
    }
}
