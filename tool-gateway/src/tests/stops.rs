//! What stops a call: switches by any name of theirs, a closed conversation, time.

use std::time::Duration;

use patchbay_core::ids::ActorId;
use patchbay_core::{Code, Ctx};
use patchbay_http::{Claims, WordList};
use serde_json::{Value, json};

use super::ground::Ground;
use super::world::{MAYA, World};
use crate::config::GatewayConfig;
use crate::pipeline::{Surface, ToolCall};

const SWITCHES: &str = "/api/v1/kill-switches";

fn unlimited() -> GatewayConfig {
    GatewayConfig { calls_per_hour: 0, flurry_calls: 0, denials_per_ten_minutes: 0, ..GatewayConfig::default() }
}

async fn is_stopped(ground: &Ground, token: &str, tool: &str) -> bool {
    let answer = ground.call(token, tool, json!({})).await;
    assert!(matches!(answer.status, 200 | 409), "{tool}: {}", answer.body);
    answer.status == 409
}

#[tokio::test]
async fn each_kind_of_switch_stops_what_it_names_and_nothing_else() {
    let world = World::of("facility").await;
    let ground = &world.ground;
    let context = ground.call(&world.token, "get_conversation_context", json!({})).await.ok();
    let other = ground.says("+15550107799", "hello").await;
    let agent = ActorId::new();
    let of = |id: ActorId, conversation: patchbay_core::ids::ConversationId| {
        ground.token(Claims {
            sub: id.to_string(),
            role: "ai".into(),
            conv: Some(conversation.0),
            account_ids: Some(WordList::Text("*".into())),
            ..Claims::default()
        })
    };
    let (here, there) = (of(agent, world.conversation), of(ActorId::new(), other));
    let supervisor = ground.person("supervisor");
    let tenant = context["result"]["account_id"].as_str().expect("an account").to_owned();
    for (kind, id, stops_there) in [
        ("all", String::new(), true),
        // As somebody types it.
        ("agent", agent.to_string().to_uppercase(), false),
        ("tool", "services.list".to_owned(), true),
        ("tool", "list_services".to_owned(), true),
        ("tenant", tenant, false),
        ("conversation", world.conversation.to_string(), false),
    ] {
        let body = |active: bool| json!({"scope_type": kind, "scope_id": id, "active": active, "reason": "a test"});
        ground.post(&supervisor, SWITCHES, body(true)).await.ok();
        assert!(is_stopped(ground, &here, "list_services").await, "{kind} {id}");
        assert_eq!(is_stopped(ground, &there, "list_services").await, stops_there, "{kind} {id}");
        assert_eq!(is_stopped(ground, &here, "get_conversation_context").await, kind != "tool", "{kind} {id}");
        let left = ground.post(&supervisor, SWITCHES, body(false)).await.ok();
        assert_eq!(left["data"], json!([]), "{kind} {id}");
        assert!(!is_stopped(ground, &here, "list_services").await, "{kind} {id}");
    }
}

#[tokio::test]
async fn a_switch_that_names_nothing_is_refused_and_each_one_stands_in_the_audit() {
    let ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let supervisor = ground.person("supervisor");
    for (kind, id) in [
        ("tool", "search_ticket"),
        ("tool", ""),
        ("agent", "maya"),
        ("tenant", "North Motors"),
        ("conversation", "1"),
        ("all", "everything"),
        ("weather", ""),
    ] {
        let body = json!({"scope_type": kind, "scope_id": id});
        ground.post(&supervisor, SWITCHES, body).await.refused(400, "INVALID_REQUEST");
    }
    let body = |active: bool| json!({"scope_type": "conversation", "scope_id": conversation, "active": active, "reason": "call 514-555-0123"});
    for active in [true, true, false, false] {
        ground.post(&supervisor, SWITCHES, body(active)).await.ok();
    }
    let path = format!("/api/v1/tool-invocations?conversation_id={conversation}");
    let rows = ground.get(&ground.person("admin"), &path).await.ok();
    let words: Vec<&str> =
        rows["data"].as_array().expect("a list").iter().filter_map(|row| row["tool"].as_str()).collect();
    assert_eq!(words, ["switch.lift", "switch.set"], "{rows}");
    assert_eq!(rows["data"][1]["scope_type"], "conversation", "{rows}");
    assert!(!rows.to_string().contains("555-0123"), "{rows}");
}

#[tokio::test]
async fn nothing_is_done_in_a_conversation_that_is_closed() {
    let ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let mut tx = ground.hub().db.begin().await.expect("begins");
    tx.query("update conversations set status = 'closed', closed_at = updated_at where id = $1")
        .bind(conversation)
        .execute()
        .await
        .expect("written");
    tx.commit().await.expect("commits");
    for (tool, arguments) in
        [("search_tickets", json!({})), ("create_transaction_draft", json!({"amount": 5, "description": "Pads"}))]
    {
        let refused = ground.call(&assistant, tool, arguments).await.refused(409, "INVALID_STATE_TRANSITION");
        assert_eq!(refused["error"]["reason"], "context.closed");
    }
    ground.bank.with(|books| assert!(books.drafts.is_empty()));
}

#[tokio::test]
async fn a_tool_that_does_not_end_is_answered_in_time() {
    let ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let keys = ground.hub().gate.keys.as_ref().expect("keys");
    let claims = keys.verify(&assistant, ground.clock.now()).await.expect("a token of ours");
    let ctx = Ctx {
        actor: ground.hub().gate.resolve(&claims).expect("an assistant"),
        ..Ctx::system(ground.clock.now(), "test")
    };
    let surface = Surface { name: "rest", protocol_version: None, software: None };
    let call = ToolCall { arguments: json!({"query": super::ENDLESS}), conversation: None, key: None };
    let within = Duration::from_millis(300);
    let run = ground.gateway.run_within(within, &ctx, &surface, "list_services", call);
    let answer = tokio::time::timeout(Duration::from_secs(20), run).await.expect("an answer");
    let refusal = answer.expect_err("it never ends");
    assert_eq!((refusal.code(), refusal.reason.as_str()), (Code::IntegrationTimeout, "upstream.timeout"));
    ground.call(&assistant, "list_services", json!({})).await.ok();
}

#[tokio::test]
async fn a_call_that_is_repeated_is_answered_as_carefully_as_the_first_time() {
    let ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let key = Some("0198c0de-0000-7000-8000-000000000001");
    let path = "/tools/create_transaction_draft";
    let body = json!({"arguments": {"amount": 5, "description": "Pads, call 514-555-0123 first"}}).to_string();
    let send = || ground.send("POST", path, &assistant, body.clone().into_bytes(), key);
    let description =
        |answer: &Value, part: &str| answer[part]["preview"]["description"].as_str().expect("a text").to_owned();
    let first = send().await.ok();
    let again = send().await.ok();
    for part in ["result", "draft"] {
        assert!(!description(&first, part).contains("0123"), "{first}");
        assert_eq!(description(&again, part), description(&first, part), "{part}");
    }
    // Once a person has the conversation, or it is paused, a repetition tells nothing either.
    let supervisor = ground.person("supervisor");
    for kind in ["handover", "conversation"] {
        let switch = |active: bool| json!({"scope_type": kind, "scope_id": conversation, "active": active});
        ground.post(&supervisor, SWITCHES, switch(true)).await.ok();
        send().await.refused(409, "AUTONOMY_DISABLED");
        ground.post(&supervisor, SWITCHES, switch(false)).await.ok();
    }
    send().await.ok();
    ground.bank.with(|books| assert_eq!(books.drafts.len(), 1));
}
