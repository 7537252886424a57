//! What the answer of a tool holds, as data: the JSON schema that callers are told, and the projection that leaves nothing
//! else through. Source: tool gateway reference, schema house rules and output discipline.

mod parts;

pub(super) use parts::of;
pub use parts::{DRAFT, LIMITS};

use serde_json::{Map, Value, json};

/// What a value of an answer is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Holds {
    /// A UUID of ours.
    Id,
    /// A text.
    Text,
    /// One of a closed set of words.
    Word(&'static [&'static str]),
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A time in RFC 3339.
    Time,
    /// A text, a number or a flag, as another system wrote it.
    Scalar,
    /// An object with these parts and no others.
    Object(&'static [Part]),
    /// A list.
    List(&'static Holds),
    /// Whatever somebody of ours configured, under keys of their own.
    Settings,
}

/// A part of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    name: &'static str,
    holds: Holds,
    when: When,
}

/// Whether a part is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Always,
    OrNull,
    Sometimes,
}

const fn always(name: &'static str, holds: Holds) -> Part {
    Part { name, holds, when: When::Always }
}

/// Always there, null when there is nothing to say.
const fn or_null(name: &'static str, holds: Holds) -> Part {
    Part { name, holds, when: When::OrNull }
}

/// Left out, or null, when there is nothing to say.
const fn sometimes(name: &'static str, holds: Holds) -> Part {
    Part { name, holds, when: When::Sometimes }
}

/// The JSON schema of an object with these parts and no others.
pub fn schema(parts: &[Part]) -> Value {
    let properties: Map<String, Value> = parts.iter().map(|part| (part.name.to_owned(), part.schema())).collect();
    let required: Vec<&str> = parts.iter().filter(|part| part.when != When::Sometimes).map(|part| part.name).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Leaves of an object what its parts name.
pub fn project(parts: &[Part], value: &mut Value) {
    let Value::Object(fields) = value else { return };
    fields.retain(|name, _| parts.iter().any(|part| part.name == name));
    for part in parts {
        if let Some(value) = fields.get_mut(part.name) {
            part.holds.project(value);
        }
    }
}

impl Part {
    fn schema(&self) -> Value {
        let mut schema = self.holds.schema();
        if self.when != When::Always {
            match schema["type"].take() {
                Value::Array(mut words) => {
                    words.push("null".into());
                    schema["type"] = words.into();
                }
                word => schema["type"] = json!([word, "null"]),
            }
            if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                words.push(Value::Null);
            }
        }
        schema
    }
}

impl Holds {
    fn schema(&self) -> Value {
        match self {
            Self::Id => json!({"type": "string", "format": "uuid"}),
            Self::Text => json!({"type": "string"}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::Integer => json!({"type": "integer"}),
            Self::Number => json!({"type": "number"}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Time => json!({"type": "string", "format": "date-time"}),
            Self::Scalar => json!({"type": ["string", "number", "boolean"]}),
            Self::Object(parts) => schema(parts),
            Self::List(of) => json!({"type": "array", "items": of.schema()}),
            Self::Settings => json!({"type": ["object", "array"]}),
        }
    }

    fn project(&self, value: &mut Value) {
        match (self, value) {
            (Self::Object(parts), value) => project(parts, value),
            (Self::List(of), Value::Array(items)) => items.iter_mut().for_each(|item| of.project(item)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: &[Part] = &[always("name", Holds::Text)];
    const PARTS: &[Part] = &[
        always("id", Holds::Id),
        or_null("state", Holds::Word(&["NEW", "CLOSED"])),
        sometimes("inner", Holds::List(&Holds::Object(INNER))),
    ];

    #[test]
    fn a_schema_is_closed_at_every_level_and_says_what_may_be_null() {
        let schema = schema(PARTS);
        assert_eq!(schema["required"], json!(["id", "state"]));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["properties"]["state"], json!({"type": ["string", "null"], "enum": ["NEW", "CLOSED", null]}));
        assert_eq!(schema["properties"]["inner"]["items"]["additionalProperties"], false);
    }

    #[test]
    fn what_no_part_names_does_not_come_through() {
        let mut value = json!({"id": "x", "secret": 1, "state": null, "inner": [{"name": "a", "phone": "b"}, 7]});
        project(PARTS, &mut value);
        assert_eq!(value, json!({"id": "x", "state": null, "inner": [{"name": "a"}, 7]}));
    }
}
