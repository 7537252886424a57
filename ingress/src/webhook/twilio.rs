//! `/webhooks/twilio/…`: inbound messages, status callbacks and event streams.

use axum::extract::{OriginalUri, Path, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use patchbay_core::channel::Channel;
use patchbay_core::ids::InboxId;
use patchbay_core::item::Item;
use patchbay_normalizer::Source;
use patchbay_normalizer::twilio::{
    self, CallContext, CallStep, Consent, Form, MessageContext, StatusContext, StreamEvent, consent, split_prefix,
};

use super::{Caller, Ingress, Verdict, calls, count_key, count_keys, hand_over, read_body, refuse, refuse_for};
use crate::config::BODY_BYTES;
use crate::delivery::{Delivery, Quarantine, QuarantineReason};
use crate::inboxes::{Routes, TwilioAccount, belongs_to_number};
use crate::refusal::Refusal;
use crate::verify::only_header;
use crate::verify::twilio::{Covered, Key, SIGNATURE_HEADER, verify};
use crate::verify::twilio_url::candidates;

/// Longest message id that a callback path may carry.
const LONGEST_CALLBACK_ID: usize = 128;

/// An inbound SMS, MMS or WhatsApp message. Answers with an empty TwiML response: replies go another way. Errors: 401
/// `WEBHOOK_SIGNATURE_INVALID`, 413 over 1 MB, 429 and 503 with Retry-After.
#[utoipa::path(
    post, path = "/webhooks/twilio/sms", tag = "webhooks", operation_id = "twilio_message",
    params(("X-Twilio-Signature" = String, Header, description = "HMAC over the URL and the parameters")),
    request_body(content = Vec<u8>, content_type = "application/x-www-form-urlencoded", description = "Twilio's parameters"),
    responses((status = 200, description = "kept; TwiML without verbs", content_type = "text/xml", body = String),
              (status = 401, description = "not proven to come from Twilio"), (status = 413, description = "over 1 MB"),
              (status = 429, description = "over the inbox's rate"), (status = 503, description = "could not be kept")),
)]
pub(super) async fn message(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Response {
    webhook(&ingress, &uri, request, Purpose::Message).await
}

/// The same by GET: the parameters are in the URL.
#[utoipa::path(
    get, path = "/webhooks/twilio/sms", tag = "webhooks", operation_id = "twilio_message_by_get",
    responses((status = 200, description = "kept", content_type = "text/xml", body = String),
              (status = 401, description = "not proven to come from Twilio")),
)]
pub(super) async fn message_by_get(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Response {
    webhook(&ingress, &uri, request, Purpose::Message).await
}

/// A status callback (form), or an event stream (JSON, with `?account=AC…` and `bodySHA256` in the URL).
#[utoipa::path(
    post, path = "/webhooks/twilio/status", tag = "webhooks", operation_id = "twilio_status",
    request_body(content = Vec<u8>, content_type = "application/x-www-form-urlencoded", description = "Twilio's parameters"),
    responses((status = 204, description = "kept"), (status = 401, description = "not proven to come from Twilio"),
              (status = 413, description = "over 1 MB"), (status = 429, description = "over the inbox's rate"),
              (status = 503, description = "could not be kept")),
)]
pub(super) async fn status(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Response {
    webhook(&ingress, &uri, request, Purpose::Status(None)).await
}

/// The same by GET.
#[utoipa::path(
    get, path = "/webhooks/twilio/status", tag = "webhooks", operation_id = "twilio_status_by_get",
    responses((status = 204, description = "kept"), (status = 401, description = "not proven to come from Twilio")),
)]
pub(super) async fn status_by_get(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Response {
    webhook(&ingress, &uri, request, Purpose::Status(None)).await
}

/// A status callback whose path carries our message id: it finds its message even before Twilio's id is known.
#[utoipa::path(
    post, path = "/webhooks/twilio/status/{message_id}", tag = "webhooks", operation_id = "twilio_status_of",
    params(("message_id" = String, Path, description = "our id of the message")),
    request_body(content = Vec<u8>, content_type = "application/x-www-form-urlencoded", description = "Twilio's parameters"),
    responses((status = 204, description = "kept"), (status = 401, description = "not proven to come from Twilio")),
)]
pub(super) async fn status_of(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    webhook(&ingress, &uri, request, Purpose::Status(Some(id))).await
}

