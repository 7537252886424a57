//! What comes along with a write: the version it was made from, and the key that names the one request.

use std::borrow::Cow;
use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, header};
use patchbay_core::Code;
use patchbay_core::canonical::canonical_hash;
use patchbay_dispatch::IDEMPOTENCY_KEY;
use patchbay_http::{ApiError, Body};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

/// The field whose value is nowhere kept but under the password hash.
const PASSWORD: &str = "password";

/// What a write says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    /// Method and route: a key means something else elsewhere.
    pub(super) endpoint: String,
    /// Hash of all that was asked.
    pub(super) hash: String,
    key: Option<String>,
    if_match: Option<String>,
}

/// A body and its stamp. Errors: those of [`Body`].
#[derive(Clone, Debug)]
pub(crate) struct Stamped<T> {
    /// The body.
    pub(crate) body: T,
    /// What comes along.
    pub(crate) stamp: Stamp,
}

impl Stamp {
    fn of(parts: &Parts, body: &Value) -> Self {
        let text = |name: &HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let path = parts.uri.path();
        let route = parts.extensions.get::<MatchedPath>().map_or(path, MatchedPath::as_str);
        Self {
            endpoint: format!("{} {route}", parts.method),
            hash: canonical_hash(&json!({ "method": parts.method.as_str(), "path": path, "body": hashable(body) })),
            key: text(&IDEMPOTENCY_KEY),
            if_match: text(&header::IF_MATCH),
        }
    }

    /// The key that names the request, if it has one. Error: 400 `INVALID_IDEMPOTENCY_KEY`.
    pub(super) fn key(&self) -> Result<Option<Uuid>, ApiError> {
        let parse = |text: &String| Uuid::parse_str(text.trim());
        self.key
            .as_ref()
            .map(parse)
            .transpose()
            .map_err(|_| ApiError::new(Code::InvalidIdempotencyKey, "the idempotency key must be a UUID"))
    }

    /// Refuses a change that was made from another version than `current`. The header goes before what the body says; a
    /// change that names none is made from whatever is there. Errors: 400 `INVALID_REQUEST`, 409 `VERSION_CONFLICT`.
    pub(crate) fn check_version(&self, in_body: Option<i64>, current: i64) -> Result<(), ApiError> {
        let named = match self.if_match.as_deref().map(str::trim) {
            None => in_body,
            Some("*") => None,
            Some(tag) => {
                let number = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').parse::<i64>();
                Some(number.map_err(|_| ApiError::invalid("If-Match", "must be a version, such as \"3\""))?)
            }
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

impl<S: Send + Sync> FromRequestParts<S> for Stamp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts, &Value::Null))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Stamped<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, state).await.map_err(|rejection| unread(&rejection))?;
        // What is no JSON is refused below, with its place.
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let stamp = Stamp::of(&parts, &value);
        let again = Request::from_parts(parts, axum::body::Body::from(bytes));
        let Body(body) = Body::<T>::from_request(again, state).await?;
        Ok(Self { body, stamp })
    }
}

/// A body as far as its hash may be stored: from the hash of a password the password could be guessed.
fn hashable(body: &Value) -> Cow<'_, Value> {
    match body {
        Value::Object(fields) if fields.contains_key(PASSWORD) => {
            let mut fields = fields.clone();
            fields.insert(PASSWORD.to_owned(), Value::Bool(true));
            Cow::Owned(Value::Object(fields))
        }
        _ => Cow::Borrowed(body),
    }
}

fn unread(rejection: &BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::new(Code::PayloadTooLarge, "the body is too large")
    } else {
        ApiError::new(Code::InvalidRequest, "the body could not be read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(if_match: Option<&str>) -> Stamp {
        Stamp { endpoint: String::new(), hash: String::new(), key: None, if_match: if_match.map(str::to_owned) }
    }

    #[test]
    fn the_version_comes_from_the_header_or_from_the_body() {
        for (header, body, fits) in [
            (None, None, true),
            (None, Some(3), true),
            (None, Some(2), false),
            (Some("\"3\""), None, true),
            (Some("W/\"3\""), Some(2), true),
            (Some("2"), Some(3), false),
            (Some("*"), Some(2), true),
            (Some("soon"), None, false),
        ] {
            assert_eq!(stamp(header).check_version(body, 3).is_ok(), fits, "{header:?} {body:?}");
        }
    }

    #[test]
    fn a_password_leaves_no_trace_in_the_hash() {
        let hash = |body: Value| canonical_hash(&hashable(&body));
        let with = |password: &str| hash(json!({ "email": "a@b.test", "password": password }));
        assert_eq!(with("correct horse"), with("battery staple"));
        assert_ne!(with("correct horse"), hash(json!({ "email": "a@b.test" })));
    }

    #[test]
    fn a_key_is_a_uuid_or_none() {
        let with = |key: &str| Stamp { key: Some(key.to_owned()), ..stamp(None) };
        assert_eq!(stamp(None).key().expect("fits"), None);
        assert!(with("0190c8a0-0000-7000-8000-000000000000").key().expect("fits").is_some());
        assert_eq!(with("again").key().expect_err("refused").code(), Code::InvalidIdempotencyKey);
    }
}
