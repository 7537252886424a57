//! One call over HTTP, and what is known when it ends without an answer.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use serde_json::Value;

/// Largest answer that is read.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// Longest wait for a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// With an answer: its status, and its JSON if it is any.
    Answer(u16, Value),
    /// Before anything left: certainly not processed.
    NotSent,
    /// Somewhere on the way: it may have been processed.
    Lost,
}

/// How a call ended, and how long the other side asks us to wait.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) ended: Ended,
    /// Seconds.
    pub(crate) retry_after: Option<u64>,
}

impl From<Ended> for Reply {
    fn from(ended: Ended) -> Self {
        Self { ended, retry_after: None }
    }
}

/// A client that follows nothing. `None`: it cannot be made.
pub(crate) fn http_client() -> Option<reqwest::Client> {
    let builder =
        || reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).redirect(Policy::none()).user_agent("patchbay");
    // A slim image has no CA bundle; then the roots that we carry have to do.
    builder()
        .build()
        .or_else(|_| {
            let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
                .iter()
                .filter_map(|der| reqwest::Certificate::from_der(der).ok());
            builder().tls_certs_only(roots).build()
        })
        .ok()
}

/// Sends a call and reads the answer.
pub(crate) async fn finish(call: reqwest::RequestBuilder) -> Reply {
    match call.send().await {
        Ok(mut answer) => {
            let status = answer.status().as_u16();
            let retry_after =
                answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            let mut body = Vec::new();
            loop {
                match answer.chunk().await {
                    Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_ANSWER_BYTES => body.extend_from_slice(&chunk),
                    Ok(_) => break,
                    // The status is known; what the body said is not.
                    Err(_) => return Ended::Lost.into(),
                }
            }
            Reply { ended: Ended::Answer(status, serde_json::from_slice(&body).unwrap_or(Value::Null)), retry_after }
        }
        Err(error) if error.is_connect() || error.is_builder() => Ended::NotSent.into(),
        Err(_) => Ended::Lost.into(),
    }
}
