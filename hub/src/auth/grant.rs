//! What a login hands out: an access token, a refresh token, cookies.

use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::Code;
use patchbay_core::ids::{RecordId, SessionId};
use patchbay_core::role::{Portal, Role};
use patchbay_http::{ApiError, Claims, WordList};
use patchbay_store::teams::TeamRow;
use patchbay_store::users::UserRow;
use rand::RngExt as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::cookies;
use crate::Hub;
use crate::administration::TeamLink;
use crate::directory::ACCESS_TOKEN_LIFETIME;

/// How long a refresh token is good.
pub(super) const REFRESH_TOKEN_LIFETIME: TimeDelta = TimeDelta::days(30);

/// What a login answers with.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GrantBody {
    /// Bearer token, good for 8 hours.
    access_token: String,
    /// Gets the next access token, once, within 30 days.
    refresh_token: String,
    /// Seconds that the access token is good for.
    expires_in: i64,
    /// Who logged in.
    user: SelfBody,
}

/// Who somebody is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SelfBody {
    /// Our id.
    pub(super) id: Uuid,
    /// E-mail address; none for tokens that no user stands behind.
    pub(super) email: Option<String>,
    /// Name to show.
    pub(super) full_name: String,
    /// Role.
    #[schema(value_type = String)]
    pub(super) role: Role,
    /// Teams.
    pub(super) teams: Vec<TeamLink>,
}

/// A refresh token: 256 bits of chance. Only its hash is stored.
pub(super) struct RefreshSecret(String);

impl RefreshSecret {
    pub(super) fn new() -> Self {
        Self(hex::encode(rand::rng().random::<[u8; 32]>()))
    }

    pub(super) fn hash(&self) -> String {
        hash(&self.0)
    }
}

/// What stands for a refresh token in the database.
pub(super) fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// The portal whose pages a role uses.
pub(super) fn portal_of(role: Role) -> Portal {
    match role {
        Role::Technician | Role::Vendor => Portal::Technician,
        Role::Customer => Portal::Customer,
        Role::AiAgent | Role::System => Portal::Service,
        Role::Admin
        | Role::Supervisor
        | Role::TeamLead
        | Role::SupportAgent
        | Role::Dispatcher
        | Role::Qa
        | Role::Approver
        | Role::Finance
        | Role::Auditor => Portal::Admin,
    }
}

/// Makes the answer of a login.
pub(super) fn grant(
    hub: &Hub,
    user: &UserRow,
    teams: &[TeamRow],
    session: SessionId,
    refresh: RefreshSecret,
    now: DateTime<Utc>,
) -> Result<Response, ApiError> {
    let keys = hub
        .gate
        .keys
        .as_ref()
        .ok_or_else(|| ApiError::new(Code::AuthConfigError, "no key to sign tokens with is configured"))?;
    let portal = portal_of(user.role);
    let everything = match user.role {
        Role::Customer | Role::Vendor => None,
        _ => Some(WordList::List(vec!["*".to_owned()])),
    };
    let access_token = keys.issue(Claims {
        sub: user.id.to_string(),
        role: user.role.to_string(),
        exp: (now + ACCESS_TOKEN_LIFETIME).timestamp(),
        iat: Some(now.timestamp()),
        aud: Some(WordList::List(vec![portal.to_string()])),
        actor_type: Some(user.role.default_actor_type().to_string()),
        name: Some(user.full_name.clone()),
        team_ids: Some(WordList::List(teams.iter().map(|team| team.id.to_string()).collect())),
        account_ids: everything.clone(),
        site_ids: everything,
        sid: Some(session.into()),
        jti: Some(RecordId::new().to_string()),
        ..Claims::default()
    })?;
    let mut headers = HeaderMap::new();
    cookies::set(
        &mut headers,
        &hub.config,
        portal,
        (&access_token, ACCESS_TOKEN_LIFETIME.num_seconds()),
        (&refresh.0, REFRESH_TOKEN_LIFETIME.num_seconds()),
    );
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    let body = GrantBody {
        access_token,
        refresh_token: refresh.0,
        expires_in: ACCESS_TOKEN_LIFETIME.num_seconds(),
        user: SelfBody {
            id: user.id.into(),
            email: Some(user.email.clone()),
            full_name: user.full_name.clone(),
            role: user.role,
            teams: teams.iter().map(TeamLink::from).collect(),
        },
    };
    Ok((headers, Json(body)).into_response())
}
