//! The part of JSON Schema that our schemas use, to hold answers against what callers are told.

use serde_json::Value;

/// Error: the first place that does not fit.
pub(super) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    at("$", schema, value)
}

fn at(path: &str, schema: &Value, value: &Value) -> Result<(), String> {
    let misfit = |what: &str| Err(format!("{path} {what}: {value}"));
    match &schema["type"] {
        Value::String(word) if !is(word, value) => return misfit(word),
        Value::Array(words) if !words.iter().filter_map(Value::as_str).any(|word| is(word, value)) => {
            return misfit("is of no type that it may be");
        }
        _ => {}
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return misfit("is no word of the set");
    }
    if let (Some(format), Some(text)) = (schema["format"].as_str(), value.as_str()) {
        let fits = match format {
            "uuid" => uuid::Uuid::try_parse(text).is_ok(),
            "date-time" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
            _ => true,
        };
        if !fits {
            return misfit(format);
        }
    }
    if let Some(choices) = schema["anyOf"].as_array()
        && !choices.iter().any(|choice| at(path, choice, value).is_ok())
    {
        return misfit("fits none of anyOf");
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            return misfit(&format!("misses {name}"));
        }
    }
    if let (Some(items), Some(item)) = (value.as_array(), schema.get("items")) {
        for (index, value) in items.iter().enumerate() {
            at(&format!("{path}[{index}]"), item, value)?;
        }
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(part) => at(&format!("{path}.{name}"), part, value)?,
            None if schema["additionalProperties"] == Value::Bool(false) => return misfit(&format!("knows no {name}")),
            None => {}
        }
    }
    Ok(())
}

fn is(word: &str, value: &Value) -> bool {
    match word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}
