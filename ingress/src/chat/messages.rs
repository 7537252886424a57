//! `POST /chat/{inbox}/messages`: what a visitor says. Kept before it is acknowledged, like every other message.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use patchbay_core::item::Item;
use patchbay_http::ApiError;
use patchbay_normalizer::Source;
use patchbay_normalizer::chat::{Author, ClaimedUser, Kind, Said, is_usable_id, items, parse};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::door::{Denied, Visit, error_of};
use super::rates::Who;
use crate::config::BODY_BYTES;
use crate::delivery::{Delivery, NotDurable};
use crate::refusal::Refusal;
use crate::verify::chat::{Claim, prove, token};
use crate::webhook::{Caller, Ingress, Verdict, count, count_key, read_body, word_of_place};

/// What became of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Receipt {
    /// Our id of the message. Null for a typing signal, and for a message that is safe but not in the database yet.
    message_id: Option<Uuid>,
    /// Conversation it belongs to.
    conversation_id: Option<Uuid>,
    /// Its place there.
    seq: Option<i64>,
    /// The sender's own id of it.
    client_message_id: Option<String>,
    /// `received`.
    status: &'static str,
}

/// What a visitor or a user says: `{client_message_id, visitor_id, user?, identity?, type, text?, attachments?, reply_to?,
/// sent_at?}`; `type` is a content type or `typing`. The same `client_message_id` again is the same message. The proof
/// of identity is the body's `identity.hash`, a token of the site, or a session, both as `Authorization: Bearer`.
#[utoipa::path(
    post, path = "/chat/{inbox}/messages", tag = "chat", operation_id = "chat_message",
    params(("inbox" = String, Path, description = "name of the inbox")),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 202, description = "kept", body = Receipt),
              (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED, INVALID_AUTH_TOKEN: a wrong proof is never taken as anonymous"),
              (status = 403, description = "ORIGIN_NOT_ALLOWED"), (status = 404, description = "no such inbox"),
              (status = 413, description = "over 1 MB, or over the inbox's longest text"),
              (status = 429, description = "RATE_LIMITED"), (status = 503, description = "could not be kept")),
)]
pub(super) async fn post(State(ingress): State<Ingress>, Path(inbox): Path<String>, request: Request) -> Response {
    let visit = match Visit::enter(&ingress, &inbox, request.headers(), request.extensions()) {
        Ok(visit) => visit,
        Err(denied) => return super::origin::allow(refused(denied), None),
    };
    let answer = take(&ingress, &visit, request).await.unwrap_or_else(refused);
    super::origin::allow(answer, visit.origin.as_ref())
}

fn refused(denied: Denied) -> Response {
    match denied {
        Denied::Refused(refusal) => {
            count(Caller::Chat, refusal.as_str());
            Verdict { verified: false, refusal: Some(refusal) }.on(error_of(refusal).into_response())
        }
        Denied::Answered(error) => Verdict { verified: false, refusal: None }.on(error.into_response()),
    }
}

async fn take(ingress: &Ingress, visit: &Visit, request: Request) -> Result<Response, Denied> {
    let session = visit.session(ingress, request.headers())?;
    // A token is looked at before the body is.
    let claims = match session {
        Some(_) => None,
        None => token(visit.site(), request.headers(), visit.now)?,
    };
    let body = read_body(ingress.config(), request, BODY_BYTES).await?;
    let mut said = parse(&body).map_err(|_| Refusal::MalformedPayload)?;
    let author = if let Some(session) = session {
        if visit.site().require_identity && !session.is_verified() {
            return Err(Refusal::MissingIdentity.into());
        }
        match session.user {
            Some(id) => Author::User { id, name: session.name },
            None => Author::Visitor { id: session.visitor, name: session.name.or(said.user.name.take()) },
        }
    } else {
        let claim = Claim { user: &said.user, hash: said.hash.as_deref(), token: claims.as_ref() };
        author(visit, prove(visit.site(), claim)?, &mut said)?
    };
    if said.text.as_deref().is_some_and(|text| text.chars().count() > visit.site().max_text_chars) {
        return Err(Refusal::PayloadTooLarge.into());
    }
    if said.kind != Kind::Typing {
        ingress.chat().rates.take(Who::Author(visit.inbox.id, author.address()), visit.now)?;
    }
    keep(ingress, visit, &said, &author).await
}

/// Who wrote: the proven person, else the visitor the body names.
fn author(visit: &Visit, proven: Option<crate::verify::chat::Proven>, said: &mut Said) -> Result<Author, Denied> {
    let is_token_mode = matches!(visit.site().identity, patchbay_core::chat::IdentityMode::Jwt(_));
    if let Some(proven) = proven {
        if let Some(place) = proven.place {
            count_key(Caller::Chat, word_of_place(place));
            // The claim is the proven person.
            said.user = ClaimedUser::default();
        }
        Ok(Author::User { id: proven.id, name: proven.name })
    } else {
        let id = said.visitor_id.clone().filter(|id| is_usable_id(id)).ok_or(Refusal::MalformedPayload)?;
        // Where tokens tell who somebody is, the body's word on it counts for nothing.
        let name = said.user.name.clone().filter(|_| !is_token_mode);
        Ok(Author::Visitor { id, name })
    }
}

async fn keep(ingress: &Ingress, visit: &Visit, said: &Said, author: &Author) -> Result<Response, Denied> {
    let items = items(said, author, &visit.inbox.name, visit.now);
    let key = items.iter().find_map(|item| match item {
        Item::Message(message) => Some(message.key().into_owned()),
        _ => None,
    });
    let delivery = Delivery {
        source: Source::Chat,
        inbox: Some(visit.inbox.id),
        account: Some(visit.inbox.name.clone()),
        received_at: visit.now,
        items,
        quarantine: None,
    };
    if ingress.take_rate(visit.inbox.id).is_err() {
        count(Caller::Chat, "rate_limited");
        let error = ApiError::new(patchbay_core::Code::RateLimited, "this inbox takes no more for a moment");
        return Err(error.retry_after(1).into());
    }
    if let Err(NotDurable { retry_after_seconds }) = ingress.sink().accept(vec![delivery]).await {
        count(Caller::Chat, "not_durable");
        let error = ApiError::new(patchbay_core::Code::NotReady, "the message could not be kept; send it again");
        return Err(error.retry_after(retry_after_seconds).into());
    }
    count(Caller::Chat, "accepted");
    let stored = match &key {
        Some(key) => ingress.sink().stored(visit.inbox.id, key).await,
        None => None,
    };
    let receipt = Receipt {
        message_id: stored.map(|stored| stored.message_id.into()),
        conversation_id: stored.and_then(|stored| stored.conversation_id).map(Into::into),
        seq: stored.and_then(|stored| stored.seq),
        client_message_id: said.client_message_id.clone(),
        status: "received",
    };
    let verdict = Verdict { verified: author.is_verified(), refusal: None };
    Ok(verdict.on((StatusCode::ACCEPTED, Json(receipt)).into_response()))
}
