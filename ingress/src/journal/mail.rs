//! Mail of the receiver in the journal: it did not come as a request, so it is written down as one that nobody but a
//! replay ever sends.

use std::net::IpAddr;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use patchbay_core::inbox::InboundMail;
use patchbay_normalizer::email::{self, Arrived, Envelope};

use super::raw::RawRequest;
use crate::config::MAIL_BODY_BYTES;
use crate::refusal::Refusal;
use crate::webhook::{Ingress, MailRefused, Verdict, read_body};

/// Where such a request goes. No server has this path, only a replay.
const PATH: &str = "/.smtp";
const SENDER: &str = "x-envelope-sender";
const RECIPIENT: &str = "x-envelope-recipient";
const CLIENT_IP: &str = "x-client-ip";
const CLIENT_NAME: &str = "x-client-name";

/// A mail as a request. `None`: its envelope cannot be written down.
pub(crate) fn as_request(arrived: &Arrived, raw: &Bytes) -> Option<RawRequest> {
    let first = arrived.envelopes.first()?;
    let mut headers = HeaderMap::new();
    let mut add = |name: &'static str, value: &str| {
        let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        headers.append(name, value);
        Some(())
    };
    add(SENDER, first.sender.as_deref().unwrap_or_default())?;
    for envelope in &arrived.envelopes {
        add(RECIPIENT, &envelope.recipient)?;
    }
    if let Some(ip) = first.client_ip {
        add(CLIENT_IP, &ip.to_string())?;
    }
    add(CLIENT_NAME, first.helo.as_deref().unwrap_or_default())?;
    Some(RawRequest { method: Method::POST, uri: Uri::from_static(PATH), headers, body: raw.clone() })
}

/// Takes such requests.
pub(super) fn router(ingress: Ingress) -> Router {
    Router::new().route(PATH, post(again)).with_state(ingress)
}

async fn again(State(ingress): State<Ingress>, request: Request) -> Response {
    let headers = request.headers().clone();
    let raw = match read_body(ingress.config(), request, MAIL_BODY_BYTES).await {
        Ok(raw) => raw,
        Err(refusal) => return refusal.into_response(),
    };
    let arrived = arrived(&headers, &raw, &ingress);
    match ingress.take_mail(InboundMail::Smtp, &arrived, raw).await {
        Ok(()) => Verdict::ACCEPTED.on(StatusCode::OK.into_response()),
        Err(MailRefused::NotOurs) => {
            let verdict = Verdict { verified: true, refusal: Some(Refusal::UnknownAccount) };
            verdict.on(StatusCode::NOT_FOUND.into_response())
        }
        Err(MailRefused::RateLimited | MailRefused::NotDurable) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn arrived(headers: &HeaderMap, raw: &Bytes, ingress: &Ingress) -> Arrived {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let one = |name: &str| headers.get(name).map(text);
    let client_ip: Option<IpAddr> = one(CLIENT_IP).and_then(|ip| ip.parse().ok());
    let envelopes = headers.get_all(RECIPIENT).iter().map(|recipient| Envelope {
        recipient: text(recipient),
        sender: one(SENDER),
        client_ip,
        helo: one(CLIENT_NAME).filter(|name| !name.is_empty()),
        received_at: ingress.now(),
        provider_message_id: None,
    });
    Arrived { envelopes: envelopes.collect(), mail: email::parse(raw) }
}
