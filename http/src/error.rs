//! The one shape of an error: `{"error":{"code","message","request_id","correlation_id","policy_error"?,…}}`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use patchbay_core::Code;
use serde_json::{Map, Value, json};

/// An error on its way to a caller. Carries no secret, no SQL, no stack; the cause is logged where it stops.
#[derive(Clone, Debug)]
pub struct ApiError {
    code: Code,
    message: String,
    details: Map<String, Value>,
    policy: Map<String, Value>,
    retry_after_seconds: Option<u64>,
}

/// What the correlation layer needs to write the envelope with its ids.
#[derive(Clone, Debug)]
pub(crate) struct PendingError(pub(crate) ApiError);

impl ApiError {
    /// An error with `code` and a sentence for the caller.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Map::new(), policy: Map::new(), retry_after_seconds: None }
    }

    /// The code it carries.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The sentence for the caller.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Adds a fact beside code and message.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.into(), value.into());
        self
    }

    /// Adds a fact to `policy_error`; its dimension comes from the code.
    #[must_use]
    pub fn because(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.policy.insert(key.into(), value.into());
        self
    }

    /// Tells the caller when trying again makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// A fault of ours. Logs the chain of causes; the caller sees an opaque reference only.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %Chain(error), "a request failed");
        Self::new(Code::InternalError, "something went wrong on our side; quote the request id")
    }

    /// Not ready: a store is away. Logs the chain of causes.
    pub fn not_ready(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::warn!(error = %Chain(error), "a request found a store away");
        Self::new(Code::NotReady, "not ready to serve this; try again shortly").retry_after(1)
    }

    /// The resource is absent, or not the caller's to know.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("no such {what}"))
    }

    /// The body or a parameter does not fit; `path` says where.
    pub fn invalid(path: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(Code::InvalidRequest, format!("{path}: {message}"))
            .with("validation_errors", json!([{ "path": path, "message": message }]))
    }

    /// The role may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, message)
    }

    /// The envelope, as JSON.
    pub fn envelope(&self, request_id: &str, correlation_id: &str) -> Value {
        let mut error = Map::new();
        error.insert("code".into(), self.code.as_str().into());
        error.insert("message".into(), self.message.clone().into());
        error.insert("request_id".into(), request_id.into());
        error.insert("correlation_id".into(), correlation_id.into());
        if let Some(dimension) = self.code.dimension() {
            let mut policy = self.policy.clone();
            policy.insert("dimension".into(), dimension.into());
            policy.insert("code".into(), self.code.as_str().into());
            policy.insert("message".into(), self.message.clone().into());
            error.insert("policy_error".into(), policy.into());
        }
        for (key, value) in &self.details {
            error.entry(key.clone()).or_insert_with(|| value.clone());
        }
        json!({ "error": error })
    }

    /// The whole response, once the ids of the request are known.
    pub(crate) fn respond(&self, request_id: &str, correlation_id: &str) -> Response {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self.envelope(request_id, correlation_id))).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.respond("", "");
        response.extensions_mut().insert(PendingError(self));
        response
    }
}

/// Writes an error and all its causes on one line.
pub struct Chain<'e>(pub &'e (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
