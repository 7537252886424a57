//! The router of the webhooks, and what all of them share: the body, the verdict, the answer.

mod calls;
mod email;
mod twilio;
mod whatsapp;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header;
use http_body_util::LengthLimitError;
use metrics::counter;
use patchbay_core::Code;
use patchbay_core::clock::Clock;
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::InboundMail;
use patchbay_core::secret::Secret;
use patchbay_http::{ApiError, OpenApiRouter, routes};
use patchbay_hub::chat::{Desk, SessionKeys};
use patchbay_normalizer::email::Arrived;
use utoipa::OpenApi;

use crate::chat::ChatParts;
use crate::config::Config;
use crate::delivery::{Delivery, NotDurable, Sink};
use crate::forgeries::Forgeries;
use crate::inboxes::{Inboxes, Routes, place_among_own};
use crate::journal;
use crate::mail_auth::MailAuth;
use crate::mail_intake::{MailDelivery, deliveries};
use crate::rate::{Rates, TooMany};
use crate::refusal::Refusal;

/// The ingress: settings, inboxes, time and where verified events go. Cheap to clone.
#[derive(Clone)]
pub struct Ingress {
    config: Arc<Config>,
    inboxes: Inboxes,
    clock: Clock,
    sink: Arc<dyn Sink>,
    rates: Arc<Rates>,
    mail_auth: MailAuth,
    chat: Arc<ChatParts>,
    forgeries: Arc<Forgeries>,
}

impl std::fmt::Debug for Ingress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingress").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Ingress {
    /// An ingress that hands over to `sink`.
    pub fn new(config: Config, inboxes: Inboxes, clock: Clock, sink: Arc<dyn Sink>) -> Self {
        Self::with_mail_auth(config, inboxes, clock, sink, MailAuth::of_system())
    }

    /// An ingress that finds out about the senders of mail through `mail_auth`.
    pub fn with_mail_auth(
        config: Config,
        inboxes: Inboxes,
        clock: Clock,
        sink: Arc<dyn Sink>,
        mail_auth: MailAuth,
    ) -> Self {
        let rates = Arc::new(Rates::new(config.webhooks_per_second));
        Self {
            config: Arc::new(config),
            inboxes,
            clock,
            sink,
            rates,
            mail_auth,
            chat: Arc::default(),
            forgeries: Arc::default(),
        }
    }

    /// The same, serving visitors of chats at `desk` beyond taking their messages.
    #[must_use]
    pub fn with_desk(mut self, desk: Desk) -> Self {
        let chat = Arc::make_mut(&mut self.chat);
        chat.keys = Some(desk.keys().clone());
        chat.desk = Some(desk);
        self
    }

    /// The same, reading the sessions that messages carry.
    #[must_use]
    pub fn with_session_keys(mut self, keys: SessionKeys) -> Self {
        Arc::make_mut(&mut self.chat).keys = Some(keys);
        self
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn inboxes(&self) -> &Inboxes {
        &self.inboxes
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn sink(&self) -> &dyn Sink {
        &*self.sink
    }

    pub(crate) fn chat(&self) -> &ChatParts {
        &self.chat
    }

    /// Counts a request for an inbox.
    pub(crate) fn take_rate(&self, inbox: InboxId) -> Result<(), TooMany> {
        self.rates.take(std::iter::once(Some(inbox)), self.clock.now())
    }
}

/// Why a mail was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailRefused {
    /// The mailbox gets too much at once.
    RateLimited,
    /// Nothing was kept.
    NotDurable,
    /// It is for nobody here any longer.
    NotOurs,
}

