//! The next pair of tokens. Each refresh token works once; the second use of one means that two have it, so the whole
//! login ends. Source: domain, authentication (reuse detection revokes the family).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use patchbay_core::Code;
use patchbay_core::ids::SessionId;
use patchbay_core::notice::Notice;
use patchbay_http::{ApiError, cookie};
use patchbay_store::{sessions, teams, users};
use serde::Deserialize;
use utoipa::ToSchema;

use super::cookies::REFRESH_COOKIES;
use super::grant::{GrantBody, REFRESH_TOKEN_LIFETIME, RefreshSecret, grant, hash};
use crate::{Hub, HubError};

/// The refresh token, unless it comes as a cookie.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshBody {
    /// As the login gave it.
    refresh_token: Option<String>,
}

/// The refresh token of a request: from the body, else from a cookie of a page that may send it.
pub(super) fn refresh_token(hub: &Hub, headers: &HeaderMap, body: &Bytes) -> Result<Option<String>, ApiError> {
    let body: RefreshBody = if body.iter().all(u8::is_ascii_whitespace) {
        RefreshBody::default()
    } else {
        serde_json::from_slice(body).map_err(|error| {
            if error.is_data() {
                ApiError::invalid("body", "only refresh_token, a text, is expected")
            } else {
                ApiError::new(Code::InvalidJson, "the body is not JSON")
            }
        })?
    };
    if body.refresh_token.is_some() {
        return Ok(body.refresh_token);
    }
    let Some(token) = REFRESH_COOKIES.iter().find_map(|name| cookie(headers, name)) else { return Ok(None) };
    if !hub.gate.allows_origin(headers) {
        return Err(ApiError::new(Code::OriginNotAllowed, "this page may not send that"));
    }
    Ok(Some(token.to_owned()))
}

fn refused() -> HubError {
    ApiError::new(Code::InvalidAuthToken, "the refresh token is not valid; log in again").into()
}

/// Trades a refresh token for a new pair of tokens.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "auth", request_body = Option<RefreshBody>,
    responses((status = 200, body = GrantBody), (status = 401, description = "AUTH_REQUIRED, INVALID_AUTH_TOKEN"),
              (status = 403, description = "ORIGIN_NOT_ALLOWED")))]
pub(super) async fn refresh(State(hub): State<Hub>, headers: HeaderMap, body: Bytes) -> Result<Response, HubError> {
    let token = refresh_token(&hub, &headers, &body)?
        .ok_or_else(|| ApiError::new(Code::AuthRequired, "a refresh token is required"))?;
    let token_hash = hash(&token);
    let now = hub.gate.clock.now();
    let mut tx = hub.db.begin().await?;
    let Some(known) = sessions::refresh_token(&mut tx, &token_hash).await? else { return Err(refused()) };
    if known.revoked_at.is_some() || known.expires_at <= now {
        return Err(refused());
    }
    if known.spent_at.is_some() || !sessions::spend_refresh_token(&mut tx, &token_hash, now).await? {
        sessions::revoke(&mut tx, known.session_id, "reuse", now).await?;
        tx.commit().await?;
        metrics::counter!("patchbay_refresh_reuse_total").increment(1);
        tracing::warn!(
            user.id = %known.user_id, session.id = %known.session_id,
            "a spent refresh token of session {} came again: the login ends", known.session_id
        );
        session_ended(&hub, known.session_id).await;
        return Err(refused());
    }
    let Some(user) = users::by_id(&mut tx, known.user_id).await?.filter(|user| user.is_active) else {
        return Err(refused());
    };
    let next = RefreshSecret::new();
    sessions::add_refresh_token(&mut tx, known.session_id, &next.hash(), now, now + REFRESH_TOKEN_LIFETIME).await?;
    let teams = teams::of_user(&mut tx, user.id).await?;
    let answer = grant(&hub, &user, &teams, known.session_id, next, now)?;
    tx.commit().await?;
    Ok(answer)
}

/// A login ended: its tokens are refused from now on, its sockets close.
pub(super) async fn session_ended(hub: &Hub, session: SessionId) {
    hub.directory_changed().await;
    hub.db.signals().announce(Notice::SessionRevoked { session });
}
