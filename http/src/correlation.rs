//! Gives every request its ids, and every error its envelope.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use patchbay_core::Code;
use patchbay_core::ids::RequestId;

use crate::error::{ApiError, PendingError};

/// Header that carries the correlation id, both ways.
pub const CORRELATION_HEADER: HeaderName = HeaderName::from_static("x-correlation-id");
/// Header that names the one request, in answers.
pub const REQUEST_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The ids of a request, in its extensions.
#[derive(Clone, Debug)]
pub struct RequestIds {
    /// Names this one request.
    pub request_id: String,
    /// Given by the caller (up to 128 printable characters), else made here.
    pub correlation_id: String,
}

impl RequestIds {
    fn of(headers: &HeaderMap) -> Self {
        let request_id = RequestId::new().to_string();
        let correlation_id = headers
            .get(CORRELATION_HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|text| !text.is_empty() && text.len() <= 128 && text.bytes().all(|b| b.is_ascii_graphic()))
            .map_or_else(|| request_id.clone(), str::to_owned);
        Self { request_id, correlation_id }
    }
}

/// Layer: puts [`RequestIds`] into the request, echoes them in the answer and completes error envelopes, also those of
/// a router's bare 404 and 405 answers.
pub async fn correlate(mut request: Request, next: Next) -> Response {
    let ids = RequestIds::of(request.headers());
    request.extensions_mut().insert(ids.clone());
    let mut response = next.run(request).await;
    if let Some(PendingError(error)) = response.extensions_mut().remove::<PendingError>() {
        let mut complete = error.respond(&ids.request_id, &ids.correlation_id);
        for (name, value) in response.headers() {
            // The body is a new one: what described the old one, its compression too, no longer holds.
            let is_of_the_body = [header::CONTENT_LENGTH, header::CONTENT_ENCODING].contains(name);
            if !complete.headers().contains_key(name) && !is_of_the_body {
                complete.headers_mut().append(name.clone(), value.clone());
            }
        }
        response = complete;
    }
    for (name, id) in [(CORRELATION_HEADER, &ids.correlation_id), (REQUEST_HEADER, &ids.request_id)] {
        if let Ok(value) = HeaderValue::from_str(id) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// What a router answers to a path that it does not have.
pub async fn no_such_path() -> Response {
    ApiError::new(Code::NotFound, "no such path").into_response()
}

/// What a router answers to a method that the path does not have.
pub async fn no_such_method() -> Response {
    ApiError::new(Code::MethodNotAllowed, "this path does not take that method").into_response()
}
