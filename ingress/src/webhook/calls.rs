//! `/webhooks/twilio/voice…`: the webhooks of calls, proven and read; and the proof of a ConversationRelay socket. Today
//! they serve recorded cases (`patchbay replay`); the server takes no calls yet.

use axum::Router;
use axum::extract::{Extension, OriginalUri, Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use patchbay_normalizer::twilio::CallStep;

use super::twilio::{Purpose, webhook};
use super::{Caller, Ingress, Verdict, refuse};
use crate::refusal::Refusal;
use crate::verify::only_header;
use crate::verify::twilio::{Covered, SIGNATURE_HEADER, verify};
use crate::verify::twilio_url::candidates;

/// The account of a socket: its upgrade names none.
#[derive(Clone, Debug)]
pub(crate) struct SocketAccount(pub(crate) String);

/// The webhooks of calls.
pub(crate) fn router(ingress: Ingress, account: SocketAccount) -> Router {
    Router::new()
        .route("/webhooks/twilio/voice", get(incoming).post(incoming))
        .route("/webhooks/twilio/voice/relay", get(relay))
        .route("/webhooks/twilio/voice/{step}", get(step).post(step))
        .layer(Extension(account))
        .with_state(ingress)
}

async fn incoming(State(ingress): State<Ingress>, OriginalUri(uri): OriginalUri, request: Request) -> Response {
    webhook(&ingress, &uri, request, Purpose::Call(None)).await
}

async fn step(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    Path(step): Path<String>,
    request: Request,
) -> Response {
    let step: Option<CallStep> = step.parse().ok();
    webhook(&ingress, &uri, request, Purpose::Call(step)).await
}

/// Checks an upgrade: Twilio signs the address with `wss`, without parameters.
async fn relay(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    Extension(SocketAccount(sid)): Extension<SocketAccount>,
    headers: HeaderMap,
) -> Response {
    let routes = ingress.inboxes.now();
    let urls: Vec<String> = candidates(&ingress.config, &uri, &headers)
        .into_iter()
        .map(|url| match url.split_once("://") {
            Some(("http", rest)) => format!("ws://{rest}"),
            Some((_, rest)) => format!("wss://{rest}"),
            None => url,
        })
        .collect();
    let proof = only_header(&headers, SIGNATURE_HEADER)
        .and_then(|_| routes.account(&sid).ok_or(Refusal::UnknownAccount))
        .and_then(|account| verify(&headers, &urls, Covered::Url, account));
    match proof {
        Err(refusal) => refuse(Caller::Twilio, refusal),
        Ok(_) => {
            let upgrade = [(header::UPGRADE, "websocket"), (header::CONNECTION, "Upgrade")];
            Verdict::ACCEPTED.on((StatusCode::SWITCHING_PROTOCOLS, upgrade).into_response())
        }
    }
}
