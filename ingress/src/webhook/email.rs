//! `/webhooks/email/…`: mail that providers hand over, and what became of mail that we sent.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, StatusCode, header};
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{InboundMail, Inbox};
use patchbay_core::item::Item;
use patchbay_core::secret::Secret;
use patchbay_normalizer::Source;
use patchbay_normalizer::email::mailgun::Proof;
use patchbay_normalizer::email::postmark::Posted;
use patchbay_normalizer::email::{self, Arrived, MailForm};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Caller, Ingress, Verdict, count_keys, hand_over, read_body, refuse, refuse_for};
use crate::config::MAIL_BODY_BYTES;
use crate::delivery::{Delivery, Quarantine, QuarantineReason, Token, TokenUse};
use crate::inboxes::{Routes, belongs_to_mailbox, mailbox};
use crate::mail_intake::{MailDelivery, deliveries};
use crate::refusal::Refusal;
use crate::verify::mail as proof;

/// Bodies beyond this are read on a thread that may take its time.
const LARGE_BYTES: usize = 128 << 10;

/// Mail that a Mailgun route forwards taken apart, and Mailgun's delivery events (JSON). A token that was used with another
/// body is answered 200 and nothing is kept. Errors: 401
/// `WEBHOOK_SIGNATURE_INVALID` (wrong signature, old timestamp), 413 over 35 MB, 429 and
/// 503 with Retry-After.
#[utoipa::path(
    post, path = "/webhooks/email/mailgun", tag = "webhooks", operation_id = "mailgun_mail",
    request_body(content = Vec<u8>, content_type = "multipart/form-data",
                 description = "Mailgun's fields with `timestamp`, `token` and `signature`; or a JSON event"),
    responses((status = 200, description = "kept"), (status = 401, description = "not proven to come from Mailgun"),
              (status = 413, description = "over 35 MB"), (status = 429, description = "over the inbox's rate"),
              (status = 503, description = "could not be kept")),
)]
pub(super) async fn mailgun(State(ingress): State<Ingress>, headers: HeaderMap, request: Request) -> Response {
    from_mailgun(&ingress, &headers, request).await
}

/// The same for routes that forward the raw message (`body-mime`).
#[utoipa::path(
    post, path = "/webhooks/email/mailgun/mime", tag = "webhooks", operation_id = "mailgun_raw_mail",
    request_body(content = Vec<u8>, content_type = "multipart/form-data",
                 description = "Mailgun's fields with `body-mime`, `timestamp`, `token` and `signature`"),
    responses((status = 200, description = "kept"), (status = 401, description = "not proven to come from Mailgun"),
              (status = 413, description = "over 35 MB"), (status = 429, description = "over the inbox's rate"),
              (status = 503, description = "could not be kept")),
)]
pub(super) async fn mailgun_mime(State(ingress): State<Ingress>, headers: HeaderMap, request: Request) -> Response {
    from_mailgun(&ingress, &headers, request).await
}

/// Mail of SendGrid's Inbound Parse, raw or taken apart, and its event webhook (JSON). Errors as for Mailgun.
#[utoipa::path(
    post, path = "/webhooks/email/sendgrid", tag = "webhooks", operation_id = "sendgrid_mail",
    params(("X-Twilio-Email-Event-Webhook-Signature" = String, Header, description = "base64 of an ECDSA signature over timestamp and body"),
           ("X-Twilio-Email-Event-Webhook-Timestamp" = String, Header, description = "Unix seconds")),
    request_body(content = Vec<u8>, content_type = "multipart/form-data", description = "Inbound Parse, or a JSON list of events"),
    responses((status = 200, description = "kept"), (status = 401, description = "not proven to come from SendGrid"),
              (status = 413, description = "over 35 MB"), (status = 429, description = "over the inbox's rate"),
              (status = 503, description = "could not be kept")),
)]
pub(super) async fn sendgrid(State(ingress): State<Ingress>, headers: HeaderMap, request: Request) -> Response {
    let received_at = ingress.clock.now();
    let body = match read_body(&ingress.config, request, MAIL_BODY_BYTES).await {
        Ok(body) => body,
        Err(refusal) => return refuse(Caller::Sendgrid, refusal),
    };
    let routes = ingress.inboxes.now();
    let keys = routes.mail_keys(InboundMail::Sendgrid);
    let proven = proof::sendgrid(&headers, &body, &keys).and_then(|(place, timestamp)| {
        let key = keys.get(place).ok_or(Refusal::UnknownKey)?;
        let age = max_age(&routes, InboundMail::Sendgrid, key);
        proof::fresh(timestamp, received_at, age).map(|signed_at| (key, signed_at))
    });
    let (key, signed_at) = match proven {
        Ok(proven) => proven,
        Err(refusal) => {
            return refuse_for(&ingress, Caller::Sendgrid, refusal, only_mailbox(&routes, InboundMail::Sendgrid)).await;
        }
    };
    let handler = Handler { ingress: &ingress, caller: Caller::Sendgrid, by: InboundMail::Sendgrid, key, received_at };
    let content_type = content_type(&headers);
    if is_json(content_type, &body) {
        return match email::sendgrid::events(&body, received_at) {
            Ok(items) => handler.events(&routes, items).await,
            Err(_) => handler.malformed(&routes, body).await,
        };
    }
    let arrived = read(body.clone(), {
        let content_type = content_type.to_owned();
        move |body| email::sendgrid::mail(&MailForm::parse(&content_type, &body).ok()?, signed_at)
    });
    match arrived.await {
        Some(arrived) => handler.mail(&routes, &arrived, body).await,
        None => handler.malformed(&routes, body).await,
    }
}

