//! `patchbay token`.

use patchbay_core::clock::Clock;
use patchbay_core::ids::{ActorId, RequestId};
use patchbay_core::role::{ActorType, Portal, Role};
use patchbay_http::{Claims, TokenKeys, WordList};
use uuid::Uuid;

use super::{CommandError, print};
use crate::cli::TokenArgs;
use crate::settings::{Environment, Settings, development_secret};

/// Prints a token signed with the configured secret.
pub(super) fn run(settings: &Settings, arguments: TokenArgs) -> Result<(), CommandError> {
    let usage = |message: &str| CommandError::Usage(message.to_owned());
    let actor_type = match &arguments.actor_type {
        None => None,
        Some(text) => {
            Some(text.to_uppercase().parse::<ActorType>().map_err(|_| usage("--actor-type: not one we know"))?)
        }
    };
    Role::from_claim(&arguments.role, actor_type).ok_or_else(|| usage("--role: not one we know"))?;
    if let Some(portal) = &arguments.aud {
        portal.parse::<Portal>().map_err(|_| usage("--aud: not one we know"))?;
    }
    for id in arguments.accounts.iter().chain(&arguments.sites).filter(|id| *id != "*") {
        Uuid::parse_str(id).map_err(|_| usage("--account and --site take an id or *"))?;
    }
    let secret = match &settings.auth.jwt_secret {
        Some(secret) => secret.clone(),
        None if settings.env == Environment::Production => {
            return Err(usage("settings: auth.jwt_secret is not set; tokens are made by the issuer of auth.jwks_url"));
        }
        None => development_secret(&settings.data_dir)
            .map_err(|error| CommandError::Failed(format!("data_dir cannot be used: {error}")))?,
    };
    let keys = TokenKeys::new(&secret, settings.auth.issuer.clone(), settings.auth.audience.clone())
        .ok_or_else(|| usage("settings: auth.jwt_secret is too short"))?;
    let now = Clock::system().now();
    let list = |words: Vec<String>| (!words.is_empty()).then_some(WordList::List(words));
    let claims = Claims {
        sub: arguments.sub.unwrap_or_else(|| ActorId::new().into()).to_string(),
        role: arguments.role,
        exp: (now + arguments.ttl).timestamp(),
        iat: Some(now.timestamp()),
        aud: list(arguments.aud.into_iter().chain(settings.auth.audience.clone()).collect()),
        actor_type: arguments.actor_type,
        name: arguments.name,
        team_ids: list(arguments.teams),
        account_ids: list(arguments.accounts),
        site_ids: list(arguments.sites),
        conv: arguments.conversation,
        jti: Some(RequestId::new().to_string()),
        ..Claims::default()
    };
    let token = keys.issue(claims).map_err(|_| CommandError::Failed("the token cannot be signed".into()))?;
    print(&token);
    Ok(())
}
