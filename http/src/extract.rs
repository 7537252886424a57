//! Extractors whose refusals have our error shape: [`Body`], [`Params`], [`Id`].

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use patchbay_core::Code;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// A JSON body that fits `T`; give `T` `deny_unknown_fields`. Errors: 400 `INVALID_JSON`, 400 `INVALID_REQUEST`, 413,
/// 415.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(JsonRejection::JsonDataError(error)) => Err(misfit(&error.body_text())),
            Err(JsonRejection::JsonSyntaxError(_)) => Err(ApiError::new(Code::InvalidJson, "the body is not JSON")),
            Err(JsonRejection::MissingJsonContentType(_)) => {
                Err(ApiError::new(Code::UnsupportedMediaType, "the body must be application/json"))
            }
            Err(other) if other.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
                Err(ApiError::new(Code::PayloadTooLarge, "the body is too large"))
            }
            Err(_) => Err(ApiError::new(Code::InvalidRequest, "the body could not be read")),
        }
    }
}

/// A JSON body that may be left out altogether: then it is `T::default()`. Errors: those of [`Body`].
#[derive(Clone, Copy, Debug)]
pub struct OptionalBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if axum::body::HttpBody::is_end_stream(request.body()) {
            return Ok(Self(T::default()));
        }
        Body::from_request(request, state).await.map(|Body(body)| Self(body))
    }
}

/// axum writes `Failed to deserialize the JSON body into the target type: PATH: WHAT at line 1 column 2`.
fn misfit(text: &str) -> ApiError {
    let text = text.rsplit_once("target type: ").map_or(text, |(_, rest)| rest);
    let text = text.rsplit_once(" at line ").map_or(text, |(head, _)| head);
    match text.split_once(": ") {
        Some((path, what)) if !path.contains(' ') => ApiError::invalid(path, what),
        _ => ApiError::invalid("body", text),
    }
}

/// Query parameters that fit `T`. Error: 400 `INVALID_QUERY`.
#[derive(Clone, Copy, Debug)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Query::<T>::from_request_parts(parts, state).await.map(|Query(params)| Self(params)).map_err(
            |error: QueryRejection| {
                let text = error.body_text();
                let what = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, rest)| rest);
                ApiError::new(Code::InvalidQuery, what)
            },
        )
    }
}

/// The parameters of the path. What cannot be an id is an id nobody has: 404 `NOT_FOUND`.
#[derive(Clone, Copy, Debug)]
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Path::<T>::from_request_parts(parts, state)
            .await
            .map(|Path(id)| Self(id))
            .map_err(|_: PathRejection| ApiError::not_found("resource"))
    }
}