/// Mail and events of Postmark. Errors as for Mailgun.
#[utoipa::path(
    post, path = "/webhooks/email/postmark", tag = "webhooks", operation_id = "postmark_mail",
    params(("Authorization" = String, Header, description = "Basic, with the user and password of the inbox")),
    request_body(content = Vec<u8>, content_type = "application/json", description = "an inbound mail or an event"),
    responses((status = 200, description = "kept"), (status = 401, description = "wrong user or password"),
              (status = 413, description = "over 35 MB"), (status = 429, description = "over the inbox's rate"),
              (status = 503, description = "could not be kept")),
)]
pub(super) async fn postmark(State(ingress): State<Ingress>, headers: HeaderMap, request: Request) -> Response {
    let received_at = ingress.clock.now();
    let body = match read_body(&ingress.config, request, MAIL_BODY_BYTES).await {
        Ok(body) => body,
        Err(refusal) => return refuse(Caller::Postmark, refusal),
    };
    let routes = ingress.inboxes.now();
    let keys = routes.mail_keys(InboundMail::Postmark);
    let place = match proof::postmark(&headers, &keys) {
        Ok(place) => place,
        Err(refusal) => {
            return refuse_for(&ingress, Caller::Postmark, refusal, only_mailbox(&routes, InboundMail::Postmark)).await;
        }
    };
    let Some(key) = keys.get(place) else { return refuse(Caller::Postmark, Refusal::UnknownKey) };
    let handler = Handler { ingress: &ingress, caller: Caller::Postmark, by: InboundMail::Postmark, key, received_at };
    match read(body.clone(), move |body| email::postmark::posted(&body, received_at).ok()).await {
        Some(Posted::Mail(arrived)) => handler.mail(&routes, &arrived, body).await,
        Some(Posted::Event(item)) => handler.events(&routes, vec![*item]).await,
        None => handler.malformed(&routes, body).await,
    }
}

