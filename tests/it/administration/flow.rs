//! Routing rules and service levels: what cannot work is refused with the field named, what works is kept in versions.

use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::{Answer, World};

both_engines! {
    a_rule_is_made_changed_tried_and_switched_off;
    a_rule_that_cannot_work_is_refused_with_its_field;
    a_service_level_is_made_changed_and_taken_out_of_force;
    a_service_level_that_cannot_work_is_refused_with_its_field;
    a_team_has_business_hours_and_people_have_skills;
}

#[track_caller]
fn check_refused(answer: &Answer, path: &str) {
    assert_eq!((answer.status, answer.code()), (400, "INVALID_REQUEST"), "{path}: {}", answer.body);
    assert_eq!(answer.text("/error/validation_errors/0/path"), path);
}

async fn a_rule_is_made_changed_tried_and_switched_off(database: TestDatabase) {
    let world = World::new(database).await;
    let admin = world.admin();
    let rule = json!({ "name": "Access", "order": 10, "when": { "keywords_any": ["acceso"], "channel": ["sms"] },
                       "then": { "team": "support", "priority": "high", "tags": ["access"] } });
    let made = world.post("/api/v1/routing-rules").bearer(&admin).json(rule).send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!((made.text("/then/team"), &made.body["version"]), ("support", &json!(1)));
    let path = format!("/api/v1/routing-rules/{}", made.text("/id"));
    let changed = world.ask(axum::http::Method::PATCH, &path).bearer(&admin).json(json!({ "order": 20 })).send().await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    assert_eq!(changed.text("/when/keywords_any/0"), "acceso");
    let dry_run = |body: Value| world.post("/api/v1/routing-rules/dry-run").bearer(&admin).json(body);
    let found = dry_run(json!({ "text": "¿Dónde está el ACCESO?" })).send().await;
    assert_eq!((found.status, &found.body["matched"]), (200, &json!(true)), "{}", found.body);
    assert_eq!((found.text("/rule_id"), &found.body["rule_version"]), (made.text("/id"), &json!(2)));
    assert_eq!((found.text("/team"), found.text("/priority")), ("support", "high"));
    let draft = json!({ "text": "hello", "rule": { "then": { "team": "sales" } } });
    assert_eq!(dry_run(draft).send().await.text("/team"), "sales");
    let list = world.get("/api/v1/routing-rules").bearer(&admin).send().await;
    assert_eq!(list.body["data"].as_array().map(Vec::len), Some(1));
    let gone = world.ask(axum::http::Method::DELETE, &path).bearer(&admin).send().await;
    assert_eq!((gone.status, &gone.body["enabled"]), (200, &json!(false)));
    assert_eq!(dry_run(json!({ "text": "acceso" })).send().await.body["matched"], false);
    let agent = world.token("support_agent", &["support"]);
    assert_eq!(world.post("/api/v1/routing-rules").bearer(&agent).json(json!({})).send().await.status, 400);
    let rule = json!({ "name": "x", "then": { "team": "sales" } });
    assert_eq!(world.post("/api/v1/routing-rules").bearer(&agent).json(rule).send().await.status, 403);
}

async fn a_rule_that_cannot_work_is_refused_with_its_field(database: TestDatabase) {
    let world = World::new(database).await;
    let admin = world.admin();
    for (when, then, path) in [
        (json!({}), json!({ "team": "nowhere" }), "then.team"),
        (json!({ "regex": "(" }), json!({ "team": "support" }), "when.regex"),
        (json!({ "channel": ["fax"] }), json!({ "team": "support" }), "when.channel"),
        (json!({ "language": ["de"] }), json!({ "team": "support" }), "when.language"),
        (json!({ "weather": "rain" }), json!({ "team": "support" }), "when.weather"),
        (json!({ "menu_choice": ["7"] }), json!({ "team": "support" }), "when.menu_choice[0]"),
        (json!({}), json!({ "priority": "soon" }), "then.priority"),
        (json!({}), json!({ "ask": "weather" }), "then.ask"),
        (json!({}), json!({ "assign_to": "0190c8a0-0000-7000-8000-000000000000" }), "then.assign_to"),
        (json!({}), json!({}), "then"),
    ] {
        let rule = json!({ "name": "Bad", "when": when, "then": then });
        let answer = world.post("/api/v1/routing-rules").bearer(&admin).json(rule).send().await;
        check_refused(&answer, path);
    }
}