/// Mail that does not come as a request.
impl Ingress {
    /// The time.
    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now()
    }

    /// Whether the receiver takes mail for an address.
    pub(crate) fn takes_mail(&self, address: &str) -> bool {
        self.inboxes.now().mailbox_of(InboundMail::Smtp, address).is_some()
    }

    /// Takes a mail. `Ok` only when it is durable.
    pub(crate) async fn take_mail(&self, by: InboundMail, arrived: &Arrived, raw: Bytes) -> Result<(), MailRefused> {
        let routes = self.inboxes.now();
        let noted = if self.config.journal { journal::as_request(arrived, &raw) } else { None };
        let delivery = MailDelivery { routes: &routes, by, key: None, received_at: self.clock.now(), raw };
        let made = deliveries(&*self.sink, &self.mail_auth, arrived, delivery).await;
        let (deliveries, files) = made.map_err(|_| MailRefused::NotOurs)?;
        self.rates
            .take(deliveries.iter().map(|delivery| delivery.inbox), self.clock.now())
            .map_err(|_| MailRefused::RateLimited)?;
        self.sink.keep(files).await.map_err(|_| MailRefused::NotDurable)?;
        let accepting = async { self.sink.accept(deliveries).await };
        let accepted = match noted {
            Some(request) => journal::noting(request, accepting).await,
            None => accepting.await,
        };
        accepted.map(drop).map_err(|_| MailRefused::NotDurable)
    }
}

/// The OpenAPI part of the webhooks.
#[derive(Debug, OpenApi)]
#[openapi(tags((name = "webhooks", description = "What providers call. Verified by signature, not by token.")))]
struct ApiDoc;

/// The webhooks: `GET/POST /webhooks/whatsapp`, `/webhooks/twilio/sms`, `/webhooks/twilio/status` and
/// `/webhooks/twilio/status/{message_id}`, those of calls under `/webhooks/twilio/voice`, and those of mail under
/// `/webhooks/email`. Merge it at the root, outside of layers that read or change bodies.
pub fn router(ingress: Ingress) -> OpenApiRouter {
    let routes = if ingress.config.journal {
        routes().layer(axum::middleware::from_fn(crate::journal::record))
    } else {
        routes()
    };
    routes.merge(crate::chat::visitor_routes()).with_state(ingress)
}

/// The OpenAPI part of the webhooks.
#[cfg(debug_assertions)]
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().merge(crate::chat::visitor_routes()).into_openapi()
}

fn routes() -> OpenApiRouter<Ingress> {
    OpenApiRouter::with_openapi(ApiDoc::openapi)
        .merge(crate::chat::routes())
        .routes(routes!(whatsapp::handshake, whatsapp::notification))
        .routes(routes!(twilio::message_by_get, twilio::message))
        .routes(routes!(twilio::status_by_get, twilio::status))
        .routes(routes!(twilio::status_of_by_get, twilio::status_of))
        .routes(routes!(calls::incoming_by_get, calls::incoming))
        .routes(routes!(calls::step_by_get, calls::step))
        .routes(routes!(email::mailgun))
        .routes(routes!(email::mailgun_mime))
        .routes(routes!(email::sendgrid))
        .routes(routes!(email::postmark))
}

pub(crate) use calls::{SocketAccount, router as calls_router};

/// What was decided about a request; in the extensions of every answer, for `patchbay replay` and tests. Never leaves
/// the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The request was proven to come from its provider.
    pub verified: bool,
    /// Why it was refused, or what was wrong with it.
    pub refusal: Option<Refusal>,
}

impl Verdict {
    pub(crate) const ACCEPTED: Self = Self { verified: true, refusal: None };

    pub(crate) fn on(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}

/// Who calls, in metrics and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Meta,
    Twilio,
    Mailgun,
    Sendgrid,
    Postmark,
    Chat,
}

impl Caller {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Meta => "whatsapp",
            Self::Twilio => "twilio",
            Self::Mailgun => "mailgun",
            Self::Sendgrid => "sendgrid",
            Self::Postmark => "postmark",
            Self::Chat => "chat",
        }
    }
}

/// A refused request: a counter and an answer, nothing stored.
fn refuse(caller: Caller, refusal: Refusal) -> Response {
    count(caller, refusal.as_str());
    Verdict { verified: false, refusal: Some(refusal) }.on(refusal.into_response())
}

