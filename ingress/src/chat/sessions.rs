//! `POST /chat/{inbox}/sessions`: a visitor comes, comes back, or proves to be somebody.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use patchbay_core::chat::IdentityMode;
use patchbay_hub::HubError;
use patchbay_hub::chat::{Availability, Desk, PROVEN_FOR, SESSION_LIFE, Session, ShownConversation};
use patchbay_normalizer::chat::{SessionRequest, parse_session};
use serde::Serialize;
use utoipa::ToSchema;

use super::door::{Denied, Visit, desk};
use super::rates::Who;
use crate::config::BODY_BYTES;
use crate::refusal::Refusal;
use crate::verify::chat::{Claim, Proven, prove, token};
use crate::verify::chat_token;
use crate::webhook::{Ingress, read_body};

/// A session, and what the page needs to begin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionBody {
    /// The visitor: keep it, and come back with it.
    visitor_id: String,
    /// Proves who calls: `Authorization: Bearer`, or the socket's first frame. Good for `expires_in` seconds; a good one
    /// is exchanged for the next without another proof.
    session_token: String,
    /// Seconds.
    expires_in: i64,
    /// When it ends.
    expires_at: DateTime<Utc>,
    /// Whether the site vouched for the person.
    identity_verified: bool,
    /// The person whom the site vouched for.
    user: Option<SessionUser>,
    /// The conversation so far; null before the first message.
    conversation: Option<ShownConversation>,
    /// Whether somebody is there to answer.
    availability: Availability,
    /// Whether there is an address for an answer when nobody is there.
    has_email: bool,
    /// What the inbox takes.
    inbox: InboxFacts,
}

/// The person whom the site vouched for.
#[derive(Debug, Serialize, ToSchema)]
struct SessionUser {
    /// The site's id.
    id: String,
    /// Name to show.
    name: Option<String>,
}

/// What an inbox takes.
#[derive(Debug, Serialize, ToSchema)]
struct InboxFacts {
    /// Its name.
    name: String,
    /// First words; null: the widget's own.
    greeting: Option<String>,
    /// Longest text, in characters.
    max_text_chars: usize,
    /// Largest file, in bytes.
    max_upload_bytes: u64,
}

/// Begins or goes on with a session: `{visitor_id?, session_token?, user?, identity?:{hash|token}}`, all optional. The
/// proof of identity is needed once; a wrong one is refused, never taken as anonymous. An unknown visitor id, or that of
/// a visitor who turned out to be a user, is answered with a new one.
#[utoipa::path(
    post, path = "/chat/{inbox}/sessions", tag = "chat", operation_id = "chat_session",
    params(("inbox" = String, Path, description = "name of the inbox")),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the visitor is known", body = SessionBody),
              (status = 201, description = "a new visitor", body = SessionBody),
              (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED, INVALID_AUTH_TOKEN"),
              (status = 403, description = "ORIGIN_NOT_ALLOWED"), (status = 404, description = "no such inbox"),
              (status = 429, description = "RATE_LIMITED")),
)]
pub(super) async fn create(State(ingress): State<Ingress>, Path(inbox): Path<String>, request: Request) -> Response {
    match Visit::enter(&ingress, &inbox, request.headers(), request.extensions()) {
        Ok(visit) => {
            let answer = begin(&ingress, &visit, request).await;
            visit.answer(answer)
        }
        Err(denied) => super::origin::allow(denied.into_response(), None),
    }
}