/// The same by GET.
#[utoipa::path(
    get, path = "/webhooks/twilio/status/{message_id}", tag = "webhooks", operation_id = "twilio_status_of_by_get",
    params(("message_id" = String, Path, description = "our id of the message")),
    responses((status = 204, description = "kept"), (status = 401, description = "not proven to come from Twilio")),
)]
pub(super) async fn status_of_by_get(
    State(ingress): State<Ingress>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    webhook(&ingress, &uri, request, Purpose::Status(Some(id))).await
}

/// What a path is for.
pub(super) enum Purpose {
    Message,
    /// With our message id, when the path carries one.
    Status(Option<String>),
    /// With the step that the path names, if we know it; else the parameters tell.
    Call(Option<CallStep>),
}

impl Purpose {
    /// Which of our addresses a request is about, as Twilio writes it.
    fn our_address(&self, form: &Form) -> Option<String> {
        match self {
            Self::Message => form.word("To"),
            // In a callback, `From` is ours. It is missing while a messaging service has still to choose a number.
            Self::Status(_) => form.word("From").or_else(|| form.word("MessagingServiceSid")),
            Self::Call(_) => twilio::our_address(form),
        }
    }
}

/// The inbox that an unproven request says it is for.
fn claimed_inbox(routes: &Routes, sid: &str, arrived: &Arrived, purpose: &Purpose) -> Option<InboxId> {
    let address = purpose.our_address(arrived.parameters())?;
    let (channel, bare) = split_prefix(&address);
    routes.account(sid)?.inbox(channel, bare).map(|inbox| inbox.id)
}

/// The step of a call that the parameters tell of.
fn step_of(form: &Form) -> CallStep {
    let has = |name: &str| form.raw(name).is_some();
    if has("TranscriptionSid") {
        CallStep::Transcription
    } else if has("RecordingStatus") {
        CallStep::Recording
    } else if has("RecordingUrl") && !has("DialCallStatus") {
        CallStep::Voicemail
    } else if has("DialCallStatus") {
        CallStep::Dial
    } else if has("SpeechResult") || has("Digits") {
        CallStep::Gather
    } else if has("CallbackSource") || has("CallDuration") {
        CallStep::Status
    } else {
        CallStep::Incoming
    }
}

/// A request as it arrived, its parameters decoded.
struct Arrived {
    received_at: DateTime<Utc>,
    body: Bytes,
    query: Form,
    form: Form,
    shape: Shape,
}

/// How a request carries its parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Form,
    Url,
    Json,
}

impl Arrived {
    /// The parameters, wherever they are.
    fn parameters(&self) -> &Form {
        if self.shape == Shape::Form { &self.form } else { &self.query }
    }

    /// The account that the request claims; selects the keys, proves nothing.
    fn account_sid(&self) -> Option<String> {
        let claimed = match self.shape {
            Shape::Form => self.form.raw("AccountSid").or_else(|| self.query.raw("AccountSid")),
            Shape::Url => self.query.raw("AccountSid"),
            Shape::Json => None,
        };
        claimed.or_else(|| self.query.raw("account")).map(std::borrow::Cow::into_owned)
    }

    fn covered(&self) -> Covered<'_> {
        match self.shape {
            Shape::Form => Covered::Form(&self.form),
            Shape::Url => Covered::Url,
            Shape::Json => Covered::Hashed { body: &self.body, query: &self.query },
        }
    }
}