/// The same for a request that says it is for `inbox`: that somebody uses a wrong key is noted there.
async fn refuse_for(ingress: &Ingress, caller: Caller, refusal: Refusal, inbox: Option<InboxId>) -> Response {
    if let Some(inbox) = inbox.filter(|_| refusal.is_forgery())
        && ingress.forgeries.count(inbox, ingress.clock.now())
    {
        ingress.sink.note_forged(inbox).await;
    }
    refuse(caller, refusal)
}

pub(crate) fn count(caller: Caller, outcome: &'static str) {
    counter!("ingress_requests_total", "provider" => caller.as_str(), "outcome" => outcome).increment(1);
}

/// Which of its keys proved what came for each inbox of a request: an operator who rotates keys sees when the old one
/// is unused. The place counts among the inbox's own keys; those of other inboxes say nothing about its rotation.
fn count_keys(caller: Caller, routes: &Routes, deliveries: &[Delivery], key: &Secret) {
    let inboxes: BTreeSet<InboxId> = deliveries.iter().filter_map(|delivery| delivery.inbox).collect();
    for inbox in inboxes.into_iter().filter_map(|id| routes.inbox(id)) {
        let Some(place) = place_among_own(inbox, key) else { continue };
        count_key(caller, word_of_place(place));
        tracing::debug!(inbox.id = %inbox.id, key.place = place, "a webhook was proven by key {place} of its inbox");
    }
}

/// `first` is the newest key.
pub(crate) const fn word_of_place(place: usize) -> &'static str {
    if place == 0 { "first" } else { "further" }
}

pub(crate) fn count_key(caller: Caller, place: &'static str) {
    counter!("ingress_signatures_total", "provider" => caller.as_str(), "key" => place).increment(1);
}

/// Hands the deliveries of a verified request over and answers when they are durable.
async fn hand_over(
    ingress: &Ingress,
    caller: Caller,
    deliveries: Vec<Delivery>,
    verdict: Verdict,
    answer: Response,
) -> Response {
    if deliveries.is_empty() {
        count(caller, "empty");
        return verdict.on(answer);
    }
    if ingress.rates.take(deliveries.iter().map(|delivery| delivery.inbox), ingress.clock.now()).is_err() {
        count(caller, "rate_limited");
        let error = ApiError::new(Code::RateLimited, "this inbox takes no more for a moment").retry_after(1);
        return verdict.on(error.into_response());
    }
    for quarantine in deliveries.iter().filter_map(|delivery| delivery.quarantine.as_ref()) {
        tracing::warn!(
            provider = caller.as_str(),
            reason = quarantine.reason.as_str(),
            body_bytes = quarantine.raw.len(),
            "a verified webhook was set aside"
        );
    }
    match ingress.sink.accept(deliveries).await {
        Ok(accepted) => {
            count(caller, verdict.refusal.map_or("accepted", Refusal::as_str));
            let items = |kind: &'static str, number: usize| {
                let counter = counter!("ingress_items_total", "provider" => caller.as_str(), "kind" => kind);
                counter.increment(u64::try_from(number).unwrap_or(u64::MAX));
            };
            items("fresh", accepted.fresh);
            items("duplicate", accepted.duplicates);
            verdict.on(answer)
        }
        Err(not_durable) => not_kept(caller, verdict, not_durable),
    }
}

/// Nothing was kept: the provider must send it again.
fn not_kept(caller: Caller, verdict: Verdict, not_durable: NotDurable) -> Response {
    count(caller, "not_durable");
    let error = ApiError::new(Code::NotReady, "the event could not be kept; send it again")
        .retry_after(not_durable.retry_after_seconds);
    verdict.on(error.into_response())
}

/// Reads the whole body once, up to `limit` bytes.
pub(crate) async fn read_body(config: &Config, request: Request, limit: usize) -> Result<Bytes, Refusal> {
    let declared =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(Refusal::PayloadTooLarge);
    }
    let body: Body = request.into_body();
    match tokio::time::timeout(config.body_deadline(), axum::body::to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(if error.into_inner().is::<LengthLimitError>() {
            Refusal::PayloadTooLarge
        } else {
            Refusal::MalformedPayload
        }),
        Err(_) => Err(Refusal::MalformedPayload),
    }
}

#[cfg(test)]
mod tests;
