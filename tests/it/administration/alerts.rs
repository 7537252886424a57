//! Alerts over the API: rules, ladders and schedules that cannot work are refused with the field named; alerts are
//! looked after by whoever may see them.

use std::time::Duration;

use axum::http::Method;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{EventId, TeamId};
use patchbay_hub::alerts::{Reader, Taken};
use patchbay_store::events;
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::{Answer, World};

/// Nobody has this id.
const NOBODY: &str = "0190c8a0-0000-7000-8000-000000000000";

both_engines! {
    what_cannot_work_is_refused_with_its_field;
    a_circle_of_ladders_is_refused;
    an_internal_address_of_slack_is_refused_and_a_secret_one_not_shown;
    a_ladder_in_use_stays_in_use;
    a_schedule_tells_who_is_on_call_over_clock_changes;
    an_alert_is_acknowledged_snoozed_given_away_and_resolved;
    whoever_may_not_see_an_alert_does_not_find_it;
    preferences_are_kept_for_each_person;
    every_version_of_a_rule_counts_and_the_first_that_applies_decides;
    words_for_alerts_are_kept_shown_filled_in_and_refused_when_they_cannot_be;
}

async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.post(path).bearer(&world.admin()).json(body).send().await
}

async fn patch(world: &World, path: &str, body: Value) -> Answer {
    world.ask(Method::PATCH, path).bearer(&world.admin()).json(body).send().await
}

