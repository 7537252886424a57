//! Headers by which a developer says who acts, without a token. Source: S1, development fallback; domain,
//! authentication.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, header};
use patchbay_core::Code;
use patchbay_core::actor::{Actor, Scope};
use patchbay_core::ids::ActorId;
use patchbay_core::role::{ActorType, Role};
use uuid::Uuid;

use crate::error::ApiError;
use crate::token::{WordList, scope_of};

const ACTOR_ID: HeaderName = HeaderName::from_static("x-actor-id");
const ACTOR_ROLE: HeaderName = HeaderName::from_static("x-actor-role");
const ACTOR_TYPE: HeaderName = HeaderName::from_static("x-actor-type");
const ACCOUNT_SCOPE: HeaderName = HeaderName::from_static("x-account-scope");
const SITE_SCOPE: HeaderName = HeaderName::from_static("x-site-scope");

/// Whether headers may name the actor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DevelopmentHeaders {
    /// They are not looked at.
    #[default]
    Refused,
    /// They count when a request has no token and names this machine as its host: a page that made its name point here
    /// cannot send them.
    FromThisMachine,
    /// They count when a request has no token.
    Trusted,
}

impl DevelopmentHeaders {
    /// Whether these headers name an actor who counts.
    pub(crate) fn count(self, headers: &HeaderMap) -> bool {
        match self {
            Self::Refused => false,
            Self::FromThisMachine => are_sent(headers) && is_local(headers),
            Self::Trusted => are_sent(headers),
        }
    }
}

fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    host.is_some_and(|host| {
        let name = host.host().trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}

/// Whether a request tries to name its actor.
fn are_sent(headers: &HeaderMap) -> bool {
    [ACTOR_ID, ACTOR_ROLE, ACTOR_TYPE, ACCOUNT_SCOPE, SITE_SCOPE].iter().any(|name| headers.contains_key(name))
}

/// The actor that the headers name. Scopes left out are everything. Errors: 400 `MISSING_ACTOR_CONTEXT` without id or
/// role, 400 `INVALID_ACTOR_CONTEXT` when one cannot be read.
pub(crate) fn actor(headers: &HeaderMap) -> Result<Actor, ApiError> {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?").trim());
    let missing = || ApiError::new(Code::MissingActorContext, "X-Actor-Id and X-Actor-Role must name the actor");
    let id = text(&ACTOR_ID).filter(|id| !id.is_empty()).ok_or_else(missing)?;
    let role = text(&ACTOR_ROLE).filter(|role| !role.is_empty()).ok_or_else(missing)?;
    let id = Uuid::parse_str(id).map_err(|_| invalid("X-Actor-Id must be a UUID"))?;
    let given_type = match text(&ACTOR_TYPE) {
        None => None,
        Some(word) => Some(word.to_ascii_uppercase().parse().map_err(|_| invalid("X-Actor-Type is not one we know"))?),
    };
    // Whoever sends these headers is a person, unless they say otherwise.
    let role = Role::from_claim(role, given_type.or(Some(ActorType::Human)))
        .ok_or_else(|| invalid("X-Actor-Role is not one we know"))?;
    Ok(Actor {
        id: ActorId(id),
        name: None,
        role,
        actor_type: role.actor_type(given_type),
        accounts: scope(text(&ACCOUNT_SCOPE), "X-Account-Scope must be * or UUIDs separated by commas")?,
        sites: scope(text(&SITE_SCOPE), "X-Site-Scope must be * or UUIDs separated by commas")?,
        teams: std::collections::BTreeSet::new(),
        portal: None,
        session: None,
        conversation: None,
        tools: patchbay_core::tool::Grant::Everything,
    })
}

fn scope<Id: Ord + From<Uuid>>(text: Option<&str>, problem: &str) -> Result<Scope<Id>, ApiError> {
    let Some(text) = text else { return Ok(Scope::All) };
    scope_of(&WordList::Text(text.into())).ok_or_else(|| invalid(problem))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new(Code::InvalidActorContext, message)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const ID: &str = "0190c8a0-0000-7000-8000-000000000001";

    fn headers(sent: &[(&'static str, &str)]) -> HeaderMap {
        sent.iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("plain")))
            .collect()
    }

    #[track_caller]
    fn check(sent: &[(&'static str, &str)], expect: Result<(Role, ActorType), Code>) {
        let actor = actor(&headers(sent)).map(|actor| (actor.role, actor.actor_type)).map_err(|error| error.code());
        assert_eq!(actor, expect, "{sent:?}");
    }

    #[test]
    fn id_and_role_make_an_actor() {
        check(&[("x-actor-id", ID), ("x-actor-role", "dispatcher")], Ok((Role::Dispatcher, ActorType::Human)));
        check(&[("x-actor-id", ID), ("x-actor-role", "tech")], Ok((Role::Technician, ActorType::Human)));
        check(&[("x-actor-id", ID), ("x-actor-role", "agent")], Ok((Role::SupportAgent, ActorType::Human)));
        let agent = [("x-actor-id", ID), ("x-actor-role", "agent"), ("x-actor-type", "agent")];
        check(&agent, Ok((Role::AiAgent, ActorType::Agent)));
    }

    #[test]
    fn what_is_missing_or_unknown_is_refused() {
        check(&[("x-actor-role", "dispatcher")], Err(Code::MissingActorContext));
        check(&[("x-actor-id", ID)], Err(Code::MissingActorContext));
        check(&[("x-actor-id", "7"), ("x-actor-role", "dispatcher")], Err(Code::InvalidActorContext));
        check(&[("x-actor-id", ID), ("x-actor-role", "wizard")], Err(Code::InvalidActorContext));
        let typed = [("x-actor-id", ID), ("x-actor-role", "qa"), ("x-actor-type", "robot")];
        check(&typed, Err(Code::InvalidActorContext));
        let scoped = [("x-actor-id", ID), ("x-actor-role", "qa"), ("x-site-scope", "here,there")];
        check(&scoped, Err(Code::InvalidActorContext));
    }

    #[test]
    fn only_whoever_names_this_machine_is_believed_unless_all_are() {
        for (host, local) in [("127.0.0.1:8080", true), ("localhost", true), ("[::1]:80", true), ("evil.test", false)] {
            let sent = headers(&[("x-actor-id", ID), ("host", host)]);
            assert_eq!(DevelopmentHeaders::FromThisMachine.count(&sent), local, "{host}");
            assert!(DevelopmentHeaders::Trusted.count(&sent));
            assert!(!DevelopmentHeaders::Refused.count(&sent));
        }
        assert!(!DevelopmentHeaders::Trusted.count(&headers(&[("x-tool-name", "ticket.read")])));
    }

    #[test]
    fn scopes_are_everything_unless_they_are_given() {
        let wide = actor(&headers(&[("x-actor-id", ID), ("x-actor-role", "qa")])).expect("an actor");
        assert_eq!((wide.accounts, wide.sites), (Scope::All, Scope::All));
        let narrow = [("x-actor-id", ID), ("x-actor-role", "qa"), ("x-account-scope", ID), ("x-site-scope", "")];
        let narrow = actor(&headers(&narrow)).expect("an actor");
        assert_eq!(narrow.accounts, Scope::Only([Uuid::parse_str(ID).expect("an id").into()].into()));
        assert!(narrow.sites.is_empty());
    }
}