pub(super) async fn webhook(ingress: &Ingress, uri: &Uri, request: Request, purpose: Purpose) -> Response {
    let (arrived, headers) = match arrive(ingress, uri, request).await {
        Ok(arrived) => arrived,
        Err(refusal) => return refuse(Caller::Twilio, refusal),
    };
    let routes = ingress.inboxes.now();
    let sid = arrived.account_sid().unwrap_or_default();
    let proof = only_header(&headers, SIGNATURE_HEADER)
        .and_then(|_| routes.account(&sid).ok_or(Refusal::UnknownAccount))
        .and_then(|account| {
            let urls = candidates(&ingress.config, uri, &headers);
            verify(&headers, &urls, arrived.covered(), account).map(|key| (account, key))
        });
    let (account, key) = match proof {
        Ok(proof) => proof,
        Err(refusal) => {
            let inbox = claimed_inbox(&routes, &sid, &arrived, &purpose);
            return refuse_for(ingress, Caller::Twilio, refusal, inbox).await;
        }
    };
    let signer = Signer { account, key: &key };
    let deliveries = if arrived.shape == Shape::Json {
        stream(&signer, &sid, &arrived)
    } else {
        single(ingress, &signer, &arrived, &purpose).await.map(|delivery| vec![delivery])
    };
    let answer = match purpose {
        // We never answer customers here; replies are queued, tracked and audited like all others.
        Purpose::Message => ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], "<Response/>").into_response(),
        Purpose::Status(_) => StatusCode::NO_CONTENT.into_response(),
        Purpose::Call(step) => {
            let form = arrived.parameters();
            calls::answer(ingress, step.unwrap_or_else(|| step_of(form)), form)
        }
    };
    match deliveries {
        Ok(deliveries) => {
            match key.id {
                Some(_) => count_key(Caller::Twilio, "shared"),
                None => count_keys(Caller::Twilio, &routes, &deliveries, &key.secret),
            }
            let malformed = deliveries
                .iter()
                .filter_map(|delivery| delivery.quarantine.as_ref())
                .any(|quarantine| quarantine.reason == QuarantineReason::MalformedPayload);
            let verdict = Verdict { verified: true, refusal: malformed.then_some(Refusal::MalformedPayload) };
            hand_over(ingress, Caller::Twilio, deliveries, verdict, answer).await
        }
        Err(refusal) => refuse(Caller::Twilio, refusal),
    }
}

async fn arrive(ingress: &Ingress, uri: &Uri, request: Request) -> Result<(Arrived, HeaderMap), Refusal> {
    let received_at = ingress.clock.now();
    let shape = shape_of(request.method(), request.headers());
    let headers = request.headers().clone();
    let body = read_body(&ingress.config, request, BODY_BYTES).await?;
    let query = Form::parse(uri.query().unwrap_or_default().as_bytes());
    let form = if shape == Shape::Form { Form::parse(&body) } else { Form::default() };
    Ok((Arrived { received_at, body, query, form, shape }, headers))
}

/// Only a body that is declared a form is signed as one; any other has to be vouched for by its hash.
fn shape_of(method: &Method, headers: &HeaderMap) -> Shape {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    if method == Method::GET || method == Method::HEAD {
        Shape::Url
    } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Shape::Form
    } else {
        Shape::Json
    }
}

/// Who proved the request: an account and the key that signed.
struct Signer<'a> {
    account: &'a TwilioAccount,
    key: &'a Key,
}

impl Signer<'_> {
    /// The inbox of one of our addresses, as Twilio writes it. `Err` when the key is not one of that inbox's own.
    fn inbox(&self, address: &str) -> Result<Option<InboxId>, Refusal> {
        let (channel, bare) = split_prefix(address);
        match self.account.inbox(channel, bare) {
            Some(inbox) if belongs_to_number(inbox, self.key) => Ok(Some(inbox.id)),
            Some(_) => Err(Refusal::SignatureMismatch),
            None => Ok(None),
        }
    }

    /// The one inbox on a channel that the key may speak for. `None`: there are several, or there is none.
    fn only(&self, channel: Channel) -> Option<InboxId> {
        let mut own = self.account.inboxes().filter(|inbox| inbox.channel == channel);
        match (own.next(), own.next()) {
            (Some(inbox), None) => Some(inbox.id).filter(|id| self.speaks_for(*id)),
            _ => None,
        }
    }

    /// Whether an inbox is of the account, and the key one of its own.
    fn speaks_for(&self, id: InboxId) -> bool {
        self.account.inboxes().any(|inbox| inbox.id == id && belongs_to_number(inbox, self.key))
    }
}

/// The inbox of a status: of our number; else of the service that sends for it; else of the message whose id we put
/// into the path; else, when no number is named, the one inbox of the account.
async fn inbox_of_status(
    ingress: &Ingress,
    signer: &Signer<'_>,
    form: &Form,
    callback_data: Option<&str>,
) -> Result<Option<InboxId>, Refusal> {
    let from = form.word("From");
    for address in from.iter().chain(&form.word("MessagingServiceSid")) {
        if let Some(inbox) = signer.inbox(address)? {
            return Ok(Some(inbox));
        }
    }
    if let Some(id) = callback_data.and_then(|id| id.parse().ok())
        && let Some(inbox) = ingress.sink.inbox_of(id).await.filter(|inbox| signer.speaks_for(*inbox))
    {
        return Ok(Some(inbox));
    }
    let channel = form.word("To").map_or(Channel::Sms, |to| split_prefix(&to).0);
    Ok(if from.is_none() { signer.only(channel) } else { None })
}