/// The field that a refusal names.
fn field(answer: &Answer) -> String {
    assert_eq!(answer.status, 400, "{}", answer.body);
    let errors = answer.body.pointer("/error/validation_errors/0");
    let path = errors.and_then(|error| error.get("path").or_else(|| error.get("field")));
    path.and_then(Value::as_str).unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

fn console(kind: &str, id: &str) -> Value {
    json!({ "notify": [{ "type": kind, "id": id }], "channels": ["console"], "wait_s": 60 })
}

async fn ladder(world: &World, steps: Value) -> String {
    let made = post(world, "/api/v1/escalation-ladders", json!({ "name": "Night", "steps": steps })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.text("/id").to_owned()
}

async fn what_cannot_work_is_refused_with_its_field(database: TestDatabase) {
    let world = World::new(database).await;
    for (steps, path) in [
        (json!([console("team", "nowhere")]), "steps[0].notify[0].id"),
        (json!([console("team", "support"), console("user", NOBODY)]), "steps[1].notify[0].id"),
        (json!([console("schedule", NOBODY)]), "steps[0].notify[0].id"),
        (json!([console("role", "customer")]), "steps[0].notify[0].id"),
        (json!([console("planet", "mars")]), "steps[0].notify[0].type"),
        (json!([{ "notify": [], "channels": ["email"] }]), "steps[0].notify"),
        (json!([{ "notify": [], "channels": ["pigeon"] }]), "steps[0].channels[0]"),
        (json!([{ "notify": [], "channels": ["slack"] }]), "steps[0].slack_url"),
        (json!([{ "notify": [{ "type": "team", "id": "support" }], "wait_s": -1 }]), "steps[0].wait_s"),
        (json!([{ "notify": [{ "type": "team", "id": "support" }], "sms_inbox": "none" }]), "steps[0].sms_inbox"),
        (json!([]), "steps"),
    ] {
        let refused = post(&world, "/api/v1/escalation-ladders", json!({ "name": "Night", "steps": steps })).await;
        assert_eq!(field(&refused), path);
    }
    for (rule, path) in [
        (json!({ "name": "r", "when": { "teams": ["nowhere"] } }), "when.teams[0]"),
        (json!({ "name": "r", "when": { "inboxes": ["none"] } }), "when.inboxes[0]"),
        (json!({ "name": "r", "when": { "weather": "rain" } }), "when.weather"),
        (json!({ "name": "r", "when": { "events": ["something.else"] } }), "when.events"),
        (json!({ "name": "r", "when": { "metric": "WEATHER" } }), "when.metric"),
        (json!({ "name": "r", "when": { "metric": "SLOW_FRT", "at_least": 5, "clear_at": 9 } }), "when.clear_at"),
        (json!({ "name": "r", "when": {}, "severity": "terrible" }), "severity"),
        (json!({ "name": "r", "when": {}, "group_by": ["moon"] }), "group_by[0]"),
        (json!({ "name": "r", "when": {}, "ladder_id": NOBODY }), "ladder_id"),
    ] {
        assert_eq!(field(&post(&world, "/api/v1/alert-rules", rule).await), path);
    }
    let user = world.user("ann@demo.test", "support_agent", &["support"]).await;
    let rotation = json!({ "users": [user["id"]], "starts_on": "2026-01-05", "handoff": "09:00", "days": 7 });
    let with = |key: &str, value: Value| {
        let mut rotation = rotation.clone();
        rotation[key] = value;
        json!({ "name": "s", "timezone": "UTC", "rotations": [rotation] })
    };
    for (schedule, path) in [
        (json!({ "name": "s", "timezone": "Mars/Base", "rotations": [rotation] }), "timezone"),
        (json!({ "name": "s", "timezone": "UTC", "rotations": [] }), "rotations"),
        (with("users", json!([NOBODY])), "rotations[0].users[0]"),
        (with("users", json!([])), "rotations[0].users"),
        (with("starts_on", json!("soon")), "rotations[0].starts_on"),
        (with("handoff", json!("25:00")), "rotations[0].handoff"),
        (with("days", json!(0)), "rotations[0].days"),
        (
            json!({ "name": "s", "timezone": "UTC", "rotations": [rotation], "overrides": [
                { "user": user["id"], "from": "2026-01-06T00:00:00Z", "until": "2026-01-05T00:00:00Z" }] }),
            "overrides[0].until",
        ),
    ] {
        assert_eq!(field(&post(&world, "/api/v1/on-call-schedules", schedule).await), path);
    }
}

async fn a_circle_of_ladders_is_refused(database: TestDatabase) {
    let world = World::new(database).await;
    let first = ladder(&world, json!([console("team", "support")])).await;
    let second = post(
        &world,
        "/api/v1/escalation-ladders",
        json!({ "name": "Second", "steps": [console("team", "sales")], "next": first }),
    )
    .await;
    assert_eq!(second.status, 201, "{}", second.body);
    let path = format!("/api/v1/escalation-ladders/{first}");
    assert_eq!(field(&patch(&world, &path, json!({ "next": second.text("/id") })).await), "next");
    assert_eq!(field(&patch(&world, &path, json!({ "next": first })).await), "next");
}

async fn an_internal_address_of_slack_is_refused_and_a_secret_one_not_shown(database: TestDatabase) {
    let world = World::new(database).await;
    let slack = |url: &str| json!([{ "channels": ["slack"], "slack_url": url }]);
    for url in ["https://169.254.169.254/latest", "http://hooks.slack.com/services/x", "https://localhost/x"] {
        let body = json!({ "name": "Slack", "steps": slack(url) });
        assert_eq!(field(&post(&world, "/api/v1/escalation-ladders", body).await), "steps[0].slack_url");
    }
    let id = ladder(&world, slack("https://hooks.slack.com/services/T0/B0/topsecret")).await;
    let path = format!("/api/v1/escalation-ladders/{id}");
    let shown = world.get(&path).bearer(&world.admin()).send().await;
    assert!(!shown.body.to_string().contains("topsecret"), "{}", shown.body);
    // What was shown may be sent back.
    let changed = patch(&world, &path, json!({ "name": "Renamed", "steps": shown.body["steps"] })).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["steps"], shown.body["steps"]);
}

async fn a_ladder_in_use_stays_in_use(database: TestDatabase) {
    let world = World::new(database).await;
    let id = ladder(&world, json!([console("team", "support")])).await;
    let rule = post(&world, "/api/v1/alert-rules", json!({ "name": "r", "when": {}, "ladder_id": id })).await;
    assert_eq!(rule.status, 201, "{}", rule.body);
    let path = format!("/api/v1/escalation-ladders/{id}");
    let refused = world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!((refused.status, refused.code()), (409, "INVALID_STATE_TRANSITION"));
    let rule = format!("/api/v1/alert-rules/{}", rule.text("/id"));
    assert_eq!(patch(&world, &rule, json!({ "ladder_id": null })).await.status, 200);
    assert_eq!(world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await.status, 200);
}

async fn a_schedule_tells_who_is_on_call_over_clock_changes(database: TestDatabase) {
    let world = World::new(database).await;
    let ann = world.user("ann@demo.test", "support_agent", &["support"]).await;
    let bob = world.user("bob@demo.test", "support_agent", &["support"]).await;
    let made = post(
        &world,
        "/api/v1/on-call-schedules",
        json!({ "name": "House", "timezone": "America/Toronto",
                "rotations": [{ "users": [ann["id"], bob["id"]], "starts_on": "2026-03-07", "handoff": "09:00", "days": 1 }],
                "overrides": [{ "user": bob["id"], "from": "2026-03-09T15:00:00Z", "until": "2026-03-09T16:00:00Z" }] }),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.text("/id");
    for (at, who, source) in [
        ("2026-03-07T14:00:00Z", &ann, "rotation"),
        ("2026-03-08T12:59:59Z", &ann, "rotation"),
        ("2026-03-08T13:00:00Z", &bob, "rotation"),
        ("2026-03-09T15:30:00Z", &bob, "override"),
        ("2026-03-09T16:00:00Z", &ann, "rotation"),
    ] {
        let path = format!("/api/v1/on-call-schedules/{id}/on-call?at={at}");
        let answer = world.get(&path).bearer(&world.admin()).send().await;
        assert_eq!((&answer.body["user"]["id"], answer.text("/source")), (&who["id"], source), "{at}");
    }
    let before = format!("/api/v1/on-call-schedules/{id}/on-call?at=2026-03-07T13:59:59Z");
    assert_eq!(world.get(&before).bearer(&world.admin()).send().await.body["user"], Value::Null);
}

/// Raises an alert in a team and takes it.
async fn raise(world: &World, code: &str, team: Option<TeamId>) {
    let event = NewEvent {
        id: EventId::new(),
        name: EventName::AlertRaised,
        conversation_id: None,
        conversation_seq: None,
        ticket_id: None,
        audience: Audience { team_id: team, ..Audience::default() },
        payload: json!({ "alert": { "code": code } }).to_string(),
        created_at: world.hub.gate.clock.now(),
    };
    let mut tx = world.hub.db.begin().await.expect("a transaction");
    events::append(&mut tx, &[event]).await.expect("an event");
    tx.commit().await.expect("a commit");
    world.feed_is_settled().await;
    let mut reader = Reader::default();
    while reader.take(&world.hub).await.expect("taken") != Taken::Nothing {}
}

fn team(world: &World, slug: &str) -> TeamId {
    world.hub.directory().team(slug).expect("a team").id
}

async fn an_alert_is_acknowledged_snoozed_given_away_and_resolved(database: TestDatabase) {
    let world = World::new(database).await;
    let user = world.user("sue@demo.test", "supervisor", &["support"]).await;
    raise(&world, "TROUBLE", Some(team(&world, "support"))).await;
    let login = world.login("sue@demo.test", super::world::PASSWORD).await;
    let sue = login.text("/access_token").to_owned();
    let list = world.get("/api/v1/alerts?status=open").bearer(&sue).send().await;
    assert_eq!(list.body["data"].as_array().map(Vec::len), Some(1), "{}", list.body);
    let id = list.text("/data/0/id").to_owned();
    let path = |verb: &str| format!("/api/v1/alerts/{id}/{verb}");
    let snoozed = world.post(&path("snooze")).bearer(&sue).json(json!({ "minutes": 10 })).send().await;
    assert_eq!((snoozed.status, snoozed.text("/state")), (200, "snoozed"), "{}", snoozed.body);
    let bad = world.post(&path("snooze")).bearer(&sue).json(json!({})).send().await;
    assert_eq!(field(&bad), "until");
    let given = world.post(&path("assign")).bearer(&sue).json(json!({ "user_id": user["id"] })).send().await;
    assert_eq!(given.body["owner"]["id"], user["id"], "{}", given.body);
    world.advance(Duration::from_mins(1));
    let taken = world.post(&path("acknowledge")).bearer(&sue).send().await;
    assert_eq!((taken.text("/state"), taken.text("/acknowledged_via")), ("acknowledged", "console"));
    let version = taken.body["version"].as_i64().expect("a version");
    let again = world.post(&path("acknowledge")).bearer(&sue).send().await;
    assert_eq!(again.body["version"], version, "doing it again changes nothing");
    let stale = world.post(&path("resolve")).bearer(&sue).header("if-match", "\"1\"").json(json!({})).send().await;
    assert_eq!((stale.status, stale.code()), (409, "VERSION_CONFLICT"));
    let over = world.post(&path("resolve")).bearer(&sue).json(json!({ "reason": "fixed" })).send().await;
    assert_eq!((over.text("/state"), over.text("/resolved_reason")), ("resolved", "fixed"));
    let late = world.post(&path("acknowledge")).bearer(&sue).send().await;
    assert_eq!((late.status, late.code()), (409, "INVALID_STATE_TRANSITION"));
    let tools: Vec<String> = world.audit().await.into_iter().map(|row| row.entry.tool_name).collect();
    for tool in ["alert.snooze", "alert.assign", "alert.acknowledge", "alert.resolve"] {
        assert!(tools.iter().any(|known| known == tool), "{tool} in {tools:?}");
    }
    raise(&world, "TROUBLE", Some(team(&world, "support"))).await;
    let all = world.get("/api/v1/alerts").bearer(&sue).send().await;
    assert_eq!(all.body["data"].as_array().map(Vec::len), Some(2), "what happens from now on is a new one");
}

async fn whoever_may_not_see_an_alert_does_not_find_it(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("lee@demo.test", "team_lead", &["sales"]).await;
    let agent = world.user("ann@demo.test", "support_agent", &["support"]).await;
    let steps = json!([console("user", agent["id"].as_str().expect("an id"))]);
    let ladder = ladder(&world, steps).await;
    let rule = json!({ "name": "r", "when": { "codes": ["TOLD"] }, "ladder_id": ladder });
    assert_eq!(post(&world, "/api/v1/alert-rules", rule).await.status, 201);
    raise(&world, "TOLD", Some(team(&world, "support"))).await;
    raise(&world, "UNTOLD", Some(team(&world, "support"))).await;
    let (lee, ann) = (
        world.login("lee@demo.test", super::world::PASSWORD).await.text("/access_token").to_owned(),
        world.login("ann@demo.test", super::world::PASSWORD).await.text("/access_token").to_owned(),
    );
    let all = world.get("/api/v1/alerts").bearer(&world.admin()).send().await;
    assert_eq!(all.body["data"].as_array().map(Vec::len), Some(2), "{}", all.body);
    let none = world.get("/api/v1/alerts").bearer(&lee).send().await;
    assert_eq!(none.body["data"], json!([]));
    let id = all.text("/data/0/id");
    assert_eq!(world.get(&format!("/api/v1/alerts/{id}")).bearer(&lee).send().await.status, 404);
    let own = world.get("/api/v1/alerts").bearer(&ann).send().await;
    let codes: Vec<&Value> = own.body["data"].as_array().expect("a list").iter().map(|alert| &alert["code"]).collect();
    assert_eq!(codes, [&json!("TOLD")], "an agent sees what they were told of");
    let detail = world.get(&format!("/api/v1/alerts/{}", own.text("/data/0/id"))).bearer(&ann).send().await;
    assert_eq!(detail.text("/notifications/0/state"), "sent");
    assert_eq!(detail.body["notifications"][0]["user"]["id"], agent["id"]);
}

async fn preferences_are_kept_for_each_person(database: TestDatabase) {
    let world = World::new(database).await;
    world.user("ann@demo.test", "support_agent", &["support"]).await;
    let ann = world.login("ann@demo.test", super::world::PASSWORD).await.text("/access_token").to_owned();
    let path = "/api/v1/notification-preferences";
    let first = world.get(path).bearer(&ann).send().await;
    assert_eq!((first.text("/language"), first.text("/digest")), ("en", "off"));
    let wished = json!({ "language": "fr", "timezone": "America/Toronto", "phone": "+1 (555) 010-0199", "muted": ["sms"],
                         "quiet_hours": { "from": "22:00", "until": "07:00" }, "digest": "daily" });
    let kept = world.ask(Method::PUT, path).bearer(&ann).json(wished).send().await;
    assert_eq!((kept.status, kept.text("/phone")), (200, "+15550100199"), "{}", kept.body);
    assert_eq!(world.get(path).bearer(&ann).send().await.body, kept.body);
    for (body, path_of) in [
        (json!({ "language": "xx" }), "language"),
        (json!({ "timezone": "Mars/Base" }), "timezone"),
        (json!({ "phone": "12" }), "phone"),
        (json!({ "muted": ["console"] }), "muted[0]"),
        (json!({ "quiet_hours": { "from": "22:00", "until": "22:00" } }), "quiet_hours.until"),
        (json!({ "digest": "yearly" }), "digest"),
    ] {
        assert_eq!(field(&world.ask(Method::PUT, path).bearer(&ann).json(body).send().await), path_of);
    }
}

async fn every_version_of_a_rule_counts_and_the_first_that_applies_decides(database: TestDatabase) {
    let world = World::new(database).await;
    let rule = json!({ "name": "Mine", "order": 5, "when": { "codes": ["SLA_*"], "teams": ["support"] },
                       "severity": "info" });
    let made = post(&world, "/api/v1/alert-rules", rule).await;
    assert_eq!((made.status, &made.body["when"]["teams"]), (201, &json!(["support"])), "{}", made.body);
    let path = format!("/api/v1/alert-rules/{}", made.text("/id"));
    let changed = patch(&world, &path, json!({ "severity": "critical", "version": 1 })).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    assert_eq!(patch(&world, &path, json!({ "name": "Old", "version": 1 })).await.status, 409);
    raise(&world, "SLA_WARNING", Some(team(&world, "support"))).await;
    raise(&world, "SLA_WARNING", Some(team(&world, "sales"))).await;
    let all = world.get("/api/v1/alerts?code=SLA_WARNING").bearer(&world.admin()).send().await;
    let alert = |place: usize| &all.body["data"][place];
    assert_eq!(alert(0)["rule"]["name"], "What needs a supervisor", "{}", all.body);
    assert_eq!((&alert(1)["rule"]["name"], &alert(1)["rule"]["version"]), (&json!("Mine"), &json!(2)));
    assert_eq!((&alert(1)["severity"], &alert(0)["severity"]), (&json!("critical"), &json!("warning")));
    assert_eq!(world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await.body["enabled"], false);
}

async fn words_for_alerts_are_kept_shown_filled_in_and_refused_when_they_cannot_be(database: TestDatabase) {
    let world = World::new(database).await;
    let path = "/api/v1/notification-templates";
    let words = json!({ "code": "EMERGENCY", "language": "fr", "subject": "{{severity}} : {{title}}",
                        "text": "{{rule}} {{link}} {{reply}}" });
    for (change, named) in [
        (json!({ "code": "what happened" }), "code"),
        (json!({ "language": "de" }), "language"),
        (json!({ "subject": "{{customer}}" }), "subject"),
        (json!({ "subject": "" }), "subject"),
        (json!({ "text": "{{title" }), "text"),
        (json!({ "text": "x".repeat(1_001) }), "text"),
    ] {
        let mut bad = words.clone();
        bad.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        assert_eq!(field(&post(&world, path, bad).await), named, "{change}");
    }
    let made = post(&world, path, words.clone()).await;
    assert_eq!(
        (made.status, made.text("/example/subject")),
        (201, "Critique : Un client signale une urgence [K7M2QP]")
    );
    assert_eq!(field(&post(&world, path, words).await), "code", "one for a code and a language");
    let one = format!("{path}/{}", made.text("/id"));
    assert_eq!(field(&patch(&world, &one, json!({ "text": "{{who}}" })).await), "text");
    let changed = patch(&world, &one, json!({ "text": "Regardez : {{link}}", "version": 1 })).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    let late = patch(&world, &one, json!({ "text": "Trop tard", "version": 1 })).await;
    assert_eq!(late.status, 409);
    let versions = world.get(&format!("{one}/versions")).bearer(&world.admin()).send().await;
    assert_eq!(versions.text("/data/0/text"), "Regardez : {{link}}", "{}", versions.body);
    assert_eq!(versions.text("/data/1/text"), "{{rule}} {{link}} {{reply}}");
    let absent = format!("{path}/{}/versions", patchbay_core::ids::RecordId::new());
    assert_eq!(world.get(&absent).bearer(&world.admin()).send().await.status, 404);
    let gone = world.ask(Method::DELETE, &one).bearer(&world.admin()).send().await;
    assert_eq!((gone.status, &gone.body["enabled"]), (200, &json!(false)));
    let listed = world.get(&format!("{path}?enabled=true")).bearer(&world.admin()).send().await;
    assert_eq!(listed.body["data"], json!([]));
    // Before anything is saved: what is typed beside what is said without it, and what does not fit at its field.
    let preview = |body: Value| post(&world, "/api/v1/notification-templates/preview", body);
    let shown = preview(json!({ "code": "*", "language": "en", "subject": "Look: {{title}}" })).await;
    assert_eq!(shown.text("/example/subject"), "Look: A customer reports an emergency [K7M2QP]", "{}", shown.body);
    assert_eq!(shown.text("/standard/subject"), "[Critical] A customer reports an emergency [K7M2QP]");
    assert_eq!(shown.text("/example/text"), shown.text("/standard/text"), "no text is the standard text");
    assert_eq!(field(&preview(json!({ "code": "*", "language": "en", "text": "{{who}}" })).await), "text");
    let audit = world.get("/api/v1/audit?tool=notification_template").bearer(&world.admin()).send().await;
    assert_eq!(audit.body["data"].as_array().map(Vec::len), Some(3), "{}", audit.body);
}