async fn from_mailgun(ingress: &Ingress, headers: &HeaderMap, request: Request) -> Response {
    let received_at = ingress.clock.now();
    let body = match read_body(&ingress.config, request, MAIL_BODY_BYTES).await {
        Ok(body) => body,
        Err(refusal) => return refuse(Caller::Mailgun, refusal),
    };
    let content_type = content_type(headers).to_owned();
    let read = read(body.clone(), move |body| Some(MailgunBody::read(&content_type, &body)));
    let posted = match read.await.unwrap_or(Err(Refusal::MalformedPayload)) {
        Ok(posted) => posted,
        Err(refusal) => return refuse(Caller::Mailgun, refusal),
    };
    let routes = ingress.inboxes.now();
    let keys = routes.mail_keys(InboundMail::Mailgun);
    let proven = posted.proofs().into_iter().map(|given| proof::mailgun(&given, &keys).map(|place| (given, place)));
    let proven = proven.reduce(Result::or).unwrap_or(Err(Refusal::MissingSignature)).and_then(|(given, place)| {
        let key = keys.get(place).ok_or(Refusal::UnknownKey)?;
        let age = max_age(&routes, InboundMail::Mailgun, key);
        proof::fresh(&given.timestamp, received_at, age).map(|_| (given, key, age))
    });
    let (given, key, age) = match proven {
        Ok(proven) => proven,
        Err(refusal) => {
            let inbox = posted
                .recipient()
                .and_then(|recipient| routes.mailbox_of(InboundMail::Mailgun, &recipient).map(|inbox| inbox.id));
            let inbox = inbox.or_else(|| only_mailbox(&routes, InboundMail::Mailgun));
            return refuse_for(ingress, Caller::Mailgun, refusal, inbox).await;
        }
    };
    // Time and token say nothing about the body: each token counts for one.
    let memory = TimeDelta::try_seconds(i64::try_from(age.saturating_mul(2)).unwrap_or(i64::MAX));
    let token = Token {
        text: format!("mailgun:{}", given.token),
        digest: hex::encode(posted.digest(&body)),
        forget_at: memory.and_then(|memory| received_at.checked_add_signed(memory)).unwrap_or(received_at),
    };
    if ingress.sink.use_token(&token).await == TokenUse::Replayed {
        // Refused and acknowledged: whoever plays a recording must not make Mailgun repeat anything.
        super::count(Caller::Mailgun, Refusal::ReplayedToken.as_str());
        tracing::warn!("a token of Mailgun was used again with another body");
        let verdict = Verdict { verified: false, refusal: Some(Refusal::ReplayedToken) };
        return verdict.on(StatusCode::OK.into_response());
    }
    let handler = Handler { ingress, caller: Caller::Mailgun, by: InboundMail::Mailgun, key, received_at };
    match posted {
        MailgunBody::Event(event) => {
            let item = email::mailgun::event(&event, received_at);
            handler.events(&routes, vec![item]).await
        }
        MailgunBody::Form(form) => {
            // A value of a urlencoded form is a copy: the body need not be held any longer.
            let raw = form.value("body-mime").cloned().unwrap_or(body);
            match self::read(raw.clone(), move |_| email::mailgun::mail(&form, received_at)).await {
                Some(arrived) => handler.mail(&routes, &arrived, raw).await,
                None => handler.malformed(&routes, raw).await,
            }
        }
    }
}

/// What Mailgun posted.
enum MailgunBody {
    Form(MailForm),
    Event(Value),
}

impl MailgunBody {
    fn read(content_type: &str, body: &Bytes) -> Result<Self, Refusal> {
        if email::mailgun::is_event(content_type, body) {
            return serde_json::from_slice(body).map(Self::Event).map_err(|_| Refusal::MalformedPayload);
        }
        MailForm::parse(content_type, body).map(Self::Form).map_err(|_| Refusal::MalformedPayload)
    }

    fn proofs(&self) -> Vec<Proof> {
        match self {
            Self::Form(form) => Proof::of_form(form).into_iter().collect(),
            Self::Event(event) => Proof::of_event(event),
        }
    }

    /// The mailbox that a forwarded mail says it is for.
    fn recipient(&self) -> Option<String> {
        match self {
            Self::Form(form) => form.word("recipient"),
            Self::Event(_) => None,
        }
    }

    fn digest(&self, body: &[u8]) -> [u8; 32] {
        match self {
            Self::Form(form) => form.digest(),
            Self::Event(_) => Sha256::digest(body).into(),
        }
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn is_json(content_type: &str, body: &[u8]) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || body.first() == Some(&b'[')
}

/// The mailbox that an unproven request can only be for.
fn only_mailbox(routes: &Routes, by: InboundMail) -> Option<InboxId> {
    let mut mailboxes = routes.mailboxes(by);
    match (mailboxes.next(), mailboxes.next()) {
        (Some((inbox, _)), None) => Some(inbox.id),
        _ => None,
    }
}

/// How old a webhook of the inboxes with this key may be.
fn max_age(routes: &Routes, by: InboundMail, key: &Secret) -> u64 {
    let own = routes.mailboxes(by).filter(|(inbox, _)| belongs_to_mailbox(inbox, key));
    own.map(|(_, mailbox)| mailbox.max_age_seconds).max().unwrap_or_default()
}

/// Reads a body, away from the other requests when it is large.
async fn read<T, F>(body: Bytes, reading: F) -> Option<T>
where
    T: Send + 'static,
    F: FnOnce(Bytes) -> Option<T> + Send + 'static,
{
    if body.len() <= LARGE_BYTES {
        return reading(body);
    }
    tokio::task::spawn_blocking(move || reading(body)).await.ok().flatten()
}

/// A proven request on its way to the sink.
struct Handler<'h> {
    ingress: &'h Ingress,
    caller: Caller,
    by: InboundMail,
    /// The key that proved it.
    key: &'h Secret,
    received_at: DateTime<Utc>,
}