/// A message or a status: one request, one delivery.
async fn single(
    ingress: &Ingress,
    signer: &Signer<'_>,
    arrived: &Arrived,
    purpose: &Purpose,
) -> Result<Delivery, Refusal> {
    let form = arrived.parameters();
    let ours = purpose.our_address(form);
    let callback_data = match purpose {
        Purpose::Status(id) => id.as_deref().filter(|id| !id.is_empty() && id.len() <= LONGEST_CALLBACK_ID),
        Purpose::Message | Purpose::Call(_) => None,
    };
    let inbox = match purpose {
        Purpose::Status(_) => inbox_of_status(ingress, signer, form, callback_data).await?,
        Purpose::Message | Purpose::Call(_) => ours.as_deref().map_or(Ok(None), |address| signer.inbox(address))?,
    };
    let items = match purpose {
        Purpose::Message => {
            let consent = consent_of_sender(ingress, inbox, form).await;
            twilio::message(form, &MessageContext { received_at: arrived.received_at, consent })
        }
        Purpose::Status(_) => twilio::status(form, &StatusContext { received_at: arrived.received_at, callback_data }),
        Purpose::Call(step) => {
            let turn = arrived.query.word("turn");
            let ctx = CallContext { received_at: arrived.received_at, turn: turn.as_deref() };
            twilio::call(form, step.unwrap_or_else(|| step_of(form)), &ctx)
        }
    };
    let ours = match purpose {
        // It is read well enough; whose it is, is what nobody knows.
        Purpose::Status(_) => ours.or_else(|| arrived.account_sid().filter(|_| is_understood(&items))),
        Purpose::Message | Purpose::Call(_) => ours,
    };
    let account = ours.map(|address| split_prefix(&address).1.to_owned());
    if let (Purpose::Call(_), None) = (purpose, &account) {
        // Recordings tell their call, not the numbers: nothing is wrong with them.
        let received_at = arrived.received_at;
        return Ok(Delivery { source: Source::Twilio, inbox, account, received_at, items, quarantine: None });
    }
    Ok(delivery(arrived, inbox, account, items))
}

fn is_understood(items: &[Item]) -> bool {
    items.iter().any(|item| matches!(item, Item::Status(_)))
}

/// Asks for the sender's consent, only when the meaning of the message depends on it.
async fn consent_of_sender(ingress: &Ingress, inbox: Option<InboxId>, form: &Form) -> Consent {
    match form.word("From") {
        Some(from) if consent::depends_on_history(form) => {
            let (channel, address) = split_prefix(&from);
            ingress.sink.consent(inbox, channel, address).await
        }
        _ => Consent::Given,
    }
}

fn delivery(arrived: &Arrived, inbox: Option<InboxId>, account: Option<String>, items: Vec<Item>) -> Delivery {
    let quarantine = inbox.is_none().then(|| {
        let reason =
            if account.is_some() { QuarantineReason::UnknownAccount } else { QuarantineReason::MalformedPayload };
        let raw = if arrived.shape == Shape::Url {
            Bytes::from(
                arrived
                    .query
                    .pairs()
                    .flat_map(|(name, value)| [name, b"=", value, b"\n"].concat())
                    .collect::<Vec<u8>>(),
            )
        } else {
            arrived.body.clone()
        };
        Quarantine { reason, raw }
    });
    Delivery { source: Source::Twilio, inbox, account, received_at: arrived.received_at, items, quarantine }
}

/// An event stream: each event on its own, neighbors of the same address together.
fn stream(signer: &Signer<'_>, sid: &str, arrived: &Arrived) -> Result<Vec<Delivery>, Refusal> {
    let Ok(events) = twilio::event_stream(&arrived.body, sid, arrived.received_at) else {
        return Ok(vec![delivery(arrived, None, None, Vec::new())]);
    };
    let mut deliveries: Vec<Delivery> = Vec::new();
    let mut refused = false;
    for StreamEvent { from, items } in events {
        let Ok(inbox) = from.as_deref().map_or(Ok(None), |address| signer.inbox(address)) else {
            refused = true;
            continue;
        };
        let account = from.map(|address| split_prefix(&address).1.to_owned());
        match deliveries.last_mut() {
            Some(last) if last.inbox == inbox && last.account == account => last.items.extend(items),
            _ => deliveries.push(delivery(arrived, inbox, account, items)),
        }
    }
    if refused && deliveries.is_empty() { Err(Refusal::SignatureMismatch) } else { Ok(deliveries) }
}
