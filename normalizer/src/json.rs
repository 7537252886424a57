//! Reading a provider's JSON element by element, so that one bad element spoils nothing else.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::text::strip_nul;

/// Reads one element. Repairs what providers really send: halves of emoji, which are no legal text.
pub(crate) fn element(raw: &str) -> Option<Value> {
    let mut value = match serde_json::from_str::<Value>(raw) {
        Ok(value) => value,
        Err(_) => serde_json::from_str(&whole_surrogates(raw)?).ok()?,
    };
    if raw.contains("\\u0000") {
        strip_nul(&mut value);
    }
    Some(value)
}

/// The elements of a list. `Err` when it is something else than a list.
pub(crate) fn list(raw: Option<&RawValue>) -> Result<Vec<&RawValue>, serde_json::Error> {
    raw.map_or_else(|| Ok(Vec::new()), |raw| serde_json::from_str(raw.get()))
}

/// A text field that says something.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// A field that is a text or a number, as text: ids and codes come both ways.
pub(crate) fn word(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An object field.
pub(crate) fn object<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key).filter(|value| value.is_object())
}

/// Puts a field into a map when there is something to put.
pub(crate) fn put(map: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
}

/// Unix seconds, as text or number; from 10^12 on they are milliseconds.
pub(crate) fn unix_time(value: &Value) -> Option<DateTime<Utc>> {
    const MILLISECONDS_FROM: i64 = 1_000_000_000_000;
    /// The end of the year 9999; later times do not fit RFC 3339.
    const LAST: i64 = 253_402_300_799;
    let number = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let seconds = if number >= MILLISECONDS_FROM { number / 1000 } else { number };
    (0..=LAST).contains(&seconds).then(|| DateTime::from_timestamp(seconds, 0)).flatten()
}

/// Replaces every `\uD8xx` escape without its partner by U+FFFD. `None` when there is none.
fn whole_surrogates(raw: &str) -> Option<String> {
    let mut repaired = String::with_capacity(raw.len());
    let mut changed = false;
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('\\') {
        repaired.push_str(before);
        repaired.push('\\');
        match code_unit(after) {
            Some(0xd800..=0xdbff) => {
                let tail = after.get(5..).unwrap_or_default();
                let partner = tail.strip_prefix('\\').and_then(code_unit).filter(|low| (0xdc00..=0xdfff).contains(low));
                if let (Some(_), Some(pair)) = (partner, after.get(..11)) {
                    repaired.push_str(pair);
                    rest = after.get(11..).unwrap_or_default();
                } else {
                    repaired.push_str("ufffd");
                    changed = true;
                    rest = tail;
                }
            }
            Some(0xdc00..=0xdfff) => {
                repaired.push_str("ufffd");
                changed = true;
                rest = after.get(5..).unwrap_or_default();
            }
            _ => {
                // Any other escape: its first character belongs to it, also when that is a backslash.
                let end = after.chars().next().map_or(0, char::len_utf8);
                repaired.push_str(after.get(..end).unwrap_or_default());
                rest = after.get(end..).unwrap_or_default();
            }
        }
    }
    repaired.push_str(rest);
    changed.then_some(repaired)
}

/// The code unit of `uXXXX` at the beginning of a text.
fn code_unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(raw: &str, text: &str) {
        assert_eq!(element(raw), Some(Value::from(text)));
    }

    #[test]
    fn half_an_emoji_becomes_a_replacement_character() {
        check(r#""a\ud83d""#, "a\u{fffd}");
        check(r#""\ude00b""#, "\u{fffd}b");
        check(r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀");
        check(r#""\\ud83d \ud83d""#, "\\ud83d \u{fffd}");
        check(r#""\ud83d\ude00""#, "😀");
    }

    #[test]
    fn nul_is_removed_wherever_it_stands() {
        let value = element(r#"{"a\u0000":["x\u0000y",{"b":"\u0000"}],"c":"\\u0000"}"#).unwrap();
        assert_eq!(value, serde_json::json!({"a": ["xy", {"b": ""}], "c": "\\u0000"}));
    }

    #[test]
    fn times_come_as_text_number_and_milliseconds() {
        for value in [
            serde_json::json!("1772719195"),
            serde_json::json!(1_772_719_195),
            serde_json::json!(1_772_719_195_000_i64),
        ] {
            assert_eq!(unix_time(&value).unwrap().to_rfc3339(), "2026-03-05T13:59:55+00:00");
        }
        for value in [
            serde_json::json!("soon"),
            serde_json::json!(-1),
            serde_json::json!(null),
            serde_json::json!(999_999_999_999_i64),
        ] {
            assert_eq!(unix_time(&value), None);
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(raw in any::<String>()) {
            let _ = element(&raw);
            let _ = whole_surrogates(&raw);
        }

        #[test]
        fn escapes_never_panic(raw in "\"(\\\\u[dD][0-9a-fA-F]{0,4}|\\\\\\\\|[a-z\u{e9}]){0,12}\"") {
            let _ = element(&raw);
        }
    }
}
