//! Calls to the providers' APIs, and what is known when one ends without an answer.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::trace::{self, Kind};
use patchbay_normalizer::answer::LONGEST_WAIT;
use patchbay_normalizer::request::ProviderRequest;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;

use crate::fetch_media::guard::PublicOnly;
use crate::mail::MailRoom;

/// Largest answer that is read.
const MAX_ANSWER_BYTES: usize = 256 << 10;
/// Longest wait for a connection. Source: channels reference, "Retries and identity of a delivery".
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Calls providers. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ProviderClient {
    client: reqwest::Client,
    /// Reaches public addresses only.
    outside: reqwest::Client,
    mail: Arc<MailRoom>,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum CallEnd {
    /// With an answer, good or bad.
    Answer(ProviderAnswer),
    /// Before anything left: certainly not processed.
    NotSent,
    /// Somewhere on the way: it may have been processed. The word says how.
    Lost(&'static str),
}

/// A provider's answer.
#[derive(Debug)]
pub(crate) struct ProviderAnswer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) retry_after: Option<Duration>,
}

/// The HTTP client for calls to providers could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client could be made")]
pub struct NoClient(#[source] reqwest::Error);

impl ProviderClient {
    pub(crate) fn new(timeout: Duration) -> Result<Self, NoClient> {
        let client = build(|| builder(timeout))?;
        let outside = build(|| builder(timeout).dns_resolver(PublicOnly))?;
        Ok(Self { client, outside, mail: Arc::new(MailRoom::new(timeout)) })
    }

    /// Where mail is posted.
    pub(crate) fn mail(&self) -> &MailRoom {
        &self.mail
    }

    /// The client for the APIs themselves, wherever the operator says they are.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.client
    }

    /// The client for hosts that others name: it connects to public addresses only. Addresses in numbers skip its
    /// resolver; ask nobody by number.
    pub(crate) fn outside(&self) -> &reqwest::Client {
        &self.outside
    }

    /// Sends `request` with the credentials of `inbox`.
    pub(crate) async fn send(&self, inbox: &Inbox, request: ProviderRequest) -> CallEnd {
        let Some(base) = api_base(inbox) else { return CallEnd::NotSent };
        self.send_at(inbox, base, request).await
    }

    /// Sends `request` with the credentials of `inbox` to another host of the same provider.
    pub(crate) async fn send_at(&self, inbox: &Inbox, base: &str, request: ProviderRequest) -> CallEnd {
        let call = self
            .client
            .post(format!("{base}{}", request.path))
            .header(CONTENT_TYPE, request.content_type)
            .body(request.body);
        traced(inbox, "POST", finish(authorize(inbox, call))).await
    }

    /// Reads from another host of the same provider.
    pub(crate) async fn get_at(&self, inbox: &Inbox, base: &str, path: &str, query: &[(&str, &str)]) -> CallEnd {
        traced(inbox, "GET", finish(authorize(inbox, self.client.get(format!("{base}{path}")).query(query)))).await
    }

    /// Reads below the API base of `inbox`.
    pub(crate) async fn get(&self, inbox: &Inbox, path: &str, query: &[(&str, &str)]) -> CallEnd {
        let Some(base) = api_base(inbox) else { return CallEnd::NotSent };
        self.get_at(inbox, base, path, query).await
    }
}

/// The credentials of an inbox, on a call to its own API.
pub(crate) fn authorize(inbox: &Inbox, call: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    match &inbox.provider {
        Provider::WhatsAppCloud(number) => call.bearer_auth(number.access_token.expose()),
        Provider::Twilio(number) => match number.auth_tokens.first() {
            Some(token) => call.basic_auth(&number.account_sid, Some(token.expose())),
            None => call,
        },
        Provider::Email(_) | Provider::Chat(_) | Provider::Unserved => call,
    }
}

/// Another host of Twilio's, `content` or `messaging`; a fake has all of them at one address.
pub(crate) fn twilio_host(api_base: &str, name: &str) -> String {
    match api_base {
        "https://api.twilio.com" => format!("https://{name}.twilio.com"),
        elsewhere => elsewhere.to_owned(),
    }
}

pub(crate) fn api_base(inbox: &Inbox) -> Option<&str> {
    match &inbox.provider {
        Provider::WhatsAppCloud(number) => Some(&number.api_base),
        Provider::Twilio(number) => Some(&number.api_base),
        Provider::Email(_) | Provider::Chat(_) | Provider::Unserved => None,
    }
}

/// A slim image has no CA bundle; then the roots that we carry have to do.
fn build(builder: impl Fn() -> reqwest::ClientBuilder) -> Result<reqwest::Client, NoClient> {
    let client = builder().build().or_else(|_| {
        let roots =
            webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok());
        builder().tls_certs_only(roots).build()
    });
    client.map_err(NoClient)
}

fn builder(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("patchbay/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(CONNECT_WITHIN.min(timeout))
        .timeout(timeout)
        .pool_idle_timeout(Duration::from_secs(20))
}

/// The provider's own wish for the next try.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT))
}

/// The same call as a span below the current one, if there is one. Its path names accounts and numbers: it is not told.
async fn traced(inbox: &Inbox, method: &'static str, call: impl Future<Output = CallEnd>) -> CallEnd {
    let Some(mut span) = trace::child("provider call", Kind::Client) else { return call.await };
    span.set("http.request.method", method);
    span.set("patchbay.channel", inbox.channel.as_str());
    span.set("patchbay.inbox_id", inbox.id.to_string());
    let end = call.await;
    match &end {
        CallEnd::Answer(answer) => {
            span.set("http.response.status_code", i64::from(answer.status));
            if answer.status >= 400 {
                span.fail("refused");
            }
        }
        CallEnd::NotSent => span.fail("not_sent"),
        CallEnd::Lost(how) => span.fail(*how),
    }
    end
}

/// Sends a call and reads its answer.
pub(crate) async fn finish(call: reqwest::RequestBuilder) -> CallEnd {
    let mut response = match call.send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_builder() => return CallEnd::NotSent,
        Err(error) if error.is_timeout() => return CallEnd::Lost("timeout"),
        Err(_) => return CallEnd::Lost("connection_lost"),
    };
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_ANSWER_BYTES => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return CallEnd::Lost("answer_too_large"),
            Ok(None) => return CallEnd::Answer(ProviderAnswer { status, body, retry_after }),
            Err(_) => return CallEnd::Lost("answer_cut_off"),
        }
    }
}
