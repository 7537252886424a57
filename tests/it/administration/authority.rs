//! Every route of the administration × every role.

use axum::http::Method;
use patchbay_http::{Claims, WordList};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;

use super::world::World;

both_engines! {
    every_route_opens_for_its_roles_only;
    a_token_of_another_portal_opens_nothing;
    nobody_gets_in_without_a_token;
}

const ROLES: [&str; 14] = [
    "admin", "supervisor", "team_lead", "support_agent", "dispatcher", "technician", "vendor", "qa", "approver",
    "finance", "customer", "ai_agent", "system", "auditor",
];
const COLLEAGUES: &[&str] = &["admin", "supervisor", "team_lead", "support_agent", "dispatcher", "auditor"];
const LEADS: &[&str] = &["admin", "supervisor", "team_lead", "auditor"];
const ADMIN: &[&str] = &["admin"];
const NOBODY: &str = "0198c0de-0000-7000-8000-00000000ffff";

/// Method, path and the roles it opens for. Writes carry an empty body: who may write learns that it does not fit.
const ROUTES: [(&str, &str, &[&str]); 27] = [
    ("GET", "/api/v1/users", COLLEAGUES),
    ("POST", "/api/v1/users", ADMIN),
    ("GET", "/api/v1/users/{id}", COLLEAGUES),
    ("PATCH", "/api/v1/users/{id}", ADMIN),
    ("DELETE", "/api/v1/users/{id}", ADMIN),
    ("GET", "/api/v1/teams", COLLEAGUES),
    ("POST", "/api/v1/teams", ADMIN),
    ("GET", "/api/v1/teams/{id}", COLLEAGUES),
    ("PATCH", "/api/v1/teams/{id}", ADMIN),
    ("DELETE", "/api/v1/teams/{id}", ADMIN),
    ("GET", "/api/v1/teams/support/members", COLLEAGUES),
    ("PUT", "/api/v1/teams/{id}/members/{id}", ADMIN),
    ("DELETE", "/api/v1/teams/{id}/members/{id}", ADMIN),
    ("GET", "/api/v1/inboxes", LEADS),
    ("POST", "/api/v1/inboxes", ADMIN),
    ("GET", "/api/v1/inboxes/{id}", LEADS),
    ("PATCH", "/api/v1/inboxes/{id}", ADMIN),
    ("DELETE", "/api/v1/inboxes/{id}", ADMIN),
    ("GET", "/api/v1/canned-responses", COLLEAGUES),
    ("GET", "/api/v1/canned-responses/{id}", COLLEAGUES),
    ("POST", "/api/v1/canned-responses", ADMIN),
    ("PATCH", "/api/v1/canned-responses/{id}", ADMIN),
    ("DELETE", "/api/v1/canned-responses/{id}", ADMIN),
    ("GET", "/api/v1/templates", COLLEAGUES),
    ("POST", "/api/v1/templates", ADMIN),
    ("PATCH", "/api/v1/templates/{id}", ADMIN),
    ("DELETE", "/api/v1/templates/{id}", ADMIN),
];

/// Bodies that fit, so that only the role decides.
fn body(method: &str, path: &str) -> Option<serde_json::Value> {
    Some(match (method, path) {
        ("PATCH", _) => json!({}),
        ("POST", "/api/v1/users") => json!({ "email": "x@demo.test", "full_name": "X", "role": "qa" }),
        ("POST", "/api/v1/teams") => json!({ "slug": "night", "name": "Night" }),
        ("POST", "/api/v1/inboxes") => json!({ "name": "site", "channel": "chat" }),
        ("POST", "/api/v1/canned-responses") => json!({ "shortcut": "x", "text": "X" }),
        ("POST", "/api/v1/templates") => {
            json!({ "inbox": "none", "name": "x", "language": "en", "category": "UTILITY", "body": "X" })
        }
        _ => return None,
    })
}

async fn every_route_opens_for_its_roles_only(database: TestDatabase) {
    let world = World::new(database).await;
    for (method, path, allowed) in ROUTES {
        for role in ROLES {
            let token = world.token(role, &["support"]);
            let ask =
                world.ask(Method::from_bytes(method.as_bytes()).expect("it is there"), &path.replace("{id}", NOBODY));
            let ask = ask.bearer(&token);
            let answer = match body(method, path) {
                None => ask.send().await,
                Some(body) => ask.json(body).send().await,
            };
            if allowed.contains(&role) {
                assert!(
                    matches!(answer.status, 200 | 201 | 204 | 400 | 404 | 409),
                    "{role} {method} {path}: {} {}",
                    answer.status,
                    answer.body
                );
            } else {
                assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"), "{role} {method} {path}");
                assert_eq!(answer.text("/error/policy_error/dimension"), "role");
            }
        }
    }
}

async fn a_token_of_another_portal_opens_nothing(database: TestDatabase) {
    let world = World::new(database).await;
    for portal in ["technician", "customer"] {
        let token = world.token_with(Claims {
            sub: NOBODY.into(),
            role: "admin".into(),
            aud: Some(WordList::Text(portal.into())),
            ..Claims::default()
        });
        let answer = world.get("/api/v1/users").bearer(&token).send().await;
        assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"), "{portal}");
    }
}

async fn nobody_gets_in_without_a_token(database: TestDatabase) {
    let world = World::new(database).await;
    for (method, path, _) in ROUTES {
        let ask = world.ask(Method::from_bytes(method.as_bytes()).expect("it is there"), &path.replace("{id}", NOBODY));
        let answer = ask.json(json!({})).send().await;
        assert_eq!((answer.status, answer.code()), (401, "AUTH_REQUIRED"), "{method} {path}");
    }
}
