//! No more mail for many, with one click: the link that bulk mail carries. Mail programs post to it without asking, so
//! that what only looks (scanners, previews) unsubscribes nobody. Source: RFC 8058.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use patchbay_core::channel::Channel;
use patchbay_core::consent::{ConsentReason, ConsentScope, Decision};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ConversationId, RequestId};
use patchbay_core::secret::Secret;
use patchbay_http::{ApiError, OpenApiRouter, routes};
use patchbay_store::conversations;
use serde_json::json;
use sha2::Sha256;

use crate::consent::{Word, keep};
use crate::error::HubError;
use crate::state::Hub;

/// Bytes of the proof that stand in a link.
const PROOF_BYTES: usize = 16;

/// The endpoints under `/unsubscribe`.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(ask, unsubscribe))
}

/// The link of a conversation. `None` without https, which one click demands.
pub fn link(public_url: &str, secret: &Secret, conversation: ConversationId) -> Option<String> {
    let is_usable = public_url.starts_with("https://") && !secret.is_empty();
    is_usable.then(|| format!("{public_url}/unsubscribe/{conversation}.{}", hex::encode(proof(secret, conversation))))
}

fn proof(secret: &Secret, conversation: ConversationId) -> Vec<u8> {
    let whole = mac(secret, conversation).finalize().into_bytes();
    whole.iter().take(PROOF_BYTES).copied().collect()
}

fn mac(secret: &Secret, conversation: ConversationId) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("any length of key is taken");
    mac.update(format!("unsubscribe:{conversation}").as_bytes());
    mac
}

/// The conversation that a link is for. Error: 404, whatever is wrong with it.
fn conversation_of(secret: &Secret, token: &str) -> Result<ConversationId, ApiError> {
    let unknown = || ApiError::not_found("link");
    let (id, given) = token.split_once('.').ok_or_else(unknown)?;
    let id: ConversationId = id.parse().map_err(|_| unknown())?;
    let given = hex::decode(given).ok().filter(|given| given.len() == PROOF_BYTES).ok_or_else(unknown)?;
    mac(secret, id).verify_truncated_left(&given).map_err(|_| unknown())?;
    Ok(id)
}

/// Asks whether somebody means it. Looking changes nothing.
#[utoipa::path(get, path = "/unsubscribe/{token}", tag = "contacts", params(("token" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn ask(State(hub): State<Hub>, Path(token): Path<String>) -> Result<Response, HubError> {
    conversation_of(&hub.config.link_secret, &token)?;
    Ok(page(
        "<p>Do you want no more mail of this kind? Answers to what you write to us still reach you.</p>\
         <form method=\"post\"><button>Unsubscribe</button></form>",
    ))
}

/// Ends advertising and other mail for many to the address; answers still go there. Doing it again changes nothing.
#[utoipa::path(post, path = "/unsubscribe/{token}", tag = "contacts", params(("token" = String, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
                 description = "`List-Unsubscribe=One-Click`, or nothing"),
    responses((status = 200, content_type = "text/html", body = String), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn unsubscribe(State(hub): State<Hub>, Path(token): Path<String>) -> Result<Response, HubError> {
    let id = conversation_of(&hub.config.link_secret, &token)?;
    let ctx = Ctx::system(hub.gate.clock.now(), RequestId::new().to_string());
    let mut tx = hub.db.begin().await?;
    let row = conversations::by_id(&mut tx, id).await?.filter(|row| row.channel == Channel::Email);
    let row = row.ok_or_else(|| ApiError::not_found("link"))?;
    let known =
        patchbay_store::consents::is_suppressed(&mut tx, Channel::Email, &row.contact_address, ConsentScope::Marketing);
    if !known.await? {
        let word = Word {
            channel: Channel::Email,
            address: &row.contact_address,
            decision: Decision::Withdrawn,
            scope: ConsentScope::Marketing,
            reason: ConsentReason::Unsubscribe,
            evidence: json!({ "conversation_id": id, "via": "one_click" }),
            actor_id: None,
            occurred_at: ctx.now,
            said_in: None,
        };
        keep(&mut tx, &ctx, &word).await?;
        tx.commit().await?;
    }
    Ok(page("<p>You will get no more mail of this kind.</p>"))
}

fn page(body: &str) -> Response {
    let mut response = Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"robots\" content=\"noindex\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Unsubscribe</title></head><body>{body}</body></html>"
    ))
    .into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; form-action 'self'; frame-ancestors 'none'"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_its_conversation_and_cannot_be_made_up() {
        let (secret, id) = (Secret::new("link secret"), ConversationId::new());
        let url = link("https://hub.test", &secret, id).expect("https");
        let token = url.strip_prefix("https://hub.test/unsubscribe/").expect("the path");
        assert_eq!(conversation_of(&secret, token).ok(), Some(id));
        let (_, proof) = token.split_once('.').expect("a proof");
        for forged in [
            format!("{}.{proof}", ConversationId::new()),
            format!("{id}.{}", proof.get(..8).expect("a proof is longer")),
            id.to_string(),
            String::new(),
        ] {
            assert!(conversation_of(&secret, &forged).is_err(), "{forged}");
        }
        assert!(conversation_of(&Secret::new("other"), token).is_err());
        assert_eq!(link("http://hub.test", &secret, id), None, "one click needs https");
    }
}
