//! Redaction of structured data: the key decides first, patterns are the net under free text.

use serde_json::{Map, Value};

use super::{Known, Redactor, sink};

/// Keys whose values are ours and say nothing about a person, whatever they look like.
const CLEAR: &[&str] = &[
    "id", "ticket_id", "conversation_id", "account_id", "site_id", "asset_id", "message_id", "draft_id", "request_id",
    "correlation_id", "contact_id", "customer_id", "user_id", "state", "status", "code", "currency", "version",
    "created_at", "updated_at", "kind", "type", "class", "tool", "hash", "payload_hash", "amount_minor", "expires_at",
    "checksum",
];

/// Keys whose values go whole.
const SECRET: &[&str] = &[
    "password", "token", "access_token", "refresh_token", "secret", "client_secret", "api_key", "authorization",
    "cookie", "confirmation_token", "auth_tokens", "app_secrets", "hmac_secret", "signature", "private_key",
];

/// Keys whose values are names of people.
const NAMES: &[&str] = &[
    "contact_name", "customer_name", "full_name", "first_name", "last_name", "caller_name", "tenant_name",
    "display_name", "recipient_name",
];

impl Redactor {
    /// Redacts every text of a JSON value; numbers and flags stay.
    #[must_use]
    pub fn redact_json(&self, value: &Value, known: &Known) -> Value {
        match value {
            Value::String(text) if is_ours(text) => value.clone(),
            Value::String(text) => Value::String(self.redact(text, known).text),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.redact_json(item, known)).collect()),
            Value::Object(fields) => Value::Object(self.redact_fields(fields, known)),
            other => other.clone(),
        }
    }

    fn redact_fields(&self, fields: &Map<String, Value>, known: &Known) -> Map<String, Value> {
        fields
            .iter()
            .map(|(key, value)| {
                let name = key.to_ascii_lowercase();
                let redacted = match value {
                    Value::String(text) if is_digest(text) => value.clone(),
                    Value::String(_) if SECRET.contains(&name.as_str()) => Value::String("<SECRET>".to_owned()),
                    Value::String(text) if CLEAR.contains(&name.as_str()) && is_token(text) => value.clone(),
                    Value::String(text) if NAMES.contains(&name.as_str()) => {
                        Value::String(self.redact(text, &Known::new([text.as_str()])).text)
                    }
                    _ => self.redact_json(value, known),
                };
                (self.redact_key(key, known), redacted)
            })
            .collect()
    }

    /// A key as it may be kept. Callers name fields as they like: what is no word of a program is a text like any other.
    fn redact_key(&self, key: &str, known: &Known) -> String {
        if is_name_of_a_field(key) { key.to_owned() } else { self.redact(key, known).text }
    }
}

/// Whether a key is a word of a program and too short of digits to be anybody's number.
pub(super) fn is_name_of_a_field(key: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    key.len() <= 64 && key.bytes().all(is_word) && key.bytes().filter(u8::is_ascii_digit).count() < 4
}

/// Whether a text is what we have put in the place of another one already.
pub(super) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a text is an id or a time of ours, which no rule has to look at.
pub fn is_ours(text: &str) -> bool {
    (text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()) || (text.len() <= 40 && sink::is_time(text))
}

/// Whether the key alone makes a text private.
pub(super) fn is_private(key: &str) -> bool {
    let name = key.to_ascii_lowercase();
    SECRET.contains(&name.as_str()) || NAMES.contains(&name.as_str())
}

/// Whether a text is one word of ours: an id, a state, a time.
fn is_token(text: &str) -> bool {
    text.len() <= 80
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.' | b'+'))
}
