//! Who calls: from a token or cookie to a [`Ctx`] with a resolved actor.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use patchbay_core::actor::Actor;
use patchbay_core::clock::Clock;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ActorId, ConversationId, RequestId, SessionId};
use patchbay_core::role::{ActorType, Portal, Role};
use patchbay_core::{Code, Ctx};
use uuid::Uuid;

use crate::correlation::RequestIds;
use crate::error::ApiError;
use crate::rate::ActorRates;
use crate::token::{Claims, TokenKeys};

/// Cookie that carries the access token of the console.
pub const ACCESS_COOKIE: &str = "patchbay_admin";

/// The directory, shared by all and replaced whole by whoever refreshes it.
pub type SharedDirectory = Arc<ArcSwap<Directory>>;

/// What every endpoint needs to know about its caller. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Checks tokens; `None` refuses every caller with 500 `AUTH_CONFIG_ERROR`.
    pub keys: Option<TokenKeys>,
    /// Who works here.
    pub directory: SharedDirectory,
    /// Where time comes from.
    pub clock: Clock,
    /// Origins whose pages may write with a cookie.
    pub allowed_origins: Arc<[String]>,
    /// How many requests an actor may send.
    pub rates: ActorRates,
}

impl Gate {
    /// The actor a token stands for. A token of a login follows the directory: it ends when the user is deactivated,
    /// and its role and teams are the current ones. Errors: 401 of all kinds, 500 `AUTH_CONFIG_ERROR`.
    pub fn actor(&self, token: &str) -> Result<(Actor, Claims), ApiError> {
        let keys = self
            .keys
            .as_ref()
            .ok_or_else(|| ApiError::new(Code::AuthConfigError, "no key to check tokens with is configured"))?;
        let claims = keys.verify(token, self.clock.now())?;
        Ok((self.resolve(&claims)?, claims))
    }

    /// The actor that claims, checked before, stand for now. Errors: 401 of all kinds.
    pub fn resolve(&self, claims: &Claims) -> Result<Actor, ApiError> {
        let id = Uuid::parse_str(&claims.sub)
            .map_err(|_| ApiError::new(Code::InvalidAuthClaims, "the token's subject is not an id"))?;
        let actor_type = match claims.actor_type.as_deref() {
            None => None,
            Some(text) => Some(
                text.to_ascii_uppercase()
                    .parse::<ActorType>()
                    .map_err(|_| ApiError::new(Code::InvalidAuthClaims, "the token's actor type is unknown"))?,
            ),
        };
        let role = Role::from_claim(&claims.role, actor_type)
            .ok_or_else(|| ApiError::new(Code::UnknownRole, "the token's role is unknown"))?;
        let directory = self.directory.load();
        let teams = claims.team_ids.as_ref().map(|list| list.words()).unwrap_or_default();
        let mut actor = Actor {
            id: ActorId(id),
            name: claims.name.clone(),
            role,
            actor_type: actor_type.unwrap_or_else(|| role.default_actor_type()),
            accounts: claims.accounts()?,
            sites: claims.sites()?,
            teams: teams.into_iter().filter_map(|team| directory.team(team)).map(|team| team.id).collect(),
            portal: claims.aud.as_ref().and_then(|aud| aud.words().iter().find_map(|word| word.parse::<Portal>().ok())),
            session: claims.sid.map(SessionId),
            conversation: claims.conv.map(ConversationId),
        };
        if actor.session.is_some_and(|session| directory.revoked_sessions.contains(&session)) {
            return Err(ApiError::new(Code::InvalidAuthToken, "the login has ended"));
        }
        if let Some(user) = directory.users.get(&actor.user_id()) {
            if !user.is_active {
                return Err(ApiError::new(Code::InvalidAuthToken, "the user is deactivated"));
            }
            if actor.session.is_some() {
                actor.role = user.role;
                actor.teams.clone_from(&user.teams);
            } else {
                actor.teams.extend(user.teams.iter().copied());
            }
            actor.name = Some(user.full_name.clone());
        }
        Ok(actor)
    }

    /// Whether a page at `origin` may write with our cookie.
    pub fn allows_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else { return false };
        let same_host = headers
            .get(header::HOST)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|host| origin.split_once("://").is_some_and(|(_, at)| at == host));
        same_host || self.allowed_origins.iter().any(|allowed| allowed == origin)
    }
}

/// The token of a request: the bearer header, else the console's cookie.
pub fn bearer(headers: &HeaderMap) -> Option<(&str, TokenSource)> {
    let from_header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| (token.trim(), TokenSource::Header))
    });
    from_header.or_else(|| cookie(headers, ACCESS_COOKIE).map(|token| (token, TokenSource::Cookie)))
}

/// The value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// Where a token was found. A cookie travels by itself, so its writes need a proof of origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// `Authorization: Bearer`.
    Header,
    /// The console's cookie.
    Cookie,
}

/// Extractor: the context of an authenticated request. Errors: 401, 403 `ORIGIN_NOT_ALLOWED`, 500 `AUTH_CONFIG_ERROR`.
#[derive(Clone, Debug)]
pub struct Caller(pub Ctx);

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Gate: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let gate = Gate::from_ref(state);
        let (token, source) =
            bearer(&parts.headers).ok_or_else(|| ApiError::new(Code::AuthRequired, "a token is required"))?;
        let (actor, _) = gate.actor(token)?;
        gate.rates.check(actor.id)?;
        let reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if source == TokenSource::Cookie && !reads && !gate.allows_origin(&parts.headers) {
            return Err(ApiError::new(Code::OriginNotAllowed, "this page may not send that"));
        }
        let ids = parts.extensions.get::<RequestIds>().cloned().unwrap_or_else(|| {
            let id = RequestId::new().to_string();
            RequestIds { request_id: id.clone(), correlation_id: id }
        });
        Ok(Self(Ctx { actor, now: gate.clock.now(), correlation_id: ids.correlation_id, request_id: ids.request_id }))
    }
}
