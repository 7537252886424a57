//! Canonical JSON and hashes over it: the same value always gives the same bytes, so that a repeated request, a
//! repeated intake and a link of the audit chain can be recognised.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// `value` with the keys of every object in byte order, arrays in their order, no white space, and numbers that are
/// equal written alike (`1.0` as `1`).
pub fn canonical_json(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// SHA-256 of the canonical JSON, as 64 hexadecimal digits.
pub fn canonical_hash(value: &Value) -> String {
    hash_text(&canonical_json(value))
}

/// SHA-256 of a text, as 64 hexadecimal digits.
pub fn hash_text(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort_unstable();
            text.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(&fields[key], text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Number(number) => text.push_str(&whole(number).unwrap_or_else(|| number.to_string())),
        scalar => text.push_str(&scalar.to_string()),
    }
}

/// A float without a fraction, written as an integer; beyond 2^53 a float names no single integer.
fn whole(number: &serde_json::Number) -> Option<String> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT)?;
    // `-0.0` prints as "-0".
    Some(format!("{:.0}", float + 0.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth_and_arrays_are_not() {
        let value = json!({"b": [3, {"z": 1, "a": null}], "a": "x\"y"});
        assert_eq!(canonical_json(&value), r#"{"a":"x\"y","b":[3,{"a":null,"z":1}]}"#);
    }

    #[test]
    fn equal_numbers_are_written_alike() {
        assert_eq!(canonical_json(&json!([1.0, 1, -0.0, 1.5])), "[1,1,0,1.5]");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".{0,8}", inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back_as_the_same_value(value in any_json()) {
            let text = canonical_json(&value);
            let back: Value = serde_json::from_str(&text).expect("canonical JSON is JSON");
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(canonical_json(&back), text);
        }

        #[test]
        fn the_order_in_which_keys_were_written_does_not_matter(
            fields in prop::collection::btree_map(".{0,8}", any_json(), 0..6),
        ) {
            let forward: Map<String, Value> = fields.clone().into_iter().collect();
            let backward: Map<String, Value> = fields.into_iter().rev().collect();
            prop_assert_eq!(canonical_hash(&forward.into()), canonical_hash(&backward.into()));
        }

        #[test]
        fn different_values_have_different_hashes(left in any_json(), right in any_json()) {
            prop_assert_eq!(left == right, canonical_hash(&left) == canonical_hash(&right));
        }
    }
}
