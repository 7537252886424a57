//! Who may see and who may change accounts and sites, and what every change leaves behind.

use axum::http::{HeaderMap, header};
use patchbay_core::Ctx;
use patchbay_core::actor::Actor;
use patchbay_core::audit::{AuditEntry, Outcome};
use patchbay_core::ids::AccountId;
use patchbay_core::role::{Portal, Role};
use patchbay_http::ApiError;
use patchbay_store::{StoreError, Tx, audit};
use serde_json::{Value, json};

/// Whoever may record or read tickets may see where. Error: 403 `FORBIDDEN`.
pub(super) fn require_reader(actor: &Actor) -> Result<(), ApiError> {
    let outside = matches!(actor.role, Role::Technician | Role::Vendor | Role::Customer);
    if outside || actor.portal == Some(Portal::Technician) {
        Err(ApiError::forbidden("this role does not see accounts and sites"))
    } else {
        Ok(())
    }
}

/// Admins change accounts and sites. Error: 403 `FORBIDDEN`.
pub(super) fn require_admin(actor: &Actor) -> Result<(), ApiError> {
    if actor.role == Role::Admin && actor.portal != Some(Portal::Technician) {
        Ok(())
    } else {
        Err(ApiError::forbidden("only admins change accounts and sites"))
    }
}

/// The version the caller read: from the body, else from `If-Match: "3"`. Error: 400 `INVALID_REQUEST` when the header
/// is not a version.
pub(super) fn expected_version(body: Option<i64>, headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(header) = headers.get(header::IF_MATCH).filter(|_| body.is_none()) else { return Ok(body) };
    let text = header.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text.strip_prefix("W/").unwrap_or(text).trim_matches('"').parse();
    number.map(Some).map_err(|_| ApiError::invalid("If-Match", "must be a version, such as \"3\""))
}

/// Refuses a change of a row that is newer than what the caller read.
pub(super) fn require_version(expected: Option<i64>, current: i64) -> Result<(), StoreError> {
    if expected.is_none_or(|expected| expected == current) { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Records who changed which fields of what.
pub(super) async fn record(
    tx: &mut Tx,
    ctx: &Ctx,
    account: AccountId,
    tool: &str,
    subject: Value,
) -> Result<(), StoreError> {
    let entry = AuditEntry {
        account_id: Some(account),
        payload: json!({ "subject": subject }),
        ..AuditEntry::new(ctx, tool, Outcome::Success)
    };
    audit::append(tx, &entry).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_comes_from_the_body_or_from_the_header() {
        let mut headers = HeaderMap::new();
        assert_eq!(expected_version(None, &headers).expect("fits"), None);
        headers.insert(header::IF_MATCH, "\"3\"".parse().expect("a header"));
        assert_eq!(expected_version(None, &headers).expect("fits"), Some(3));
        assert_eq!(expected_version(Some(4), &headers).expect("fits"), Some(4));
        headers.insert(header::IF_MATCH, "*".parse().expect("a header"));
        assert_eq!(expected_version(None, &headers).expect("fits"), None);
        headers.insert(header::IF_MATCH, "soon".parse().expect("a header"));
        assert!(expected_version(None, &headers).is_err());
    }
}
