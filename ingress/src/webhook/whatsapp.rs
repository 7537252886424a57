//! `/webhooks/whatsapp`: the subscription handshake and the notifications of Meta.

use axum::extract::{OriginalUri, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};
use metrics::counter;
use patchbay_core::ids::InboxId;
use patchbay_core::item::Item;
use patchbay_core::secret::Secret;
use patchbay_normalizer::Source;
use patchbay_normalizer::twilio::Form;
use patchbay_normalizer::whatsapp::{Change, Payload, parse};

use super::{Caller, Ingress, Verdict, count, count_keys, hand_over, read_body, refuse, refuse_for};
use crate::config::META_BODY_BYTES;
use crate::delivery::{Delivery, Quarantine, QuarantineReason};
use crate::inboxes::{Routes, belongs_to_app};
use crate::refusal::Refusal;
use crate::verify::whatsapp::{is_verify_token, verify};

/// The subscription handshake: echoes `hub.challenge` when mode and token are right. Error: 403
/// `WEBHOOK_SIGNATURE_INVALID`, never with the challenge in it.
#[utoipa::path(
    get, path = "/webhooks/whatsapp", tag = "webhooks", operation_id = "whatsapp_handshake",
    params(("hub.mode" = String, Query), ("hub.verify_token" = String, Query), ("hub.challenge" = String, Query)),
    responses((status = 200, description = "the challenge", content_type = "text/plain", body = String),
              (status = 403, description = "wrong mode or token")),
)]
pub(super) async fn handshake(State(ingress): State<Ingress>, OriginalUri(uri): OriginalUri) -> Response {
    let query = Form::parse(uri.query().unwrap_or_default().as_bytes());
    let is_subscription = query.raw("hub.mode").as_deref() == Some("subscribe");
    let token = query.raw("hub.verify_token").unwrap_or_default();
    let is_ours = is_verify_token(&token, &ingress.inboxes.now().verify_tokens);
    match query.raw("hub.challenge") {
        Some(challenge) if is_subscription && is_ours => {
            count(Caller::Meta, "challenge");
            let headers =
                [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
            Verdict::ACCEPTED.on((headers, challenge.into_owned()).into_response())
        }
        _ => refuse(Caller::Meta, Refusal::ChallengeFailed),
    }
}

/// A notification. 200 whatever a verified body holds: Meta would send anything else again for a week. Errors: 401
/// `WEBHOOK_SIGNATURE_INVALID`, 413 `PAYLOAD_TOO_LARGE` over 3 MB, 429 and 503 with Retry-After.
#[utoipa::path(
    post, path = "/webhooks/whatsapp", tag = "webhooks", operation_id = "whatsapp_notification",
    params(("X-Hub-Signature-256" = String, Header, description = "sha256=<hex of HMAC-SHA256 over the raw body>")),
    request_body(content = Vec<u8>, content_type = "application/json", description = "WhatsApp Cloud API notification"),
    responses((status = 200, description = "kept"), (status = 401, description = "not proven to come from Meta"),
              (status = 413, description = "over 3 MB"), (status = 429, description = "over the inbox's rate"),
              (status = 503, description = "could not be kept")),
)]
pub(super) async fn notification(State(ingress): State<Ingress>, headers: HeaderMap, request: Request) -> Response {
    let received_at = ingress.clock.now();
    let body = match read_body(&ingress.config, request, META_BODY_BYTES).await {
        Ok(body) => body,
        Err(refusal) => return refuse(Caller::Meta, refusal),
    };
    let routes = ingress.inboxes.now();
    let place = match verify(&headers, &body, &routes.app_secrets) {
        Ok(place) => place,
        Err(refusal) => return refuse_for(&ingress, Caller::Meta, refusal, claimed_inbox(&routes, &body)).await,
    };
    let Some(secret) = routes.app_secrets.get(place) else { return refuse(Caller::Meta, Refusal::UnknownKey) };
    let kept = StatusCode::OK.into_response();
    let changes = match parse(&body, received_at) {
        Ok(Payload::Changes(changes)) => changes,
        Ok(Payload::Foreign) => Vec::new(),
        Err(_) => {
            let deliveries = vec![malformed(&routes, secret, body, received_at)];
            let verdict = Verdict { verified: true, refusal: Some(Refusal::MalformedPayload) };
            count_keys(Caller::Meta, &routes, &deliveries, secret);
            return hand_over(&ingress, Caller::Meta, deliveries, verdict, kept).await;
        }
    };
    match place_changes(&routes, secret, changes, &body, received_at) {
        Ok(deliveries) => {
            count_keys(Caller::Meta, &routes, &deliveries, secret);
            hand_over(&ingress, Caller::Meta, deliveries, Verdict::ACCEPTED, kept).await
        }
        Err(refusal) => refuse(Caller::Meta, refusal),
    }
}

