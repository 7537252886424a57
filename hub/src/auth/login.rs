//! Logging in.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use patchbay_core::Code;
use patchbay_core::ids::SessionId;
use patchbay_http::{ApiError, Body};
use patchbay_store::sessions::{self, NewSession};
use patchbay_store::{teams, users};
use serde::Deserialize;
use utoipa::ToSchema;

use super::client::ClientAddress;
use super::grant::{GrantBody, REFRESH_TOKEN_LIFETIME, RefreshSecret, grant, portal_of};
use super::password::Passwords;
use super::throttle::Subjects;
use crate::{Hub, HubError};

/// E-mail and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginBody {
    /// E-mail address; its case does not matter.
    email: String,
    /// Password.
    password: String,
}

/// Logs in. Tokens come in the body and as cookies. What was wrong is not said, nor can it be told from the time it takes.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = LoginBody,
    responses((status = 200, body = GrantBody), (status = 401, description = "INVALID_CREDENTIALS"),
              (status = 429, description = "RATE_LIMITED, with Retry-After")))]
pub(super) async fn login(
    State(hub): State<Hub>,
    Extension(passwords): Extension<Passwords>,
    ClientAddress(address): ClientAddress,
    Body(body): Body<LoginBody>,
) -> Result<Response, HubError> {
    let email = body.email.trim().to_lowercase();
    let subjects = Subjects::new(&email, address);
    subjects.check(&hub.db, hub.gate.clock.now()).await?;
    let turn = passwords.turn().await?;
    // Again: those who waited together must not all get through on what was true before.
    let now = hub.gate.clock.now();
    subjects.check(&hub.db, now).await?;
    let user = {
        let mut tx = hub.db.read().await?;
        users::by_email(&mut tx, &email).await?
    };
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let matches = turn.verify(body.password, hash).await;
    let Some(user) = user.filter(|user| matches && user.is_active) else {
        subjects.count_failure(&hub.db, now).await?;
        metrics::counter!("patchbay_logins_total", "outcome" => "refused").increment(1);
        return Err(
            ApiError::new(Code::InvalidCredentials, "e-mail address and password do not belong together").into()
        );
    };
    let session = SessionId::new();
    let refresh = RefreshSecret::new();
    let expires_at = now + REFRESH_TOKEN_LIFETIME;
    let mut tx = hub.db.begin().await?;
    let new = NewSession { id: session, user_id: user.id, portal: portal_of(user.role), created_at: now, expires_at };
    sessions::insert(&mut tx, &new).await?;
    sessions::add_refresh_token(&mut tx, session, &refresh.hash(), now, expires_at).await?;
    sessions::forget_failures(&mut tx, subjects.account(), Subjects::over(now)).await?;
    let teams = teams::of_user(&mut tx, user.id).await?;
    let answer = grant(&hub, &user, &teams, session, refresh, now)?;
    tx.commit().await?;
    metrics::counter!("patchbay_logins_total", "outcome" => "ok").increment(1);
    tracing::info!(user.id = %user.id, session.id = %session, "user {} logged in", user.id);
    Ok(answer)
}
