//! What an operator sees of an event: its shape, and of its values only those that name kinds and times.

use serde_json::{Map, Value, json};

/// Most bytes that are looked at.
const MOST_BYTES: usize = 64 << 10;
/// Most fields or elements of one level that are shown.
const MOST_FIELDS: usize = 50;
/// How deep a shape is shown.
const DEEPEST: usize = 12;
/// Fields whose values are words of the protocol.
const KEPT: &[&str] = &[
    "object", "field", "type", "kind", "event", "status", "channel", "direction", "timestamp", "messaging_product",
    "mime_type", "content-type", "code", "reason", "version", "messagestatus", "smsstatus", "apiversion", "nummedia",
    "numsegments", "mediacontenttype0", "errorcode",
];

/// The content without words, names, numbers and addresses.
pub(super) fn of(raw: &[u8]) -> Value {
    let Some(text) = raw.get(..raw.len().min(MOST_BYTES)).and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        return json!({ "format": "binary", "size_bytes": raw.len() });
    };
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return json!({ "format": "json", "content": shape("", &value, 0) });
    }
    let is_form = text.contains('=') && !text.contains(char::is_whitespace);
    if is_form {
        let fields: Map<String, Value> = text
            .split('&')
            .take(MOST_FIELDS)
            .filter_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                let value = Value::from(value);
                Some((name.chars().take(64).collect(), shape(name, &value, 0)))
            })
            .collect();
        return json!({ "format": "form", "content": fields });
    }
    json!({ "format": "text", "size_bytes": raw.len() })
}

fn shape(name: &str, value: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return json!("…");
    }
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .take(MOST_FIELDS)
                .map(|(name, value)| (name.chars().take(64).collect(), shape(name, value, depth + 1)))
                .collect(),
        ),
        Value::Array(items) => items.iter().take(MOST_FIELDS).map(|item| shape(name, item, depth + 1)).collect(),
        Value::String(text) if KEPT.contains(&name.to_lowercase().as_str()) && text.len() <= 64 => value.clone(),
        Value::String(text) => json!(format!("({} characters)", text.chars().count())),
        Value::Number(_) if !KEPT.contains(&name.to_lowercase().as_str()) => json!("(a number)"),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_shown_and_the_words_are_not() {
        let raw =
            br#"{"object":"x","entry":[{"from":"15550100","text":{"body":"my secret"},"type":"text","n":15550100}]}"#;
        let shown = of(raw);
        let text = shown.to_string();
        assert!(!text.contains("secret") && !text.contains("15550100"), "{text}");
        assert_eq!(shown["content"]["entry"][0]["type"], "text");
        let shown = of(b"Body=my+secret&From=%2B15550100&MessageStatus=sent");
        assert!(!shown.to_string().contains("secret") && !shown.to_string().contains("15550100"));
        assert_eq!(shown["content"]["MessageStatus"], "sent");
        assert_eq!(of(&[0xff, 0xfe])["format"], "binary");
    }
}
