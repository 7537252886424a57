use serde_json::{Value, json};

use super::*;
use crate::token::MIN_SECRET_BYTES;

const SUBJECT: &str = "0190c8a0-0000-7000-8000-000000000001";

fn gate(audience: Option<&str>) -> Gate {
    let secret = patchbay_core::secret::Secret::new("s".repeat(MIN_SECRET_BYTES));
    Gate {
        keys: TokenKeys::new(&secret, None, audience.map(str::to_owned)),
        directory: SharedDirectory::default(),
        clock: Clock::system(),
        allowed_origins: Arc::new([]),
        rates: ActorRates::default(),
        development: DevelopmentHeaders::FromThisMachine,
    }
}

fn claims(changes: &Value) -> Claims {
    let mut all = json!({ "sub": SUBJECT, "role": "qa", "exp": Clock::system().now().timestamp() + 600 });
    for (name, value) in changes.as_object().expect("an object") {
        all[name] = value.clone();
    }
    serde_json::from_value(all).expect("claims")
}

#[track_caller]
fn check(changes: &Value, expect: Result<(Role, ActorType), (Code, &str)>) {
    let case = changes.to_string();
    let actor = gate(None).resolve(&claims(changes));
    let found = actor.map(|actor| (actor.role, actor.actor_type)).map_err(|error| error.code());
    assert_eq!(found, expect.map_err(|(code, _)| code), "{case}");
    if let Err((code, dimension)) = expect {
        assert_eq!(code.dimension(), Some(dimension), "{case}");
    }
}

#[test]
fn a_role_says_what_kind_of_being_acts() {
    for role in Role::ALL {
        check(&json!({ "role": role.as_str() }), Ok((*role, role.default_actor_type())));
    }
    check(&json!({ "role": "dispatcher" }), Ok((Role::Dispatcher, ActorType::Human)));
    check(&json!({ "role": "ai_agent" }), Ok((Role::AiAgent, ActorType::Agent)));
    check(&json!({ "role": "system" }), Ok((Role::System, ActorType::Service)));
    check(&json!({ "role": "dispatcher", "actor_type": "service" }), Ok((Role::Dispatcher, ActorType::Service)));
    check(&json!({ "role": "ai_agent", "actor_type": "HUMAN" }), Ok((Role::AiAgent, ActorType::Agent)));
}

#[test]
fn the_aliases_of_the_originals_are_understood_and_no_others() {
    check(&json!({ "role": "tech" }), Ok((Role::Technician, ActorType::Human)));
    check(&json!({ "role": "audit" }), Ok((Role::Auditor, ActorType::Human)));
    check(&json!({ "role": "agent", "actor_type": "AGENT" }), Ok((Role::AiAgent, ActorType::Agent)));
    check(&json!({ "role": "agent", "actor_type": "HUMAN" }), Ok((Role::SupportAgent, ActorType::Human)));
    check(&json!({ "role": "agent" }), Ok((Role::AiAgent, ActorType::Agent)));
    for unknown in ["assistant", "bot", "root", "Admin", ""] {
        check(&json!({ "role": unknown }), Err((Code::UnknownRole, "role")));
    }
    assert_eq!(Code::UnknownRole.as_str(), "INVALID_AUTH_CLAIMS");
    check(&json!({ "role": "qa", "actor_type": "ROBOT" }), Err((Code::InvalidAuthClaims, "policy")));
    check(&json!({ "sub": "maria" }), Err((Code::InvalidAuthClaims, "policy")));
    check(&json!({ "site_ids": ["everywhere"] }), Err((Code::InvalidAuthClaims, "policy")));
}

#[test]
fn a_token_is_for_one_portal() {
    let portal = |audience: Option<&str>, aud: Value| {
        gate(audience).resolve(&claims(&json!({ "aud": aud }))).map(|actor| actor.portal).map_err(|error| error.code())
    };
    assert_eq!(portal(None, json!("technician")), Ok(Some(Portal::Technician)));
    assert_eq!(portal(None, json!(["dispatch-api"])), Ok(None));
    assert_eq!(portal(Some("dispatch-api"), json!(["dispatch-api", "admin"])), Ok(Some(Portal::Admin)));
    assert_eq!(portal(Some("service"), json!(["technician", "service"])), Ok(Some(Portal::Technician)));
    assert_eq!(portal(Some("service"), json!("service")), Ok(Some(Portal::Service)));
    assert_eq!(portal(None, json!(["technician", "admin"])), Err(Code::InvalidAuthClaims));
}

fn headers(sent: &[(&'static str, &str)]) -> HeaderMap {
    sent.iter()
        .map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().expect("plain")))
        .collect()
}

#[tokio::test]
async fn development_headers_stand_in_for_a_token_and_never_beside_one() {
    let named = [("x-actor-id", SUBJECT), ("x-actor-role", "dispatcher")];
    let trusting = gate(None);
    let (actor, proof) = trusting.admit(&headers(&named)).await.expect("an actor");
    assert_eq!((actor.role, proof), (Role::Dispatcher, Proof::DevelopmentHeaders));
    let code = async |gate: &Gate, sent: &[(&'static str, &str)]| {
        gate.admit(&headers(sent)).await.err().map(|error| error.code())
    };
    assert_eq!(code(&trusting, &[]).await, Some(Code::AuthRequired));
    assert_eq!(code(&trusting, &[("x-tool-name", "ticket.read")]).await, Some(Code::AuthRequired));
    assert_eq!(code(&trusting, &named[..1]).await, Some(Code::MissingActorContext));
    let [id, role] = named;
    assert_eq!(code(&trusting, &[id, role, ("authorization", "Bearer x")]).await, Some(Code::InvalidAuthToken));
    assert_eq!(code(&trusting, &[id, role, ("authorization", "Basic x")]).await, Some(Code::InvalidAuthToken));
    let strict = Gate { development: DevelopmentHeaders::Refused, ..gate(None) };
    assert_eq!(code(&strict, &named).await, Some(Code::AuthRequired));
    let keyless = Gate { keys: None, ..gate(None) };
    assert_eq!(code(&keyless, &[("authorization", "Bearer x")]).await, Some(Code::AuthConfigError));
}
