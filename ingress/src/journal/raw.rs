//! A request as it came: method, address, headers, body. Noted beside the handler, which need not know.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use serde::{Deserialize, Serialize};

/// Headers that prove nothing and say nothing about the event.
const LEFT_OUT: &[HeaderName] = &[
    header::COOKIE,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::TE,
    header::UPGRADE,
];

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRequest {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

#[derive(Serialize, Deserialize)]
struct Head {
    method: String,
    uri: String,
    headers: Vec<(String, Vec<u8>)>,
}

impl RawRequest {
    /// The request as bytes: the length of its head, the head, the body.
    pub fn to_bytes(&self) -> Vec<u8> {
        let headers = self.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        let head = Head { method: self.method.to_string(), uri: self.uri.to_string(), headers };
        let head = serde_json::to_vec(&head).unwrap_or_default();
        let mut bytes = Vec::with_capacity(4 + head.len() + self.body.len());
        bytes.extend_from_slice(&u32::try_from(head.len()).unwrap_or(0).to_le_bytes());
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Reads what [`RawRequest::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let length = usize::try_from(u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?)).ok()?;
        let end = length.checked_add(4)?;
        let head: Head = serde_json::from_slice(bytes.get(4..end)?).ok()?;
        let mut headers = HeaderMap::new();
        for (name, value) in head.headers {
            headers.append(name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(&value).ok()?);
        }
        Some(Self {
            method: head.method.parse().ok()?,
            uri: head.uri.parse().ok()?,
            headers,
            body: Bytes::copy_from_slice(bytes.get(end..)?),
        })
    }

    /// The request again.
    pub fn into_request(self) -> Request {
        let mut request = Request::new(Body::from(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        request
    }
}

tokio::task_local! {
    static NOTED: Arc<Noted>;
}

struct Noted {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    /// The body as far as the handler has read it; guarded for the time of a push.
    body: Mutex<Vec<Bytes>>,
}

/// A layer around webhooks: notes each request while its handler reads it. Chunks are shared, not copied.
pub async fn record(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut headers = parts.headers.clone();
    for name in LEFT_OUT {
        headers.remove(name);
    }
    let noted =
        Arc::new(Noted { method: parts.method.clone(), uri: parts.uri.clone(), headers, body: Mutex::new(Vec::new()) });
    let seen = Arc::clone(&noted);
    let body = Body::from_stream(body.into_data_stream().map(move |chunk| {
        if let Ok(chunk) = &chunk {
            seen.body.lock().unwrap_or_else(PoisonError::into_inner).push(chunk.clone());
        }
        chunk
    }));
    NOTED.scope(noted, next.run(Request::from_parts(parts, body))).await
}

/// Handles what came as `request`, which was read whole before.
pub(crate) async fn noting<F: Future>(request: RawRequest, handling: F) -> F::Output {
    let RawRequest { method, uri, headers, body } = request;
    NOTED.scope(Arc::new(Noted { method, uri, headers, body: Mutex::new(vec![body]) }), handling).await
}

/// The request that is being handled here, as far as it was read. Nothing outside of [`record`], or when it is longer
/// than `most_bytes`.
pub fn recorded(most_bytes: usize) -> Option<RawRequest> {
    let noted = NOTED.try_with(Arc::clone).ok()?;
    let chunks = noted.body.lock().unwrap_or_else(PoisonError::into_inner);
    let length: usize = chunks.iter().map(Bytes::len).sum();
    if length > most_bytes {
        return None;
    }
    let body = match chunks.as_slice() {
        [whole] => whole.clone(),
        several => Bytes::from(several.concat()),
    };
    Some(RawRequest { method: noted.method.clone(), uri: noted.uri.clone(), headers: noted.headers.clone(), body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_its_bytes() {
        let mut headers = HeaderMap::new();
        headers.append("x-twilio-signature", HeaderValue::from_static("abc="));
        headers.append("x-odd", HeaderValue::from_bytes(&[0xe9]).expect("a header"));
        let request = RawRequest {
            method: Method::POST,
            uri: Uri::from_static("/webhooks/twilio/sms?a=%20b"),
            headers,
            body: Bytes::from_static(&[0, 255, 10]),
        };
        assert_eq!(RawRequest::from_bytes(&request.to_bytes()), Some(request));
        assert_eq!(RawRequest::from_bytes(&[1, 2, 3]), None);
        assert_eq!(RawRequest::from_bytes(&[255, 255, 255, 255, 0]), None);
    }
}
