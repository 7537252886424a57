//! Single fields, read once at the edge.

use std::fmt::Display;
use std::ops::RangeInclusive;

use patchbay_http::ApiError;
use serde_json::{Map, Value};

const MAX_LINE: usize = 200;
const MAX_TEXT: usize = 4_000;

/// A trimmed line of 1 to 200 characters.
pub(crate) fn line(path: &str, text: &str) -> Result<String, ApiError> {
    bounded(path, text, MAX_LINE)
}

/// A trimmed line, if any; blank counts as none.
pub(crate) fn optional_line(path: &str, text: Option<String>) -> Result<Option<String>, ApiError> {
    text.filter(|text| !text.trim().is_empty()).map(|text| line(path, &text)).transpose()
}

/// A trimmed longer text, if any; blank counts as none.
pub(crate) fn optional_text(path: &str, text: Option<String>) -> Result<Option<String>, ApiError> {
    text.filter(|text| !text.trim().is_empty()).map(|text| bounded(path, &text, MAX_TEXT)).transpose()
}

fn bounded(path: &str, text: &str, max: usize) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() {
        Err(ApiError::invalid(path, "must not be empty"))
    } else if text.chars().count() > max {
        Err(ApiError::invalid(path, format!("must not be longer than {max} characters")))
    } else if text.contains('\0') {
        Err(ApiError::invalid(path, "must not contain U+0000"))
    } else {
        Ok(text.to_owned())
    }
}

/// The name of a time zone: `UTC` or `Area/City`.
pub(crate) fn timezone(path: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let is_name = text.len() <= 64
        && text.split('/').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
        });
    if is_name {
        Ok(text.to_owned())
    } else {
        Err(ApiError::invalid(path, "must be the name of a time zone, such as America/Toronto"))
    }
}

/// A country: a two-letter code in upper case, or its name.
pub(crate) fn country(path: &str, text: &str) -> Result<String, ApiError> {
    let text = line(path, text)?;
    if text.chars().count() < 2 || !text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '.')) {
        return Err(ApiError::invalid(path, "must be a country, such as CA"));
    }
    Ok(if text.len() == 2 { text.to_ascii_uppercase() } else { text })
}

/// A currency: three letters, in upper case.
pub(crate) fn currency(path: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.len() == 3 && text.chars().all(|c| c.is_ascii_alphabetic()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(ApiError::invalid(path, "must be a currency of three letters, such as USD"))
    }
}

/// A telephone number for people to dial, without its punctuation. It may be a national one: nothing is compared with
/// it.
pub(crate) fn optional_phone(path: &str, text: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(text) = optional_line(path, text)? else { return Ok(None) };
    let compact = without_punctuation(&text);
    let digits = compact.strip_prefix('+').unwrap_or(&compact);
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) {
        Ok(Some(compact))
    } else {
        Err(ApiError::invalid(path, "must be a telephone number, such as +15550100"))
    }
}

/// A telephone number as providers tell it (E.164), if any: what an inbound call or message is compared with. `00` in
/// front is the plus; a national number is refused, as nobody said of which country it is.
pub(crate) fn optional_e164(path: &str, text: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(text) = optional_line(path, text)? else { return Ok(None) };
    let compact = without_punctuation(&text);
    let phone = compact.strip_prefix("00").map_or_else(|| compact.clone(), |digits| format!("+{digits}"));
    if is_e164(&phone) {
        Ok(Some(phone))
    } else {
        Err(ApiError::invalid(path, "must be a telephone number with + and the country code, such as +15550100"))
    }
}

