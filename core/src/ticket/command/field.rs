//! The fields of a command's body: their kinds, the check of a body against them, and the JSON schema that says the same
//! to others. What is listed here is all a body may hold: unknown fields are refused.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::ticket::refusal::FieldError;

mod shape;

pub use shape::{Shape, hundredths};

/// Longest one-line text, in characters.
pub const MAX_SUMMARY: usize = 500;
/// Longest free text, in characters.
pub const MAX_TEXT: usize = 10_000;
/// Longest name, category or identifier of another system, in characters.
pub const MAX_NAME: usize = 200;
/// Most money in one field, in minor units: a billion in most currencies, and far from overflow.
pub const MAX_CENTS: i64 = 100_000_000_000;
/// Largest free object, in bytes of its JSON text.
const MAX_OBJECT_BYTES: usize = 16 * 1024;
/// Most entries of an object with free keys.
const MAX_KEYS: usize = 200;

/// One field of a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it must be there.
    pub presence: Presence,
    /// What it means, for people and for tools.
    pub about: &'static str,
}

/// Whether a field must be there. A null counts as missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Must be there.
    Required,
    /// May be missing.
    Optional,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldKind {
    /// A UUID.
    Id,
    /// A text of `least` to `most` characters once it is trimmed.
    Text {
        /// Fewest characters.
        least: usize,
        /// Most characters.
        most: usize,
    },
    /// A whole number.
    Integer {
        /// Least.
        least: i64,
        /// Most.
        most: i64,
    },
    /// A number.
    Number {
        /// Least.
        least: f64,
        /// Most.
        most: f64,
    },
    /// True or false.
    Flag,
    /// A time in RFC 3339.
    Time,
    /// One of a closed set of words.
    Word(&'static [&'static str]),
    /// `{start, end}`, the end after the start.
    Window,
    /// A window, or words that describe one.
    WindowOrWords,
    /// A list.
    List {
        /// What it holds.
        of: &'static FieldKind,
        /// Fewest items.
        least: usize,
        /// Most items.
        most: usize,
    },
    /// An object with these fields and no others.
    Object(&'static [Field]),
    /// An object whose keys are free and whose values are all of one kind.
    Map(&'static FieldKind),
    /// A flag, a number, a text: the value of a checklist.
    Scalar,
    /// Any object, up to 16 KiB.
    FreeObject,
    /// A text of a fixed shape.
    Shaped(Shape),
    /// An amount of money as a number with at most two decimals, from 0.01 to `most` hundredths.
    Amount {
        /// Most, in hundredths.
        most: i64,
    },
    /// One of a closed set of words, or a list of them.
    Words(&'static [&'static str]),
}

/// A name, category or identifier.
pub const NAME: FieldKind = FieldKind::Text { least: 1, most: MAX_NAME };
/// A one-line text.
pub const LINE: FieldKind = FieldKind::Text { least: 1, most: MAX_SUMMARY };
/// A longer text.
pub const TEXT: FieldKind = FieldKind::Text { least: 1, most: MAX_TEXT };
/// Money that is not negative, in minor units.
pub const CENTS: FieldKind = FieldKind::Integer { least: 0, most: MAX_CENTS };
/// A percentage in whole numbers.
pub const PERCENT: FieldKind = FieldKind::Integer { least: 0, most: 100 };
/// Names.
pub const NAMES: FieldKind = FieldKind::List { of: &NAME, least: 0, most: 50 };
/// At least one name.
pub const SOME_NAMES: FieldKind = FieldKind::List { of: &NAME, least: 1, most: 50 };

/// A field that must be there.
pub(crate) const fn required(name: &'static str, kind: FieldKind, about: &'static str) -> Field {
    Field { name, kind, presence: Presence::Required, about }
}

/// A field that may be missing.
pub(crate) const fn optional(name: &'static str, kind: FieldKind, about: &'static str) -> Field {
    Field { name, kind, presence: Presence::Optional, about }
}

/// Checks an object against its fields and returns it with its texts trimmed and its nulls left out. Blank optional
/// texts count as missing. Errors: everything that does not fit, at once.
pub fn read<'f>(fields: &(impl Iterator<Item = &'f Field> + Clone), body: &Value) -> Result<Value, Vec<FieldError>> {
    let mut errors = Vec::new();
    let value = object(fields, body, "", &mut errors);
    if errors.is_empty() { Ok(value) } else { Err(errors) }
}

