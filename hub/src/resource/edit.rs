//! A field of a change: what is missing stays, null clears, a value replaces.

use patchbay_http::ApiError;
use serde::{Deserialize, Deserializer};

/// What a change does to a field that may be empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Edit<T> {
    /// Nothing was said.
    #[default]
    Keep,
    /// Null.
    Clear,
    /// A value.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(from)?.map_or(Self::Clear, Self::Set))
    }
}

impl<T> Edit<T> {
    /// Changes `field`; `read` checks a new value, which may turn out to be none.
    pub(crate) fn apply(
        self,
        field: &mut Option<T>,
        read: impl FnOnce(Option<T>) -> Result<Option<T>, ApiError>,
    ) -> Result<(), ApiError> {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = read(Some(value))?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Change {
        unit: Edit<String>,
    }

    #[test]
    fn missing_null_and_a_value_are_three_things() {
        for (body, expect) in [(json!({}), Some("1")), (json!({"unit": null}), None), (json!({"unit": "2"}), Some("2"))]
        {
            let change: Change = serde_json::from_value(body).expect("fits");
            let mut unit = Some("1".to_owned());
            change.unit.apply(&mut unit, Ok).expect("fits");
            assert_eq!(unit.as_deref(), expect);
        }
    }
}