/// `+` and 5 to 15 digits, of which the first, that of the country, is not 0. Source: channels reference, addresses.
pub(crate) fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (5..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

fn without_punctuation(text: &str) -> String {
    text.chars().filter(|character| !matches!(character, ' ' | '-' | '(' | ')' | '.' | '/')).collect()
}

/// An e-mail address, if any.
pub(crate) fn optional_email(path: &str, text: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(text) = optional_line(path, text)? else { return Ok(None) };
    let is_address = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !text.chars().any(char::is_whitespace);
    if is_address { Ok(Some(text)) } else { Err(ApiError::invalid(path, "must be an e-mail address")) }
}

/// A value within a range.
pub(crate) fn within<T: PartialOrd + Display>(path: &str, value: T, range: RangeInclusive<T>) -> Result<T, ApiError> {
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(ApiError::invalid(path, format!("must be between {} and {}", range.start(), range.end())))
    }
}

/// Words without white space around them, each once, in order; at most 100.
pub(crate) fn words(path: &str, texts: impl IntoIterator<Item = String>) -> Result<Vec<String>, ApiError> {
    let texts: Vec<String> = texts.into_iter().take(101).collect();
    if texts.len() > 100 {
        return Err(ApiError::invalid(path, "must not have more than 100 entries"));
    }
    let mut words = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        let word = line(&format!("{path}[{place}]"), text)?;
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Ok(words)
}

/// What a list is searched for: lower case, nothing when blank.
pub(crate) fn searched(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty())
}

/// Reads an object field by field, so that a refusal names the field.
pub(crate) fn fields_of<T: serde::de::DeserializeOwned>(path: &str, value: &Value) -> Result<T, ApiError> {
    let Some(fields) = value.as_object() else { return Err(ApiError::invalid(path, "must be an object")) };
    for (name, value) in fields {
        let alone = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
        if serde_json::from_value::<T>(alone).is_err() {
            return Err(ApiError::invalid(&format!("{path}.{name}"), "is not known, or has no such value"));
        }
    }
    serde_json::from_value(value.clone()).map_err(|_| ApiError::invalid(path, "does not fit"))
}

/// A JSON object, if any.
pub(crate) fn optional_object(path: &str, value: Option<Value>) -> Result<Option<Value>, ApiError> {
    match value {
        Some(value) if !value.is_object() => Err(ApiError::invalid(path, "must be an object")),
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_once_at_the_edge() {
        assert_eq!(line("name", "  North gate ").expect("fits"), "North gate");
        assert!(line("name", " ").is_err());
        assert!(line("name", &"x".repeat(MAX_LINE + 1)).is_err());
        assert_eq!(timezone("timezone", "America/Toronto").expect("fits"), "America/Toronto");
        assert!(timezone("timezone", "").is_err());
        assert!(timezone("timezone", "to morrow").is_err());
        assert_eq!(country("country", "ca").expect("fits"), "CA");
        assert_eq!(country("country", "Canada").expect("fits"), "Canada");
        assert!(country("country", "1").is_err());
        assert_eq!(currency("currency", "cad").expect("fits"), "CAD");
        assert!(currency("currency", "dollars").is_err());
        let phone = |text: &str| optional_phone("phone", Some(text.into()));
        assert_eq!(phone("+1 (555) 010-0199").expect("fits"), Some("+15550100199".into()));
        assert_eq!(phone(" ").expect("fits"), None);
        assert_eq!(phone("(555) 010-0199").expect("fits"), Some("5550100199".into()));
        for bad in ["12", "+1+5550100199", "555 010 01 99 ext 5"] {
            assert!(phone(bad).is_err(), "{bad}");
        }
        let e164 = |text: &str| optional_e164("phone", Some(text.into()));
        assert_eq!(e164("+1 (555) 010-0199").expect("fits"), Some("+15550100199".into()));
        assert_eq!(e164("0049 30/1234-567").expect("fits"), Some("+49301234567".into()));
        assert_eq!(e164(" ").expect("fits"), None);
        for bad in
            ["(555) 010-0199", "030 1234567", "+030 1234567", "000 123456", "+1234", "+1234567890123456", "00", "+"]
        {
            assert!(e164(bad).is_err(), "{bad}");
        }
        assert!(optional_email("email", Some("nobody".into())).is_err());
        assert!(optional_object("hours", Some(Value::from(1))).is_err());
    }
}