/// The inbox that an unproven notification says it is for, as far as a look at its beginning tells.
fn claimed_inbox(routes: &Routes, body: &[u8]) -> Option<InboxId> {
    /// The first number stands near the beginning.
    const LOOKED_AT: usize = 4 << 10;
    const NAME: &[u8] = b"\"phone_number_id\"";
    let head = body.get(..body.len().min(LOOKED_AT))?;
    let place = head.windows(NAME.len()).position(|window| window == NAME)?;
    let value = head.get(place + NAME.len()..)?;
    let id: String = value
        .iter()
        .skip_while(|byte| matches!(byte, b':' | b'"' | b' ' | b'\t' | b'\r' | b'\n'))
        .take_while(|byte| byte.is_ascii_digit())
        .map(|byte| char::from(*byte))
        .collect();
    routes.whatsapp(&id).map(|inbox| inbox.id)
}

fn malformed(routes: &Routes, secret: &Secret, raw: Bytes, received_at: DateTime<Utc>) -> Delivery {
    Delivery {
        source: Source::WhatsappCloud,
        inbox: routes.whatsapp_of_secret(secret).map(|inbox| inbox.id),
        account: None,
        received_at,
        items: Vec::new(),
        quarantine: Some(Quarantine { reason: QuarantineReason::MalformedPayload, raw }),
    }
}

/// Keeps the whole body with the first change of a request that belongs to nobody; with the others only what they hold.
fn unknown_account(body: &Bytes, items: &[Item], earlier: &[Delivery]) -> Quarantine {
    let is_first = earlier.iter().all(|delivery| delivery.quarantine.is_none());
    let raw = if is_first { body.clone() } else { serde_json::to_vec(items).unwrap_or_default().into() };
    Quarantine { reason: QuarantineReason::UnknownAccount, raw }
}

/// Where a change goes.
enum Place {
    Inbox(InboxId),
    /// No inbox has this number.
    Nobody,
    /// The number's inbox has other secrets: whoever signed this may not speak for it.
    NotTheirs,
}

/// Sorts the changes to their inboxes, neighbors for the same number together. `Err` when the signer may speak for
/// none of the numbers.
fn place_changes(
    routes: &Routes,
    secret: &Secret,
    changes: Vec<Change>,
    raw: &Bytes,
    received_at: DateTime<Utc>,
) -> Result<Vec<Delivery>, Refusal> {
    let mut deliveries: Vec<Delivery> = Vec::new();
    let mut refused = false;
    for change in changes {
        let place = match change.phone_number_id.as_deref() {
            Some(id) => match routes.whatsapp(id) {
                Some(inbox) if belongs_to_app(inbox, secret) => Place::Inbox(inbox.id),
                Some(_) => Place::NotTheirs,
                None => Place::Nobody,
            },
            // About the business account as a whole. A message that names no number belongs to nobody.
            None if change.items.iter().all(|item| matches!(item, Item::Event(_))) => {
                routes.whatsapp_of_secret(secret).map_or(Place::Nobody, |inbox| Place::Inbox(inbox.id))
            }
            None => Place::Nobody,
        };
        let inbox = match place {
            Place::Inbox(inbox) => Some(inbox),
            Place::Nobody => None,
            Place::NotTheirs => {
                counter!("ingress_refused_changes_total", "provider" => Caller::Meta.as_str()).increment(1);
                tracing::warn!("a notification for an inbox was signed with the secret of another");
                refused = true;
                continue;
            }
        };
        if change.items.is_empty() {
            continue;
        }
        match deliveries.last_mut() {
            Some(last) if last.inbox == inbox && last.account == change.phone_number_id => {
                last.items.extend(change.items);
            }
            _ => deliveries.push(Delivery {
                source: Source::WhatsappCloud,
                inbox,
                account: change.phone_number_id,
                received_at,
                quarantine: inbox.is_none().then(|| unknown_account(raw, &change.items, &deliveries)),
                items: change.items,
            }),
        }
    }
    if refused && deliveries.is_empty() { Err(Refusal::SignatureMismatch) } else { Ok(deliveries) }
}
