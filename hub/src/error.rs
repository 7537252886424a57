//! How an operation of the hub fails: the store did not do it, or it was refused.

use axum::response::{IntoResponse, Response};
use patchbay_core::Code;
use patchbay_http::ApiError;
use patchbay_store::StoreError;

/// Why an operation of the hub did not happen. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The store did not do it.
    #[error("the store did not do it")]
    Store(#[from] StoreError),
    /// It was refused; the caller learns why.
    #[error("refused with {}", .0.code().as_str())]
    Refused(ApiError),
}

impl From<ApiError> for HubError {
    fn from(refusal: ApiError) -> Self {
        Self::Refused(refusal)
    }
}

impl From<HubError> for ApiError {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Refused(refusal) => refusal,
            HubError::Store(error) => match error {
                StoreError::Unavailable(_) => ApiError::not_ready(&error),
                StoreError::Conflict => {
                    ApiError::new(Code::VersionConflict, "somebody else changed it in the meantime; read it again")
                }
                StoreError::Duplicate => ApiError::new(Code::AlreadyExists, "one with the same key exists"),
                StoreError::MissingReference => {
                    ApiError::new(Code::InvalidRequest, "something it refers to does not exist")
                }
                StoreError::NoRow => ApiError::not_found("resource"),
                StoreError::Decode { .. }
                | StoreError::Statement(_)
                | StoreError::Migrate(_)
                | StoreError::Address(_) => ApiError::internal(&error),
            },
        }
    }
}

impl IntoResponse for HubError {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response()
    }
}
