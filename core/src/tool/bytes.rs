//! The check of a call's bytes, before anything makes maps of them: UTF-8, size, depth, duplicate keys, forms of numbers.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Largest body of a call.
pub const MAX_BYTES: usize = 64 * 1024;
/// Deepest nesting of a call.
pub const MAX_DEPTH: usize = 16;

/// What is wrong with the bytes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// More bytes than a call may have.
    #[error("the body is larger than a call may be")]
    TooLarge,
    /// Not UTF-8.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// Not one JSON value.
    #[error("the body is not JSON")]
    NotJson,
    /// Nested too deeply.
    #[error("the body is nested too deeply")]
    TooDeep,
    /// A key stands twice in one object.
    #[error("a key stands twice in one object")]
    DuplicateKey,
    /// A number is written with an exponent, or with more digits than are exact.
    #[error("a number is not written plainly")]
    OddNumber,
}

/// Reads the body of a call. Error: what is wrong with it.
pub fn read(bytes: &[u8]) -> Result<Value, Flaw> {
    if bytes.len() > MAX_BYTES {
        return Err(Flaw::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Flaw::NotUtf8)?;
    plain_numbers(bytes)?;
    let mut parser = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0 }.deserialize(&mut parser).map_err(|error| {
        let said = error.to_string();
        if said.starts_with(DUPLICATE) {
            Flaw::DuplicateKey
        } else if said.starts_with(DEEP) || said.starts_with("recursion limit") {
            Flaw::TooDeep
        } else {
            Flaw::NotJson
        }
    })?;
    parser.end().map_err(|_| Flaw::NotJson)?;
    Ok(value)
}

const DUPLICATE: &str = "duplicate key";
const DEEP: &str = "too deep";

/// Outside of texts, a number has digits, one sign and one point, and no more digits than a double tells apart.
fn plain_numbers(bytes: &[u8]) -> Result<(), Flaw> {
    let mut in_text = false;
    let mut escaped = false;
    let mut digits = 0;
    for byte in bytes {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'0'..=b'9' => digits += 1,
            b'e' | b'E' if digits > 0 => return Err(Flaw::OddNumber),
            b'.' => {}
            _ => digits = 0,
        }
        if digits > 15 {
            return Err(Flaw::OddNumber);
        }
    }
    Ok(())
}

/// Reads any value, counting depth and refusing duplicate keys.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH { Err(E::custom(DEEP)) } else { Ok(Self { depth: self.depth + 1 }) }
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        let mut seen = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(DUPLICATE));
            }
            let value = entries.next_value_seed(inner)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_map_would_hide_is_refused() {
        assert_eq!(read(br#"{"a":1,"a":2}"#), Err(Flaw::DuplicateKey));
        assert_eq!(read(br#"{"a":{"b":1,"\u0062":2}}"#), Err(Flaw::DuplicateKey));
        assert_eq!(read(br#"{"amount":1e3}"#), Err(Flaw::OddNumber));
        assert_eq!(read(br#"{"amount":9007199254740993}"#), Err(Flaw::OddNumber));
        assert_eq!(read(b"{\"a\":\"\xff\"}"), Err(Flaw::NotUtf8));
        assert_eq!(read(br"{} {}"), Err(Flaw::NotJson));
        assert_eq!(read("[".repeat(40).as_bytes()), Err(Flaw::TooDeep));
        assert_eq!(read(&vec![b' '; MAX_BYTES + 1]), Err(Flaw::TooLarge));
    }

    #[test]
    fn a_text_may_hold_what_a_number_may_not() {
        assert!(read(br#"{"note":"1e3 and 12345678901234567890 \" 1e9"}"#).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
