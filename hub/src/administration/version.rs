//! Which version of a row a change was made from.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use patchbay_core::Code;
use patchbay_http::ApiError;

/// The version named by `If-Match`, with or without quotes.
#[derive(Clone, Debug)]
pub(super) struct IfMatch(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
        Ok(Self(header.map(str::to_owned)))
    }
}

impl IfMatch {
    /// Refuses a change that was made from another version than `current`. The header goes before the body's `version`;
    /// a change that names none is made from whatever is there. Errors: 400 `INVALID_REQUEST`, 409 `VERSION_CONFLICT`.
    pub(super) fn check(&self, body_version: Option<i64>, current: i64) -> Result<(), ApiError> {
        let named = match self.0.as_deref().map(str::trim) {
            None => body_version,
            Some("*") => None,
            Some(tag) => Some(
                tag.trim_start_matches("W/")
                    .trim_matches('"')
                    .parse::<i64>()
                    .map_err(|_| ApiError::invalid("If-Match", "must be a version number"))?,
            ),
        };
        match named {
            Some(version) if version != current => {
                Err(ApiError::new(Code::VersionConflict, "somebody else changed it in the meantime; read it again")
                    .because("expected_version", version)
                    .because("current_version", current))
            }
            _ => Ok(()),
        }
    }
}
