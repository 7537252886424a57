//! Field checks shared by the message bodies.

use serde_json::{Map, Value};

use super::GraphError;

/// An object of the body, whose keys are checked.
pub(super) struct Fields<'a> {
    name: &'a str,
    object: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The object under `name`, with none but the `allowed` keys.
    pub(super) fn of(parent: &'a Value, name: &'a str, allowed: &[&str]) -> Result<Self, GraphError> {
        let value = parent.get(name).ok_or_else(|| GraphError::missing(name))?;
        let object =
            value.as_object().ok_or_else(|| GraphError::parameter(format!("Param {name} must be a JSON object.")))?;
        match object.keys().find(|key| !allowed.contains(&key.as_str())) {
            Some(key) => Err(GraphError::parameter(format!("Unexpected key \"{key}\" on param \"{name}\"."))),
            None => Ok(Self { name, object }),
        }
    }

    /// A text that must be there, not empty, with at most `most` characters.
    pub(super) fn text(&self, key: &str, most: usize) -> Result<&'a str, GraphError> {
        let text = self.optional_text(key, most)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| GraphError::missing(&format!("{}['{key}']", self.name)))
    }

    /// A text that may be missing.
    pub(super) fn optional_text(&self, key: &str, most: usize) -> Result<Option<&'a str>, GraphError> {
        match self.object.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= most => Ok(Some(text)),
            Some(Value::String(_)) => Err(GraphError::parameter(format!(
                "Param {}['{key}'] must be at most {most} characters long.",
                self.name
            ))),
            Some(_) => Err(GraphError::parameter(format!("Param {}['{key}'] must be a string.", self.name))),
        }
    }

    /// A list with 1 to `most` elements.
    pub(super) fn list(&self, key: &str, most: usize) -> Result<&'a [Value], GraphError> {
        let list = self.object.get(key).and_then(Value::as_array);
        let list = list.ok_or_else(|| GraphError::missing(&format!("{}['{key}']", self.name)))?;
        if list.is_empty() || list.len() > most {
            let message = format!("Invalid {key} count. Min allowed {key}: 1, Max allowed {key}: {most}");
            return Err(GraphError::value(message));
        }
        Ok(list)
    }

    pub(super) fn number(&self, key: &str) -> Result<f64, GraphError> {
        let value = self.object.get(key);
        let number = value.and_then(|value| value.as_f64().or_else(|| value.as_str()?.parse().ok()));
        number.ok_or_else(|| GraphError::missing(&format!("{}['{key}']", self.name)))
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key)
    }
}