fn object<'f>(
    fields: &(impl Iterator<Item = &'f Field> + Clone),
    value: &Value,
    path: &str,
    errors: &mut Vec<FieldError>,
) -> Value {
    let Value::Object(given) = value else {
        errors.push(FieldError::new(if path.is_empty() { "body" } else { path }, "must be an object"));
        return Value::Null;
    };
    let mut read = Map::new();
    for field in fields.clone() {
        let path = join(path, field.name);
        match given.get(field.name).filter(|value| !is_missing(field, value)) {
            Some(value) => {
                let value = field.kind.read(value, &path, errors);
                read.insert(field.name.into(), value);
            }
            None if field.presence == Presence::Required => errors.push(FieldError::new(path, "is required")),
            None => {}
        }
    }
    for name in given.keys().filter(|name| fields.clone().all(|field| field.name != name.as_str())) {
        // A caller's own name for a field may be anything: its length is bounded, its signs are JSON's business.
        let name: String = name.chars().take(MAX_NAME).collect();
        errors.push(FieldError::new(join(path, &name), "is not a known field"));
    }
    Value::Object(read)
}

fn is_missing(field: &Field, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => field.presence == Presence::Optional && text.trim().is_empty(),
        _ => false,
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl FieldKind {
    fn read(&self, value: &Value, path: &str, errors: &mut Vec<FieldError>) -> Value {
        let mut wrong = |message: String| errors.push(FieldError::new(path, message));
        match self {
            Self::Id => match value.as_str().and_then(|text| Uuid::parse_str(text).ok()) {
                Some(id) => return id.to_string().into(),
                None => wrong("must be a UUID".into()),
            },
            Self::Text { least, most } => match value {
                Value::String(text) => {
                    let text = text.trim();
                    let length = text.chars().count();
                    if text.contains('\0') {
                        wrong("must not contain U+0000".into());
                    } else if length == 0 && *least > 0 {
                        wrong("must not be empty".into());
                    } else if length < *least {
                        wrong(format!("must be at least {least} characters long"));
                    } else if length > *most {
                        wrong(format!("must not be longer than {most} characters"));
                    }
                    return text.into();
                }
                _ => wrong("must be a text".into()),
            },
            Self::Integer { least, most } => match value.as_i64() {
                Some(number) if (*least..=*most).contains(&number) => {}
                Some(_) => wrong(format!("must be between {least} and {most}")),
                None => wrong("must be a whole number".into()),
            },
            Self::Number { least, most } => match value.as_f64() {
                Some(number) if (*least..=*most).contains(&number) => {}
                Some(_) => wrong(format!("must be between {least} and {most}")),
                None => wrong("must be a number".into()),
            },
            Self::Flag if value.is_boolean() => {}
            Self::Flag => wrong("must be true or false".into()),
            Self::Time => match value.as_str().and_then(time) {
                Some(time) => return json!(time),
                None => wrong("must be a time like 2026-01-05T12:00:00Z".into()),
            },
            Self::Word(words) => {
                if !value.as_str().is_some_and(|word| words.contains(&word)) {
                    wrong(format!("must be one of {}", words.join(", ")));
                }
            }
            Self::WindowOrWords if value.is_string() => return LINE.read(value, path, errors),
            Self::Window | Self::WindowOrWords => return window(value, path, errors),
            Self::List { of, least, most } => match value {
                Value::Array(items) if (*least..=*most).contains(&items.len()) => {
                    return items
                        .iter()
                        .enumerate()
                        .map(|(index, item)| of.read(item, &format!("{path}[{index}]"), errors))
                        .collect();
                }
                Value::Array(_) => wrong(format!("must have {least} to {most} items")),
                _ => wrong("must be a list".into()),
            },
            Self::Object(fields) => return object(&fields.iter(), value, path, errors),
            Self::Map(of) => match value {
                Value::Object(entries) if entries.len() <= MAX_KEYS => {
                    let mut read = Map::new();
                    for (key, value) in entries {
                        let path = join(path, &key.chars().take(MAX_NAME).collect::<String>());
                        let key = NAME.read(&Value::from(key.as_str()), &path, errors);
                        let value = of.read(value, &path, errors);
                        read.insert(key.as_str().unwrap_or_default().to_owned(), value);
                    }
                    return Value::Object(read);
                }
                Value::Object(_) => wrong(format!("must not have more than {MAX_KEYS} entries")),
                _ => wrong("must be an object".into()),
            },
            Self::Scalar => match value {
                Value::Bool(_) | Value::Number(_) | Value::Null => {}
                Value::String(_) => return FieldKind::Text { least: 0, most: MAX_TEXT }.read(value, path, errors),
                _ => wrong("must be true, false, a number or a text".into()),
            },
            Self::Shaped(shape) => {
                if !value.as_str().is_some_and(|text| shape.fits(text)) {
                    wrong(format!("must match {}", shape.pattern()));
                }
            }
            Self::Amount { most } => match value.as_f64().map(hundredths) {
                Some(Some(amount)) if (1..=*most).contains(&amount) => {}
                Some(None) => wrong("must not have more than two decimals".into()),
                Some(_) => wrong(format!("must be more than 0 and not more than {}", most / 100)),
                None => wrong("must be a number".into()),
            },
            Self::Words(words) => {
                let known = |word: &Value| word.as_str().is_some_and(|word| words.contains(&word));
                let fits = match value {
                    Value::Array(list) => !list.is_empty() && list.len() <= words.len() && list.iter().all(known),
                    word => known(word),
                };
                if !fits {
                    wrong(format!("must be one of {}", words.join(", ")));
                }
            }
            Self::FreeObject => match value {
                Value::Object(_) => {
                    let text = value.to_string();
                    if text.len() > MAX_OBJECT_BYTES {
                        wrong(format!("must not be larger than {MAX_OBJECT_BYTES} bytes"));
                    } else if text.contains("\\u0000") {
                        wrong("must not contain U+0000".into());
                    }
                }
                _ => wrong("must be an object".into()),
            },
        }
        value.clone()
    }

    /// The JSON schema of this kind.
    pub fn schema(&self) -> Value {
        match self {
            Self::Id => json!({"type": "string", "format": "uuid"}),
            Self::Text { least, most } => json!({"type": "string", "minLength": least, "maxLength": most}),
            Self::Integer { least, most } => {
                json!({"type": "integer", "format": "int64", "minimum": least, "maximum": most})
            }
            Self::Number { least, most } => json!({"type": "number", "minimum": least, "maximum": most}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Time => json!({"type": "string", "format": "date-time"}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::Window => window_schema(),
            Self::WindowOrWords => json!({"oneOf": [window_schema(), LINE.schema()]}),
            Self::List { of, least, most } => {
                json!({"type": "array", "items": of.schema(), "minItems": least, "maxItems": most})
            }
            Self::Object(fields) => schema(fields.iter()),
            Self::Map(of) => {
                json!({"type": "object", "additionalProperties": of.schema(), "maxProperties": MAX_KEYS})
            }
            Self::Scalar => json!({"type": ["boolean", "number", "string", "null"]}),
            Self::FreeObject => json!({"type": "object"}),
            Self::Shaped(shape) => json!({"type": "string", "pattern": shape.pattern()}),
            Self::Amount { most } => {
                json!({"type": "number", "exclusiveMinimum": 0, "maximum": most / 100, "multipleOf": 0.01})
            }
            Self::Words(words) => json!({"anyOf": [
                {"type": "string", "enum": words},
                {"type": "array", "items": {"type": "string", "enum": words}, "minItems": 1, "maxItems": words.len()},
            ]}),
        }
    }
}

/// The JSON schema of an object with these fields and no others.
pub fn schema<'f>(fields: impl Iterator<Item = &'f Field> + Clone) -> Value {
    let properties: Map<String, Value> = fields
        .clone()
        .map(|field| {
            let mut schema = field.kind.schema();
            schema["description"] = field.about.into();
            (field.name.to_owned(), schema)
        })
        .collect();
    let required: Vec<&str> =
        fields.filter(|field| field.presence == Presence::Required).map(|field| field.name).collect();
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// A time within the years 1970 to 9999: what both engines and every JSON reader can hold.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text.trim()).ok()?.with_timezone(&Utc);
    (0..=253_402_300_799).contains(&time.timestamp()).then_some(time)
}

const WINDOW: &[Field] =
    &[required("start", FieldKind::Time, "From."), required("end", FieldKind::Time, "Until; after the start.")];

fn window_schema() -> Value {
    schema(WINDOW.iter())
}

fn window(value: &Value, path: &str, errors: &mut Vec<FieldError>) -> Value {
    let before = errors.len();
    let read = object(&WINDOW.iter(), value, path, errors);
    let at = |name: &str| read[name].as_str().and_then(time);
    if errors.len() == before && at("end") <= at("start") {
        errors.push(FieldError::new(path, "must end after it starts"));
    }
    read
}

#[cfg(test)]
mod tests;
