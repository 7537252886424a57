//! What every call of web chat passes: the inbox, the page it comes from, the session it carries.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use http::{Extensions, HeaderMap, HeaderValue};
use patchbay_core::Code;
use patchbay_core::chat::Site;
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_http::ApiError;
use patchbay_hub::HubError;
use patchbay_hub::chat::{Desk, NoSession, Session, SessionKeys};

use super::origin;
use super::rates::Who;
use crate::refusal::Refusal;
use crate::verify::chat::{Claim, bearer, prove, token};
use crate::webhook::Ingress;

/// A call that may talk to an inbox.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) inbox: Arc<Inbox>,
    pub(super) now: DateTime<Utc>,
    /// The page it comes from.
    pub(super) origin: Option<HeaderValue>,
    pub(super) peer: Option<IpAddr>,
}

impl Visit {
    /// Lets a call in. Errors: 404 for an unknown inbox, 403 `ORIGIN_NOT_ALLOWED`, 429 `RATE_LIMITED`.
    pub(super) fn enter(
        ingress: &Ingress,
        name: &str,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Self, Denied> {
        let routes = ingress.inboxes().now();
        let (inbox, site) = routes.chat(name).ok_or(Denied::Refused(Refusal::UnknownAccount))?;
        let origin = origin::check(ingress, site, headers)?.cloned();
        let now = ingress.clock().now();
        let peer = peer(ingress, headers, extensions);
        let visit = Self { inbox: Arc::clone(inbox), now, origin, peer };
        if let Some(peer) = peer
            && let Err(error) = ingress.chat().rates.take(Who::Address(peer), now)
        {
            return Err(Denied::Answered(error));
        }
        Ok(visit)
    }

    /// The settings of the site.
    pub(super) fn site(&self) -> &Site {
        match &self.inbox.provider {
            Provider::Chat(site) => site,
            _ => unreachable!("only chat sites are let in"),
        }
    }

    /// The answer, readable by the page.
    pub(super) fn answer(&self, answer: Result<Response, Denied>) -> Response {
        origin::allow(answer.unwrap_or_else(Denied::into_response), self.origin.as_ref())
    }

    /// Whether `Authorization` carries a session of ours, good or bad.
    pub(super) fn carries_session(headers: &HeaderMap) -> bool {
        bearer(headers).is_ok_and(|text| text.is_some_and(SessionKeys::is_session))
    }

    /// The session in `Authorization: Bearer`. `None`: there is none.
    pub(super) fn session(&self, ingress: &Ingress, headers: &HeaderMap) -> Result<Option<Session>, Denied> {
        let Some(text) = bearer(headers)?.filter(|text| SessionKeys::is_session(text)) else { return Ok(None) };
        let keys = ingress.chat().keys.as_ref().ok_or_else(not_ready)?;
        Ok(Some(read_session(keys, text, &self.inbox, self.now)?))
    }

    /// The session, or the site's own token in place of one. Error: 401 without either.
    pub(super) fn reader(&self, ingress: &Ingress, headers: &HeaderMap) -> Result<Session, Denied> {
        if let Some(session) = self.session(ingress, headers)? {
            return Ok(session);
        }
        let claims = token(self.site(), headers, self.now)?;
        let claim =
            Claim { user: &patchbay_normalizer::chat::ClaimedUser::default(), hash: None, token: claims.as_ref() };
        match prove(self.site(), claim)? {
            Some(proven) => Ok(Session {
                inbox: self.inbox.id,
                visitor: String::new(),
                user: Some(proven.id),
                name: proven.name,
                proven_until: 0,
                expires: self.now.timestamp(),
            }),
            None => Err(Denied::Refused(Refusal::MissingIdentity)),
        }
    }
}

/// Reads a session. A refused one is 401: the page asks for another.
fn read_session(keys: &SessionKeys, text: &str, inbox: &Inbox, now: DateTime<Utc>) -> Result<Session, Denied> {
    keys.read(text, inbox.id, now).map_err(|problem| {
        Denied::Refused(match problem {
            NoSession::Foreign => Refusal::SignatureMismatch,
            NoSession::Expired => Refusal::TokenExpired,
        })
    })
}

/// What serves visitors; not there while messages are only replayed.
pub(super) fn desk(ingress: &Ingress) -> Result<&Desk, Denied> {
    ingress.chat().desk.as_ref().ok_or_else(not_ready)
}

fn not_ready() -> Denied {
    Denied::Answered(ApiError::new(Code::NotReady, "not ready to serve this; try again shortly").retry_after(1))
}

/// Where a call comes from; behind a trusted proxy the last entry of `X-Forwarded-For`.
fn peer(ingress: &Ingress, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    if !ingress.config().trust_forwarded_headers {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok()).or(peer)
}

/// Why a call is not answered as it wished.
#[derive(Debug)]
pub(super) enum Denied {
    /// The inbox, the page or the proof does not fit.
    Refused(Refusal),
    /// Anything else.
    Answered(ApiError),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ApiError> for Denied {
    fn from(error: ApiError) -> Self {
        Self::Answered(error)
    }
}

impl From<HubError> for Denied {
    fn from(error: HubError) -> Self {
        Self::Answered(error.into())
    }
}

impl Denied {
    pub(super) fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => error_of(refusal).into_response(),
            Self::Answered(error) => error.into_response(),
        }
    }
}

/// What a visitor's page learns: enough to do better, nothing about keys.
pub(super) fn error_of(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::UnknownAccount => ApiError::not_found("chat"),
        Refusal::PayloadTooLarge => ApiError::new(Code::PayloadTooLarge, "this is too long"),
        Refusal::MalformedPayload => ApiError::new(Code::InvalidRequest, "the body could not be read"),
        Refusal::OriginNotAllowed => ApiError::new(Code::OriginNotAllowed, "this page may not write here"),
        Refusal::MissingIdentity => ApiError::new(Code::AuthRequired, "a proof of identity is required"),
        Refusal::TokenExpired => ApiError::new(Code::InvalidAuthToken, "the token is over; ask for another one"),
        _ => ApiError::new(Code::InvalidAuthToken, "the proof of identity does not fit"),
    }
}
