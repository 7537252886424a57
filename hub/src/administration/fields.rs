//! Checks of single fields, and links to teams.

use patchbay_core::ids::TeamId;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::teams::{self, TeamRow};

use crate::HubError;

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

/// The team with an id or a slug. Error: 400 `INVALID_REQUEST` naming `path`.
pub(super) async fn team(tx: &mut Tx, path: &str, id_or_slug: &str) -> Result<TeamRow, HubError> {
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