async fn a_service_level_is_made_changed_and_taken_out_of_force(database: TestDatabase) {
    let world = World::new(database).await;
    let admin = world.admin();
    let policy =
        json!({ "team": "support", "priority": "urgent", "frt_s": 120, "resolution_s": 600, "escalation_s": 300 });
    let made = world.post("/api/v1/sla-policies").bearer(&admin).json(policy.clone()).send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!((made.text("/team/slug"), made.text("/calendar")), ("support", "always"));
    let twice = world.post("/api/v1/sla-policies").bearer(&admin).json(policy.clone()).send().await;
    assert_eq!((twice.status, twice.code()), (409, "ALREADY_EXISTS"));
    let path = format!("/api/v1/sla-policies/{}", made.text("/id"));
    let hours = json!([{ "weekday": 0, "open": "09:00", "close": "17:00" }]);
    let change = json!({ "escalation_s": null, "calendar": { "timezone": "America/Toronto", "hours": hours } });
    let changed = world.ask(axum::http::Method::PATCH, &path).bearer(&admin).json(change).send().await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    assert_eq!(changed.text("/calendar/timezone"), "America/Toronto");
    assert_eq!(changed.body["escalation_s"], Value::Null);
    let gone = world.ask(axum::http::Method::DELETE, &path).bearer(&admin).send().await;
    assert_eq!((gone.status, &gone.body["is_active"]), (200, &json!(false)));
    // Out of force, it makes room for another.
    assert_eq!(world.post("/api/v1/sla-policies").bearer(&admin).json(policy).send().await.status, 201);
}

async fn a_service_level_that_cannot_work_is_refused_with_its_field(database: TestDatabase) {
    let world = World::new(database).await;
    let admin = world.admin();
    let with = |changes: Value| {
        let mut policy = json!({ "team": "support", "priority": "high", "frt_s": 300 });
        for (name, value) in changes.as_object().expect("an object") {
            policy[name] = value.clone();
        }
        policy
    };
    let calendar = |zone: &str, open: &str, close: &str| json!({ "calendar": { "timezone": zone, "hours": [{ "weekday": 0, "open": open, "close": close }] } });
    for (changes, path) in [
        (json!({ "team": "nowhere" }), "team"),
        (json!({ "priority": "soon" }), "priority"),
        (json!({ "frt_s": 0 }), "frt_s"),
        (json!({ "resolution_s": 10 }), "resolution_s"),
        (json!({ "calendar": "sometimes" }), "calendar"),
        (calendar("Mars/Base", "09:00", "17:00"), "calendar.timezone"),
        (calendar("UTC", "09:00", "09:00"), "calendar.hours"),
        (calendar("UTC", "25:00", "26:00"), "calendar.hours"),
    ] {
        let answer = world.post("/api/v1/sla-policies").bearer(&admin).json(with(changes)).send().await;
        check_refused(&answer, path);
    }
}

async fn a_team_has_business_hours_and_people_have_skills(database: TestDatabase) {
    let world = World::new(database).await;
    let admin = world.admin();
    let change = |body: Value| world.ask(axum::http::Method::PATCH, "/api/v1/teams/support").bearer(&admin).json(body);
    let hours = json!([{ "weekday": 4, "open": "22:00", "close": "06:00" }]);
    let body =
        json!({ "timezone": "Europe/Paris", "business_hours": hours, "holidays": ["2026-12-25"], "auto_assign": true });
    let changed = change(body).send().await;
    assert_eq!((changed.status, &changed.body["business_hours"]), (200, &hours), "{}", changed.body);
    assert_eq!((&changed.body["auto_assign"], changed.text("/holidays/0")), (&json!(true), "2026-12-25"));
    check_refused(&change(json!({ "timezone": "Mars/Base" })).send().await, "timezone");
    check_refused(
        &change(json!({ "business_hours": [{ "weekday": 9, "open": "09:00", "close": "17:00" }] })).send().await,
        "business_hours",
    );
    check_refused(&change(json!({ "holidays": ["some day"] })).send().await, "holidays[0]");
    let user = world.user("maya@demo.test", "support_agent", &["support"]).await;
    let path = format!("/api/v1/users/{}", user["id"].as_str().expect("an id"));
    let skilled =
        world.ask(axum::http::Method::PATCH, &path).bearer(&admin).json(json!({ "skills": { "billing": 4 } }));
    let skilled = skilled.send().await;
    assert_eq!((skilled.status, &skilled.body["skills"]), (200, &json!({ "billing": 4 })), "{}", skilled.body);
    let wrong = world.ask(axum::http::Method::PATCH, &path).bearer(&admin).json(json!({ "skills": { "billing": 9 } }));
    check_refused(&wrong.send().await, "skills.billing");
}
