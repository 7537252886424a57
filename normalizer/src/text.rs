//! Text that a database can hold.

use std::borrow::Cow;

use serde_json::Value;

/// The text without U+0000, which PostgreSQL cannot store. Call it after verification, never before.
pub fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}

/// Removes U+0000 from every string and key of a document.
pub(crate) fn strip_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', ""),
        Value::Array(list) => list.iter_mut().for_each(strip_nul),
        Value::Object(map) => {
            if map.keys().any(|key| key.contains('\0')) {
                *map = std::mem::take(map).into_iter().map(|(key, value)| (key.replace('\0', ""), value)).collect();
            }
            map.values_mut().for_each(strip_nul);
        }
        _ => {}
    }
}

/// At most `limit` characters of `text`, for evidence that must stay small.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