impl Handler<'_> {
    async fn mail(&self, routes: &Routes, arrived: &Arrived, raw: Bytes) -> Response {
        let delivery = MailDelivery { routes, by: self.by, key: Some(self.key), received_at: self.received_at, raw };
        let (deliveries, files) =
            match deliveries(&*self.ingress.sink, &self.ingress.mail_auth, arrived, delivery).await {
                Ok(made) => made,
                Err(refusal) => return refuse(self.caller, refusal),
            };
        if let Err(not_durable) = self.ingress.sink.keep(files).await {
            return super::not_kept(self.caller, Verdict::ACCEPTED, not_durable);
        }
        self.hand_over(routes, deliveries, Verdict::ACCEPTED).await
    }

    /// Delivery events: to the inbox that they name, else to the one of the message's domain, else to the first whose key
    /// it is. Whoever applies them looks at all mailboxes.
    async fn events(&self, routes: &Routes, items: Vec<Item>) -> Response {
        let mut deliveries: Vec<Delivery> = Vec::new();
        for mut item in items {
            let Some(inbox) = self.inbox_of(routes, &item) else { continue };
            name_account(&mut item, inbox);
            match deliveries.last_mut() {
                Some(last) if last.inbox == Some(inbox.id) => last.items.push(item),
                _ => deliveries.push(Delivery {
                    source: Source::Email,
                    inbox: Some(inbox.id),
                    account: Some(inbox.address.clone()),
                    received_at: self.received_at,
                    items: vec![item],
                    quarantine: None,
                }),
            }
        }
        self.hand_over(routes, deliveries, Verdict::ACCEPTED).await
    }

    fn inbox_of<'r>(&self, routes: &'r Routes, item: &Item) -> Option<&'r Inbox> {
        let own = || routes.mailboxes(self.by).filter(|(inbox, _)| belongs_to_mailbox(inbox, self.key));
        let (account, id) = match item {
            Item::Status(status) => (Some(status.account.as_str()), Some(status.channel_message_id.as_str())),
            Item::Event(event) => {
                (event.account.as_deref(), event.data.get("channel_message_id").and_then(Value::as_str))
            }
            Item::Message(message) => (Some(message.account.as_str()), None),
        };
        let named = own().find(|(inbox, _)| Some(email::mailbox(&inbox.address).as_str()) == account);
        let domain = id.and_then(email::domain);
        let related = || own().find(|(inbox, _)| domain.is_some() && email::domain(&inbox.address) == domain);
        named.or_else(related).or_else(|| own().next()).map(|(inbox, _)| inbox.as_ref())
    }

    async fn malformed(&self, routes: &Routes, raw: Bytes) -> Response {
        let inbox = routes.mailboxes(self.by).find(|(inbox, _)| belongs_to_mailbox(inbox, self.key));
        let delivery = Delivery {
            source: Source::Email,
            inbox: inbox.map(|(inbox, _)| inbox.id),
            account: None,
            received_at: self.received_at,
            items: Vec::new(),
            quarantine: Some(Quarantine { reason: QuarantineReason::MalformedPayload, raw }),
        };
        let verdict = Verdict { verified: true, refusal: Some(Refusal::MalformedPayload) };
        self.hand_over(routes, vec![delivery], verdict).await
    }

    async fn hand_over(&self, routes: &Routes, deliveries: Vec<Delivery>, verdict: Verdict) -> Response {
        count_keys(self.caller, routes, &deliveries, self.key);
        hand_over(self.ingress, self.caller, deliveries, verdict, StatusCode::OK.into_response()).await
    }
}

/// The provider does not always say which of our addresses an event is about.
fn name_account(item: &mut Item, inbox: &Inbox) {
    let address = || email::mailbox(&inbox.address);
    match item {
        Item::Status(status) if status.account.is_empty() => status.account = address(),
        Item::Event(event) if event.account.is_none() && mailbox(inbox).is_some() => event.account = Some(address()),
        _ => {}
    }
}
