//! Logging out.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use patchbay_core::Code;
use patchbay_core::ids::SessionId;
use patchbay_core::role::Portal;
use patchbay_http::{ApiError, TokenSource, bearer};
use patchbay_store::sessions;

use super::cookies;
use super::grant::hash;
use super::refresh::{RefreshBody, refresh_token, session_ended};
use crate::{Hub, HubError};

/// Ends the login that the access token or the refresh token belongs to, and takes its cookies away. Answers the same
/// when it had ended.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", request_body = Option<RefreshBody>,
    responses((status = 204, description = "logged out"), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "ORIGIN_NOT_ALLOWED")))]
pub(super) async fn logout(State(hub): State<Hub>, headers: HeaderMap, body: Bytes) -> Result<Response, HubError> {
    let refresh = refresh_token(&hub, &headers, &body)?;
    let access = bearer(&headers);
    if access.is_none() && refresh.is_none() {
        return Err(ApiError::new(Code::AuthRequired, "a token is required").into());
    }
    if access.is_some_and(|(_, source)| source == TokenSource::Cookie) && !hub.gate.allows_origin(&headers) {
        return Err(ApiError::new(Code::OriginNotAllowed, "this page may not send that").into());
    }
    // Before the transaction: a token of an outside issuer may have to wait for its key.
    let known_actor = match access {
        Some((token, _)) => Some(hub.gate.actor(token).await),
        None => None,
    };
    let now = hub.gate.clock.now();
    let mut ended: Vec<SessionId> = Vec::new();
    let mut tx = hub.db.begin().await?;
    let mut portal = Portal::Admin;
    if let Some(Ok((actor, _))) = known_actor {
        portal = actor.portal.unwrap_or(portal);
        ended.extend(actor.session);
    }
    if let Some(token) = refresh
        && let Some(known) = sessions::refresh_token(&mut tx, &hash(&token)).await?
    {
        portal = known.portal;
        ended.push(known.session_id);
    }
    ended.dedup();
    for session in &ended {
        sessions::revoke(&mut tx, *session, "logout", now).await?;
    }
    tx.commit().await?;
    for session in ended {
        session_ended(&hub, session).await;
    }
    let mut cleared = HeaderMap::new();
    cookies::clear(&mut cleared, &hub.config, portal);
    Ok((StatusCode::NO_CONTENT, cleared).into_response())
}
