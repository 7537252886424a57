//! Who calls: from a token, cookie or development headers to a [`Ctx`] with a resolved actor.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use patchbay_core::actor::Actor;
use patchbay_core::clock::Clock;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ActorId, ConversationId, SessionId};
use patchbay_core::role::{ActorType, Portal, Role};
use patchbay_core::{Code, Ctx};
use uuid::Uuid;

use crate::correlation::RequestIds;
use crate::credentials::{self, TokenSource};
use crate::development::{self, DevelopmentHeaders};
use crate::error::ApiError;
use crate::noted::Noted;
use crate::rate::ActorRates;
use crate::token::{Claims, TokenKeys};

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
    /// Whether a developer may name the actor in headers.
    pub development: DevelopmentHeaders,
}

impl Gate {
    /// The actor a token stands for. A token of a login follows the directory: it ends when the user is deactivated,
    /// and its role and teams are the current ones. Errors: 401 of all kinds, 500 `AUTH_CONFIG_ERROR`, 503 `NOT_READY`.
    pub async fn actor(&self, token: &str) -> Result<(Actor, Claims), ApiError> {
        let keys = self
            .keys
            .as_ref()
            .ok_or_else(|| ApiError::new(Code::AuthConfigError, "no key to check tokens with is configured"))?;
        let claims = keys.verify(token, self.clock.now()).await?;
        Ok((self.resolve(&claims)?, claims))
    }

    /// Whoever sends a request with these headers, and how that was shown. Errors: those of [`Gate::actor`], 401
    /// `AUTH_REQUIRED`, 400 `MISSING_ACTOR_CONTEXT` and `INVALID_ACTOR_CONTEXT` for development headers.
    pub async fn admit(&self, headers: &HeaderMap) -> Result<(Actor, Proof), ApiError> {
        match credentials::token(headers)? {
            Some((token, source)) => {
                let (actor, _) = self.actor(token).await?;
                Ok((actor, Proof::Token(source)))
            }
            None if self.development.count(headers) => Ok((development::actor(headers)?, Proof::DevelopmentHeaders)),
            None => Err(ApiError::new(Code::AuthRequired, "a token is required")),
        }
    }

    /// The actor that claims, checked before, stand for now. Errors: 401 of all kinds.
    pub fn resolve(&self, claims: &Claims) -> Result<Actor, ApiError> {
        let id = Uuid::parse_str(&claims.sub)
            .map_err(|_| ApiError::new(Code::InvalidAuthClaims, "the token's subject is not an id"))?;
        let claimed_type = match claims.actor_type.as_deref() {
            None => None,
            Some(text) => Some(
                text.to_ascii_uppercase()
                    .parse::<ActorType>()
                    .map_err(|_| ApiError::new(Code::InvalidAuthClaims, "the token's actor type is unknown"))?,
            ),
        };
        let role = Role::from_claim(&claims.role, claimed_type)
            .ok_or_else(|| ApiError::new(Code::UnknownRole, "the token's role is unknown"))?;
        let directory = self.directory.load();
        let teams = claims.team_ids.as_ref().map(|list| list.words()).unwrap_or_default();
        let mut actor = Actor {
            id: ActorId(id),
            name: claims.name.clone(),
            role,
            actor_type: role.actor_type(claimed_type),
            accounts: claims.accounts()?,
            sites: claims.sites()?,
            teams: teams.into_iter().filter_map(|team| directory.team(team)).map(|team| team.id).collect(),
            portal: self.portal(claims)?,
            session: claims.sid.map(SessionId),
            conversation: claims.conv.map(ConversationId),
            tools: claims.tools(),
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

    /// The one portal a token was made for. The configured audience names us and not a portal, unless it is the only
    /// one. Error: 401 `INVALID_AUTH_CLAIMS` for a token that would open two.
    fn portal(&self, claims: &Claims) -> Result<Option<Portal>, ApiError> {
        let ours = self.keys.as_ref().and_then(TokenKeys::audience);
        let words = claims.aud.as_ref().map(|aud| aud.words()).unwrap_or_default();
        let mut portals: Vec<Portal> = words.iter().filter_map(|word| word.parse().ok()).collect();
        portals.dedup();
        if portals.len() > 1 {
            portals.retain(|portal| Some(portal.as_str()) != ours);
        }
        match portals.as_slice() {
            [] => Ok(None),
            [portal] => Ok(Some(*portal)),
            _ => Err(ApiError::new(Code::InvalidAuthClaims, "the token is for more than one portal")),
        }
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

/// How a caller showed who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By a token.
    Token(TokenSource),
    /// Not at all: a developer said so.
    DevelopmentHeaders,
}

/// Extractor: the context of an authenticated request. Errors: 401, 403 `ORIGIN_NOT_ALLOWED`, 500 `AUTH_CONFIG_ERROR`,
/// 503 `NOT_READY`; 400 `MISSING_ACTOR_CONTEXT` and `INVALID_ACTOR_CONTEXT` for development headers.
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
        let (actor, proof) = gate.admit(&parts.headers).await?;
        if let Some(noted) = parts.extensions.get::<Noted>() {
            noted.note(&actor);
        }
        gate.rates.check(actor.id)?;
        let reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if proof == Proof::Token(TokenSource::Cookie) && !reads && !gate.allows_origin(&parts.headers) {
            return Err(ApiError::new(Code::OriginNotAllowed, "this page may not send that"));
        }
        let ids = parts.extensions.get::<RequestIds>().cloned().unwrap_or_else(|| RequestIds::of(&parts.headers));
        Ok(Self(Ctx {
            actor,
            now: gate.clock.now(),
            correlation_id: ids.correlation_id,
            request_id: ids.request_id,
            traceparent: Some(ids.trace.to_string()),
        }))
    }
}

#[cfg(test)]
mod tests;
