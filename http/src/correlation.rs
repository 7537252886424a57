//! Gives every request its ids, and every error its envelope.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use patchbay_core::Code;
use patchbay_core::ids::RequestId;
use patchbay_core::trace::{self, Span};

use crate::error::{ApiError, PendingError};
use crate::trace::{TRACE_HEADER, TRACEPARENT_HEADER, Trace};

/// Header that carries the correlation id, both ways.
pub const CORRELATION_HEADER: HeaderName = HeaderName::from_static("x-correlation-id");
/// Header that names the one request, in answers.
pub const REQUEST_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The ids of a request, in its extensions.
#[derive(Clone, Debug)]
pub struct RequestIds {
    /// Names this one request.
    pub request_id: String,
    /// Given by the caller (up to 128 printable characters); else the trace the caller named, else made here.
    pub correlation_id: String,
    /// Our place in the trace.
    pub trace: Trace,
}

impl RequestIds {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let id = RequestId::new();
        let (request_id, trace) = (id.to_string(), Trace::of(headers, id.0));
        let given = headers
            .get(CORRELATION_HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|text| !text.is_empty() && text.len() <= 128 && text.bytes().all(is_printable));
        let correlation_id = match given {
            Some(text) => text.to_owned(),
            None if Trace::is_given(headers) => trace.trace_id.clone(),
            None => request_id.clone(),
        };
        Self { request_id, correlation_id, trace }
    }
}

fn is_printable(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_graphic()
}

/// Layer: puts [`RequestIds`] into the request, echoes them in the answer and completes error envelopes, also those of
/// a router's bare 404 and 405 answers.
pub async fn correlate(mut request: Request, next: Next) -> Response {
    let mut ids = RequestIds::of(request.headers());
    let traced = Traced::begin(&mut ids, &request);
    request.extensions_mut().insert(ids.clone());
    let mut response = match traced {
        None => next.run(request).await,
        Some(traced) => traced.run(next.run(request)).await,
    };
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
    let told = [
        (CORRELATION_HEADER, ids.correlation_id),
        (REQUEST_HEADER, ids.request_id),
        (TRACEPARENT_HEADER, ids.trace.to_string()),
        (TRACE_HEADER, ids.trace.trace_id),
    ];
    for (name, id) in told {
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Paths that are asked for all the time and tell nothing of what happens.
const NOT_TRACED: &[&str] = &["/health", "/health/ready", "/metrics"];

/// A request whose part of a trace is recorded.
struct Traced {
    span: Span,
}

impl Traced {
    fn begin(ids: &mut RequestIds, request: &Request) -> Option<Self> {
        if !trace::is_on() || NOT_TRACED.contains(&request.uri().path()) {
            return None;
        }
        let mut span = ids.trace.begin("request")?;
        let method = match *request.method() {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            _ => "OTHER",
        };
        match request.extensions().get::<MatchedPath>() {
            Some(route) => {
                span.rename(format!("{method} {}", route.as_str()));
                span.set("http.route", route.as_str().to_owned());
            }
            None => span.rename(method),
        }
        span.set("http.request.method", method);
        Some(Self { span })
    }

    async fn run(mut self, handling: impl Future<Output = Response>) -> Response {
        let response = trace::within(self.span.context(), handling).await;
        self.span.set("http.response.status_code", i64::from(response.status().as_u16()));
        if let Some(code) = crate::noted::error_code(&response) {
            self.span.set("error.type", code.as_str());
        }
        if response.status().is_server_error() {
            self.span.fail("the request failed");
        }
        response
    }
}

/// What a router answers to a path that it does not have.
pub async fn no_such_path() -> Response {
    ApiError::new(Code::NotFound, "no such path").into_response()
}

/// What a router answers to a method that the path does not have.
pub async fn no_such_method() -> Response {
    ApiError::new(Code::MethodNotAllowed, "this path does not take that method").into_response()
}
