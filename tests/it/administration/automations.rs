//! Automations and macros: refused when they cannot work, run once for one event, taken back.

use chrono::TimeDelta;
use patchbay_core::channel::Channel;
use patchbay_core::conversation::{ConversationStatus, Priority};
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{ContactId, ConversationId, EventId, InboxId};
use patchbay_hub::automations::Reader;
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::{contacts, events};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::{Answer, World};

both_engines! {
    an_automation_that_cannot_work_is_refused_with_its_field;
    what_happens_runs_once_and_in_order;
    nothing_runs_for_what_an_automation_did_and_circles_end;
    a_refused_action_leaves_the_others_and_is_written_down;
    a_macro_is_done_whole_or_not_at_all;
    what_a_run_did_is_taken_back_unless_somebody_went_on;
    only_what_is_switched_on_runs_and_every_version_is_kept;
}

const AUTOMATIONS: &str = "/api/v1/automations";

async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.post(path).bearer(&world.admin()).json(body).send().await
}

async fn automation(world: &World, body: Value) -> String {
    let made = post(world, AUTOMATIONS, body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.text("/id").to_owned()
}

async fn conversation(world: &World) -> ConversationId {
    let inboxes = world.get("/api/v1/inboxes").bearer(&world.admin()).send().await;
    let inbox: InboxId = if let Some(id) = inboxes.body["data"][0]["id"].as_str() {
        id.parse().expect("an id")
    } else {
        let body = json!({ "name": "sms-main", "channel": "sms", "address": "+15550002222", "account_sid": "AC1",
                           "auth_tokens": ["token-1"], "team": "support" });
        let made = post(world, "/api/v1/inboxes", body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.text("/id").parse().expect("an id")
    };
    let (id, contact, now) = (ConversationId::new(), ContactId::new(), world.hub.gate.clock.now());
    let row = ConversationRow {
        id,
        inbox_id: inbox,
        channel: Channel::Sms,
        contact_id: contact,
        contact_name: "Dana Fields".into(),
        contact_address: format!("+1555{:07}", id.0.as_u128() % 10_000_000),
        status: ConversationStatus::Queued,
        priority: Priority::Normal,
        subject: None,
        team_id: world.hub.directory().team("support").map(|team| team.id),
        assigned_to: None,
        previous_assignee: None,
        previous_conversation_id: None,
        last_seq: 0,
        inbound_count: 1,
        read_inbound_count: 0,
        tags: json!([]),
        last_message_id: None,
        last_message_at: now,
        last_inbound_at: Some(now),
        last_outbound_at: None,
        first_response_at: None,
        waiting_since: Some(now),
        window_expires_at: None,
        snoozed_until: None,
        closed_at: None,
        closed_by: None,
        close_reason: None,
        version: 1,
        created_at: now,
        updated_at: now,
        sla: None,
    };
    let mut tx = world.hub.db.begin().await.expect("a transaction");
    let new = contacts::NewContact { id: contact, account_id: None, display_name: "Dana Fields".into() };
    contacts::insert(&mut tx, &[new], now).await.expect("a contact");
    conversations::insert(&mut tx, std::slice::from_ref(&row)).await.expect("a conversation");
    tx.commit().await.expect("a commit");
    id
}

async fn row(world: &World, id: ConversationId) -> ConversationRow {
    let mut tx = world.hub.db.read().await.expect("a connection");
    conversations::by_id(&mut tx, id).await.expect("an answer").expect("a conversation")
}

/// The customer says something, as far as the feed shows it; then automations look.
async fn say(world: &World, id: ConversationId, text: &str) {
    let event = NewEvent {
        id: EventId::new(),
        name: EventName::MessageReceived,
        conversation_id: Some(id),
        conversation_seq: Some(1),
        ticket_id: None,
        audience: Audience::default(),
        payload: json!({ "message": { "content": { "text": text }, "sender": { "type": "customer" } } }).to_string(),
        created_at: world.hub.gate.clock.now(),
    };
    let mut tx = world.hub.db.begin().await.expect("a transaction");
    events::append(&mut tx, &[event]).await.expect("an event");
    tx.commit().await.expect("a commit");
    look(world).await;
}

async fn look(world: &World) {
    world.feed_is_settled().await;
    let mut reader = Reader::default();
    while reader.take(&world.hub).await.expect("a look") > 0 {}
}

async fn runs(world: &World, query: &str) -> Vec<Value> {
    let answer = world.get(&format!("/api/v1/automation-runs{query}")).bearer(&world.admin()).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"].as_array().expect("a list").clone()
}

fn tags(row: &ConversationRow) -> Vec<String> {
    serde_json::from_value(row.tags.clone()).expect("a list")
}

async fn an_automation_that_cannot_work_is_refused_with_its_field(database: TestDatabase) {
    let world = World::new(database).await;
    let good = json!({ "name": "Vip", "on": ["message.received"], "when": { "teams": ["support"] },
                       "then": [{ "type": "tag", "tags": ["vip"] }] });
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    for (body, path) in [
        (with("name", json!(" ")), "name"),
        (with("kind", json!("robot")), "kind"),
        (with("on", json!([])), "on"),
        (with("on", json!(["weather.changed"])), "on[0]"),
        (with("on", json!(["message.received", "alert.raised"])), "on[1]"),
        (with("when", json!({ "teams": ["nowhere"] })), "when.teams[0]"),
        (with("when", json!({ "inboxes": ["none"] })), "when.inboxes[0]"),
        (with("when", json!({ "weather": "rain" })), "when.weather"),
        (with("when", json!({ "regex": "(" })), "when.regex"),
        (with("then", json!([])), "then"),
        (with("then", json!([{ "type": "dance" }])), "then[0].type"),
        (with("then", json!([{ "type": "tag", "tags": ["a"] }, { "type": "reply" }])), "then[1]"),
        (with("then", json!([{ "type": "reply", "text": " " }])), "then[0].text"),
        (with("then", json!([{ "type": "assign", "team": "nowhere" }])), "then[0].team"),
        (with("then", json!([{ "type": "snooze", "minutes": 0 }])), "then[0].minutes"),
        (with("then", json!([{ "type": "close", "reason": "duplicate" }])), "then[0].reason"),
    ] {
        let refused = post(&world, AUTOMATIONS, body.clone()).await;
        assert_eq!((refused.status, refused.code()), (400, "INVALID_REQUEST"), "{body}: {}", refused.body);
        let errors = refused.body.pointer("/error/validation_errors/0").expect("a field");
        let named = errors.get("path").or_else(|| errors.get("field")).and_then(Value::as_str);
        assert_eq!(named, Some(path), "{}", refused.body);
    }
    let made = post(&world, AUTOMATIONS, good).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["when"]["teams"][0], "support");
    let agent = world.token("support_agent", &["support"]);
    let refused = world.post(AUTOMATIONS).bearer(&agent).json(json!({ "name": "x", "then": [] })).send().await;
    assert_eq!(refused.status, 403);
}

async fn what_happens_runs_once_and_in_order(database: TestDatabase) {
    let world = World::new(database).await;
    let second = json!({ "name": "Second", "order": 2, "on": ["message.received"], "when": { "tags_any": ["refund"] },
                         "then": [{ "type": "priority", "priority": "high" }] });
    let first = json!({ "name": "First", "order": 1, "on": ["message.received"],
                        "when": { "keywords_any": ["refund", "rembourser"], "senders": ["customer"] },
                        "then": [{ "type": "tag", "tags": ["refund"] }] });
    let (second, first) = (automation(&world, second).await, automation(&world, first).await);
    let id = conversation(&world).await;
    say(&world, id, "hello").await;
    assert_eq!(runs(&world, "").await.len(), 0);
    say(&world, id, "I want a REFUND now").await;
    // Nodes that read the same again, and a node that begins anew.
    look(&world).await;
    let now = row(&world, id).await;
    assert_eq!((tags(&now), now.priority), (vec!["refund".to_owned()], Priority::High));
    let ran = runs(&world, &format!("?conversation_id={id}")).await;
    let by: Vec<&str> = ran.iter().rev().filter_map(|run| run["automation"]["id"].as_str()).collect();
    assert_eq!(by, [first.as_str(), second.as_str()]);
    assert!(ran.iter().all(|run| run["outcome"] == "done"), "{ran:?}");
}

async fn nothing_runs_for_what_an_automation_did_and_circles_end(database: TestDatabase) {
    let world = World::new(database).await;
    automation(
        &world,
        json!({ "name": "Up", "on": ["conversation.updated", "message.received", "message.sent"],
                "then": [{ "type": "reply", "text": "Thanks, {{name}}" }, { "type": "tag", "tags": ["seen"] }] }),
    )
    .await;
    let id = conversation(&world).await;
    say(&world, id, "hello").await;
    look(&world).await;
    assert_eq!(runs(&world, "").await.len(), 1, "its own answer and its own tag make it run no more");
    // A machine on the other side answers for ever.
    for _ in 0..20 {
        say(&world, id, "I am away").await;
    }
    let stopped = runs(&world, "?outcome=stopped&limit=100").await;
    let all = runs(&world, "?limit=100").await;
    assert_eq!(all.len(), 21);
    assert_eq!(all.len() - stopped.len(), 10, "ten times an hour, then no more");
    world.advance(std::time::Duration::from_secs(3_700));
    say(&world, id, "me again").await;
    assert_eq!(runs(&world, "?outcome=stopped&limit=100").await.len(), stopped.len());
}

async fn a_refused_action_leaves_the_others_and_is_written_down(database: TestDatabase) {
    let world = World::new(database).await;
    let user = world.user("full@demo.test", "support_agent", &["support"]).await;
    let path = format!("/api/v1/users/{}", user["id"].as_str().expect("an id"));
    let change = json!({ "max_concurrent_conversations": 1 });
    let changed = world.ask(axum::http::Method::PATCH, &path).bearer(&world.admin()).json(change).send().await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    automation(
        &world,
        json!({ "name": "To her", "on": ["message.received"],
                "then": [{ "type": "assign", "user": user["id"] }, { "type": "note", "text": "look" }] }),
    )
    .await;
    let (one, two) = (conversation(&world).await, conversation(&world).await);
    say(&world, one, "hello").await;
    say(&world, two, "hello").await;
    assert_eq!(row(&world, one).await.status, ConversationStatus::Assigned);
    assert_eq!(row(&world, two).await.assigned_to, None, "she has no room for two");
    let run = runs(&world, &format!("?conversation_id={two}")).await.remove(0);
    assert_eq!(run["outcome"], "partly");
    assert_eq!(run["steps"][0]["outcome"], "AGENT_AT_CAPACITY");
    assert_eq!(run["steps"][1]["outcome"], "done");
}

async fn a_macro_is_done_whole_or_not_at_all(database: TestDatabase) {
    let world = World::new(database).await;
    let lead = world.token("supervisor", &["support"]);
    let done = automation(
        &world,
        json!({ "kind": "macro", "name": "Done", "then": [
            { "type": "reply", "text": "All done, {{name}}" }, { "type": "tag", "tags": ["done"] },
            { "type": "priority", "priority": "low" }] }),
    )
    .await;
    let bad = automation(
        &world,
        json!({ "kind": "macro", "name": "Bad", "then": [
            { "type": "tag", "tags": ["never"] }, { "type": "close", "reason": "resolved" }] }),
    )
    .await;
    let id = conversation(&world).await;
    let apply = |which: &str| format!("/api/v1/conversations/{id}/macros/{which}");
    // What waits in a queue cannot be closed as resolved.
    let refused = world.post(&apply(&bad)).bearer(&lead).send().await;
    assert_eq!((refused.status, refused.code()), (409, "INVALID_STATE_TRANSITION"), "{}", refused.body);
    assert!(refused.body.to_string().contains("then[1]"), "{}", refused.body);
    assert_eq!(tags(&row(&world, id).await), Vec::<String>::new());
    assert_eq!(runs(&world, "").await.len(), 0);
    let key = "0190c8a0-0000-7000-8000-00000000000a";
    let first = world.post(&apply(&done)).bearer(&lead).header("idempotency-key", key).send().await;
    assert_eq!((first.status, &first.body["outcome"]), (200, &json!("done")), "{}", first.body);
    let again = world.post(&apply(&done)).bearer(&lead).header("idempotency-key", key).send().await;
    assert_eq!(again.text("/id"), first.text("/id"));
    let now = row(&world, id).await;
    assert_eq!((tags(&now), now.priority, now.last_seq), (vec!["done".to_owned()], Priority::Low, 1));
    assert!(now.first_response_at.is_some(), "a person of ours answered");
    // Who has nothing to do with it may not; who may not give conversations away may not by a macro either.
    let agent = world.token("support_agent", &["support"]);
    assert_eq!(world.post(&apply(&done)).bearer(&agent).send().await.code(), "NOT_ASSIGNED");
    let audit = world.audit().await;
    assert!(audit.iter().any(|entry| entry.entry.tool_name == "macro.apply"), "{audit:?}");
}

async fn what_a_run_did_is_taken_back_unless_somebody_went_on(database: TestDatabase) {
    let world = World::new(database).await;
    automation(
        &world,
        json!({ "name": "All", "on": ["message.received"], "then": [
            { "type": "tag", "tags": ["a", "b"] }, { "type": "priority", "priority": "urgent" },
            { "type": "assign", "team": "sales" }, { "type": "snooze", "minutes": 60 }] }),
    )
    .await;
    let id = conversation(&world).await;
    say(&world, id, "hello").await;
    let done = row(&world, id).await;
    assert_eq!((done.priority, tags(&done).len()), (Priority::Urgent, 2));
    assert!(done.snoozed_until.is_some_and(|until| until == world.hub.gate.clock.now() + TimeDelta::hours(1)));
    // Somebody changes the priority in between: that stays.
    let path = format!("/api/v1/conversations/{id}");
    let change = json!({ "priority": "high" });
    let changed = world.ask(axum::http::Method::PATCH, &path).bearer(&world.admin()).json(change).send().await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let run = runs(&world, "").await.remove(0);
    assert_eq!(run["can_undo"], true);
    let undo = format!("/api/v1/automation-runs/{}/undo", run["id"].as_str().expect("an id"));
    let undone = world.post(&undo).bearer(&world.admin()).send().await;
    assert_eq!((undone.status, &undone.body["outcome"]), (200, &json!("undone")), "{}", undone.body);
    let outcomes: Vec<&str> =
        undone.body["steps"].as_array().expect("steps").iter().filter_map(|step| step["undone"].as_str()).collect();
    assert_eq!(outcomes, ["done", "VERSION_CONFLICT", "done", "done"]);
    let now = row(&world, id).await;
    assert_eq!((now.priority, tags(&now).len(), now.snoozed_until), (Priority::High, 0, None));
    assert_eq!(now.team_id, world.hub.directory().team("support").map(|team| team.id));
    let again = world.post(&undo).bearer(&world.admin()).send().await;
    assert_eq!((again.status, again.code()), (409, "INVALID_STATE_TRANSITION"));
}

async fn only_what_is_switched_on_runs_and_every_version_is_kept(database: TestDatabase) {
    let world = World::new(database).await;
    let id = automation(
        &world,
        json!({ "name": "Tag", "on": ["message.received"], "then": [{ "type": "tag", "tags": ["one"] }] }),
    )
    .await;
    let path = format!("{AUTOMATIONS}/{id}");
    let change = json!({ "version": 1, "then": [{ "type": "tag", "tags": ["two"] }] });
    let changed = world.ask(axum::http::Method::PATCH, &path).bearer(&world.admin()).json(change.clone()).send().await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    let late = world.ask(axum::http::Method::PATCH, &path).bearer(&world.admin()).json(change).send().await;
    assert_eq!(late.code(), "VERSION_CONFLICT");
    let talk = conversation(&world).await;
    say(&world, talk, "hello").await;
    assert_eq!(tags(&row(&world, talk).await), ["two"]);
    assert_eq!(runs(&world, "").await[0]["automation"]["version"], 2);
    let off = world.ask(axum::http::Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!((off.status, &off.body["enabled"]), (200, &json!(false)));
    say(&world, talk, "hello").await;
    assert_eq!(runs(&world, "").await.len(), 1);
}
