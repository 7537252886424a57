//! Checks of single fields, and links to teams.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use patchbay_core::calendar::{self, Opening};
use patchbay_core::ids::TeamId;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::teams::{self, TeamRow};
use serde_json::{Value, json};

use crate::HubError;

/// Most openings of a week.
const MOST_OPENINGS: usize = 100;
/// Most days off.
const MOST_DAYS: usize = 1_000;

/// A text without white space around it, of 1 to `most` characters.
pub(super) fn text(path: &str, value: &str, most: usize) -> Result<String, ApiError> {
    let value = value.trim();
    if value.is_empty() {
        return Err(ApiError::invalid(path, "must not be empty"));
    }
    if value.chars().count() > most {
        return Err(ApiError::invalid(path, format!("at most {most} characters")));
    }
    if value.contains('\0') {
        return Err(ApiError::invalid(path, "must not contain NUL"));
    }
    Ok(value.to_owned())
}

/// A short name for addresses and settings: lower-case letters, digits, `_` and `-`.
pub(super) fn slug(path: &str, value: &str) -> Result<String, ApiError> {
    let value = text(path, value, 64)?;
    let fits =
        value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'));
    if fits { Ok(value) } else { Err(ApiError::invalid(path, "only a-z, 0-9, _ and -")) }
}

/// A lower-case e-mail address: something, an at sign, something with a dot or a host name.
pub(super) fn email(path: &str, value: &str) -> Result<String, ApiError> {
    let value = text(path, value, 254)?.to_lowercase();
    let fits = value.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !value.chars().any(|found| found.is_whitespace() || found.is_control())
    });
    if fits { Ok(value) } else { Err(ApiError::invalid(path, "must be an e-mail address")) }
}

/// The name of a time zone, as far as its shape tells: `UTC`, `America/Toronto`.
pub(super) fn timezone(path: &str, value: &str) -> Result<String, ApiError> {
    let value = text(path, value, 64)?;
    let fits = value.starts_with(|first: char| first.is_ascii_alphabetic())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/'));
    if fits { Ok(value) } else { Err(ApiError::invalid(path, "must be a time zone such as America/Toronto")) }
}

/// The name of a time zone that exists.
pub(crate) fn known_timezone(path: &str, value: &str) -> Result<String, ApiError> {
    let value = timezone(path, value)?;
    calendar::timezone(&value).map_err(|misfit| ApiError::invalid(path, misfit.to_string()))?;
    Ok(value)
}

/// Weekly business hours, in order, as they are stored.
pub(crate) fn openings(path: &str, value: Value) -> Result<Value, ApiError> {
    let openings: Vec<Opening> = serde_json::from_value(value)
        .map_err(|_| ApiError::invalid(path, "must be a list of {\"weekday\",\"open\",\"close\"}, times like 09:00"))?;
    if openings.len() > MOST_OPENINGS {
        return Err(ApiError::invalid(path, format!("at most {MOST_OPENINGS} entries")));
    }
    let openings =
        calendar::openings_in_order(openings).map_err(|misfit| ApiError::invalid(path, misfit.to_string()))?;
    Ok(json!(openings))
}

/// Days, as they are stored.
pub(crate) fn days(path: &str, days: &[String]) -> Result<Value, ApiError> {
    if days.len() > MOST_DAYS {
        return Err(ApiError::invalid(path, format!("at most {MOST_DAYS} entries")));
    }
    let mut known = BTreeSet::new();
    for (place, day) in days.iter().enumerate() {
        let day: NaiveDate = day
            .parse()
            .map_err(|_| ApiError::invalid(&format!("{path}[{place}]"), "must be a day such as 2026-12-25"))?;
        known.insert(day);
    }
    Ok(json!(known))
}

/// The team with an id or a slug. Error: 400 `INVALID_REQUEST` naming `path`.
pub(crate) async fn team(tx: &mut Tx, path: &str, id_or_slug: &str) -> Result<TeamRow, HubError> {
    find_team(tx, id_or_slug).await?.ok_or_else(|| ApiError::invalid(path, "no such team").into())
}

/// The team with an id or a slug.
pub(super) async fn find_team(tx: &mut Tx, id_or_slug: &str) -> Result<Option<TeamRow>, HubError> {
    let found = match id_or_slug.parse::<TeamId>() {
        Ok(id) => teams::by_id(tx, id).await?,
        Err(_) => teams::by_slug(tx, id_or_slug).await?,
    };
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lower_case_and_have_two_sides() {
        assert_eq!(email("email", " Maya@Demo.Test ").unwrap(), "maya@demo.test");
        for bad in ["", "maya", "@demo.test", "maya@", "a b@c.d", "a@b@c"] {
            assert!(email("email", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn slugs_are_plain() {
        assert_eq!(slug("slug", "customer_service").unwrap(), "customer_service");
        assert!(slug("slug", "Customer Service").is_err());
    }
}
