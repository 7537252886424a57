//! Meta's error bodies. Source: Cloud API, "Error codes"; Graph API, "Error handling".

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::door::{Noted, Stopped};

use super::status::title;

/// A refusal, as the Graph API words it.
#[derive(Debug)]
pub(crate) struct GraphError {
    http: StatusCode,
    kind: &'static str,
    code: u32,
    subcode: Option<u32>,
    message: String,
    details: Option<String>,
    retry_after: Option<u32>,
}

impl GraphError {
    /// The usual form: `(#code) Title`, with the HTTP status the documentation names for it.
    pub(crate) fn new(code: u32) -> Self {
        let http = match code {
            1 | 2 | 131_000 => StatusCode::INTERNAL_SERVER_ERROR,
            131_016 => StatusCode::SERVICE_UNAVAILABLE,
            130_429 => StatusCode::TOO_MANY_REQUESTS,
            132_001 => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        let message = format!("(#{code}) {}", title(code));
        Self { http, kind: "OAuthException", code, subcode: None, message, details: None, retry_after: None }
    }

    pub(crate) fn details(self, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..self }
    }

    /// 100: a parameter is missing, unknown or out of bounds.
    pub(crate) fn parameter(message: impl std::fmt::Display) -> Self {
        Self { message: format!("(#100) {message}"), ..Self::new(100) }
    }

    /// 131008: a field that the message's type needs is not there.
    pub(crate) fn missing(what: &str) -> Self {
        Self::new(131_008).details(format!("Parameter '{what}' is mandatory for this type of message"))
    }

    /// 131009: a field has a value it must not have.
    pub(crate) fn value(details: impl Into<String>) -> Self {
        Self::new(131_009).details(details)
    }

    pub(crate) fn no_token() -> Self {
        Self {
            http: StatusCode::UNAUTHORIZED,
            message: "An access token is required to request this resource.".to_owned(),
            ..Self::new(104)
        }
    }

    pub(crate) fn wrong_token() -> Self {
        Self {
            http: StatusCode::UNAUTHORIZED,
            message: "Invalid OAuth access token - Cannot parse access token".to_owned(),
            ..Self::new(190)
        }
    }

    pub(crate) fn no_such_object(id: &str) -> Self {
        Self {
            kind: "GraphMethodException",
            subcode: Some(33),
            message: format!(
                "Unsupported post request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
                 permissions, or does not support this operation. Please read the Graph API documentation at \
                 https://developers.facebook.com/docs/graph-api"
            ),
            ..Self::new(100)
        }
    }

    pub(crate) fn unknown_path(segment: &str) -> Self {
        Self { http: StatusCode::NOT_FOUND, message: format!("Unknown path components: /{segment}"), ..Self::new(2500) }
    }
}

impl From<Stopped> for GraphError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Unavailable => Self::new(131_016),
            Stopped::TooMany(seconds) => Self { retry_after: Some(seconds), ..Self::new(130_429) },
        }
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let mut error = json!({ "message": self.message, "type": self.kind, "code": self.code });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if let Some(details) = self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        error["fbtrace_id"] = json!("AsimulatedTraceIdNotReal");
        let mut response = (self.http, Json(json!({ "error": error }))).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Noted { error_code: Some(self.code), message_id: None });
        response
    }
}

impl From<GraphError> for Response {
    fn from(error: GraphError) -> Self {
        error.into_response()
    }
}