async fn begin(ingress: &Ingress, visit: &Visit, request: Request) -> Result<Response, Denied> {
    if let Some(peer) = visit.peer {
        ingress.chat().rates.take(Who::Sessions(peer), visit.now)?;
    }
    let desk = desk(ingress)?;
    let headers = request.headers().clone();
    let body = read_body(ingress.config(), request, BODY_BYTES).await?;
    let asked = parse_session(&body).map_err(|_| Refusal::MalformedPayload)?;
    let before = before(desk, visit, ingress, &headers, &asked)?;
    let proven = proven(visit, &headers, &asked, before.as_ref())?;
    let known = asked.visitor_id.or(before.as_ref().map(|session| session.visitor.clone()));
    let known = known.filter(|id| desk.keys().is_visitor(visit.inbox.id, id));
    let user = proven.as_ref().map(|proven| proven.person.id.as_str());
    let visitor = match known {
        Some(id) if !desk.is_claimed(&id, user).await.map_err(HubError::from)? => Some(id),
        _ => None,
    };
    let status = if visitor.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let expires_at = visit.now + SESSION_LIFE;
    let session = Session {
        inbox: visit.inbox.id,
        visitor: visitor.unwrap_or_else(|| desk.keys().new_visitor(visit.inbox.id)),
        user: proven.as_ref().map(|proven| proven.person.id.clone()),
        name: proven.as_ref().and_then(|proven| proven.person.name.clone()),
        proven_until: proven.as_ref().map_or(0, |proven| proven.until),
        expires: expires_at.timestamp(),
    };
    if session.is_verified() {
        desk.identify(&session).await.map_err(HubError::from)?;
    }
    let conversation = desk.look(&session, i64::MAX).await.map_err(HubError::from)?.map(|look| look.conversation);
    let has_email = desk.has_email(&session).await.map_err(HubError::from)?;
    let body = SessionBody {
        session_token: desk.keys().sign(&session),
        visitor_id: session.visitor,
        expires_in: SESSION_LIFE.num_seconds(),
        expires_at,
        identity_verified: session.user.is_some(),
        user: session.user.map(|id| SessionUser { id, name: session.name }),
        conversation,
        availability: desk.availability(visit.inbox.id),
        has_email,
        inbox: InboxFacts {
            name: visit.inbox.name.clone(),
            greeting: visit.site().greeting.clone(),
            max_text_chars: visit.site().max_text_chars,
            max_upload_bytes: desk.max_upload_bytes(),
        },
    };
    Ok((status, Json(body)).into_response())
}

/// The session before this one. One that is over, or not ours, is as good as none: the visitor id still tells who comes
/// back, and a person proves themselves again.
fn before(
    desk: &Desk,
    visit: &Visit,
    ingress: &Ingress,
    headers: &HeaderMap,
    asked: &SessionRequest,
) -> Result<Option<Session>, Denied> {
    match &asked.session_token {
        Some(text) => Ok(desk.keys().read(text, visit.inbox.id, visit.now).ok()),
        None => visit.session(ingress, headers),
    }
}

/// A person, and until when renewals keep them.
struct Vouched {
    person: Proven,
    until: i64,
}

fn proven(
    visit: &Visit,
    headers: &HeaderMap,
    asked: &SessionRequest,
    before: Option<&Session>,
) -> Result<Option<Vouched>, Denied> {
    let claims = match (&visit.site().identity, &asked.token) {
        (IdentityMode::Jwt(rules), Some(text)) => Some(chat_token::verify(rules, text, visit.now)?),
        _ if Visit::carries_session(headers) => None,
        _ => token(visit.site(), headers, visit.now)?,
    };
    let claim = Claim { user: &asked.user, hash: asked.hash.as_deref(), token: claims.as_ref() };
    let carried = before.filter(|session| session.proven_until > visit.now.timestamp()).and_then(|session| {
        let person = Proven { id: session.user.clone()?, name: session.name.clone(), place: None };
        Some(Vouched { person, until: session.proven_until })
    });
    match (prove(visit.site(), claim), carried) {
        (Ok(Some(person)), _) => Ok(Some(Vouched { person, until: (visit.now + PROVEN_FOR).timestamp() })),
        // Without a new proof the old one lasts.
        (Ok(None) | Err(Refusal::MissingIdentity), Some(carried)) => Ok(Some(carried)),
        (Ok(None), None) => Ok(None),
        (Err(refusal), _) => Err(refusal.into()),
    }
}
