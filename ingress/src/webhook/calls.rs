//! `/webhooks/twilio/voice…`: the webhooks of calls, proven, read and answered in TwiML. Whoever calls is asked to leave a
//! message. The proof of a ConversationRelay socket serves recorded cases (`patchbay replay`) alone: the server opens no
//! such sockets yet.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::{Extension, OriginalUri, Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use patchbay_normalizer::twilio::{CallStep, Form};

use super::twilio::{Purpose, webhook};
use super::{Caller, Ingress, Verdict, refuse};
use crate::refusal::Refusal;
use crate::verify::only_header;
use crate::verify::twilio::{Covered, SIGNATURE_HEADER, verify};
use crate::verify::twilio_url::candidates;

/// Longest message that a caller can leave, in seconds.
const LONGEST_MESSAGE_SECONDS: u32 = 180;

/// The account of a socket: its upgrade names none.
#[derive(Clone, Debug)]
pub(crate) struct SocketAccount(pub(crate) String);

/// The proof of sockets.
pub(crate) fn router(ingress: Ingress, account: SocketAccount) -> Router {
    Router::new().route("/webhooks/twilio/voice/relay", get(relay)).layer(Extension(account)).with_state(ingress)
}

/// A call begins. Answers with TwiML that asks for a message. Errors: 401 `WEBHOOK_SIGNATURE_INVALID`, 413 over 1 MB, 429
/// and 503 with Retry-After.
#[utoipa::path(
    post, path = "/webhooks/twilio/voice", tag = "webhooks", operation_id = "twilio_call",
    params(("X-Twilio-Signature" = String, Header, description = "HMAC over the URL and the parameters")),
    request_body(content = Vec<u8>, content_type = "application/x-www-form-urlencoded", description = "Twilio's parameters"),
    responses((status = 200, description = "kept; TwiML", content_type = "text/xml", body = String),
              (status = 401, description = "not proven to come from Twilio"), (status = 413, description = "over 1 MB"),
              (status = 429, description = "over the inbox's rate"), (status = 503, description = "could not be kept")),
)]
pub(super) async fn incoming(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Response {
    webhook(&ingress, &uri, request, Purpose::Call(None)).await
}

/// The same by GET.
#[utoipa::path(
    get, path = "/webhooks/twilio/voice", tag = "webhooks", operation_id = "twilio_call_by_get",
    responses((status = 200, description = "kept; TwiML", content_type = "text/xml", body = String),
              (status = 401, description = "not proven to come from Twilio")),
)]
pub(super) async fn incoming_by_get(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Response {
    webhook(&ingress, &uri, request, Purpose::Call(None)).await
}

/// What happens in a call: `gather`, `voicemail` and `dial` are answered in TwiML, `recording`, `transcription` and
/// `status` with 204. A path that is none of them is read by its parameters. Errors as above.
#[utoipa::path(
    post, path = "/webhooks/twilio/voice/{step}", tag = "webhooks", operation_id = "twilio_call_step",
    params(("step" = String, Path, description = "gather, voicemail, dial, recording, transcription or status"),
           ("turn" = Option<String>, Query, description = "our count of the caller's turns")),
    request_body(content = Vec<u8>, content_type = "application/x-www-form-urlencoded", description = "Twilio's parameters"),
    responses((status = 200, description = "kept; TwiML", content_type = "text/xml", body = String),
              (status = 204, description = "kept"), (status = 401, description = "not proven to come from Twilio"),
              (status = 413, description = "over 1 MB"), (status = 429, description = "over the inbox's rate"),
              (status = 503, description = "could not be kept")),
)]
pub(super) async fn step(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    Path(step): Path<String>,
    request: Request,
) -> Response {
    let step: Option<CallStep> = step.parse().ok();
    webhook(&ingress, &uri, request, Purpose::Call(step)).await
}

/// The same by GET.
#[utoipa::path(
    get, path = "/webhooks/twilio/voice/{step}", tag = "webhooks", operation_id = "twilio_call_step_by_get",
    params(("step" = String, Path, description = "gather, voicemail, dial, recording, transcription or status")),
    responses((status = 200, description = "kept; TwiML", content_type = "text/xml", body = String),
              (status = 204, description = "kept"), (status = 401, description = "not proven to come from Twilio")),
)]
pub(super) async fn step_by_get(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    Path(step): Path<String>,
    request: Request,
) -> Response {
    let step: Option<CallStep> = step.parse().ok();
    webhook(&ingress, &uri, request, Purpose::Call(step)).await
}

/// What Twilio does next with a call. Nothing that a human said stands in it.
pub(super) fn answer(ingress: &Ingress, step: CallStep, form: &Form) -> Response {
    let is_inbound = form.word("Direction").is_none_or(|direction| direction == "inbound");
    let mut verbs = String::new();
    match step {
        CallStep::Incoming if is_inbound => {
            let base = ingress.config().public_url.as_deref().unwrap_or_default().trim_end_matches('/');
            let base = base.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
            let _ = write!(
                verbs,
                "<Say>Thank you for calling. Please leave a message after the tone, and we will get back to you.</Say>\
                 <Record action=\"{base}/webhooks/twilio/voice/voicemail\" method=\"POST\" \
                 maxLength=\"{LONGEST_MESSAGE_SECONDS}\" playBeep=\"true\" timeout=\"10\"/>\
                 <Say>Goodbye.</Say>"
            );
        }
        CallStep::Voicemail => verbs.push_str("<Say>Thank you. Goodbye.</Say><Hangup/>"),
        CallStep::Incoming | CallStep::Gather | CallStep::Dial => {}
        CallStep::Recording | CallStep::Transcription | CallStep::Status => {
            return StatusCode::NO_CONTENT.into_response();
        }
    }
    let document = if verbs.is_empty() { "<Response/>".to_owned() } else { format!("<Response>{verbs}</Response>") };
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], document).into_response()
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
    if let Err(refusal) = proof {
        refuse(Caller::Twilio, refusal)
    } else {
        let upgrade = [(header::UPGRADE, "websocket"), (header::CONNECTION, "Upgrade")];
        Verdict::ACCEPTED.on((StatusCode::SWITCHING_PROTOCOLS, upgrade).into_response())
    }
}
