//! Ten calls in any rolling hour, and what callers are told about it.

use std::time::Duration;

use serde_json::json;

use super::ground::Ground;
use crate::config::GatewayConfig;

const MAYA: &str = "+15550107788";

#[tokio::test]
async fn the_eleventh_call_of_an_hour_is_refused_with_the_time_to_wait() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    for left in (0..10).rev() {
        ground.clock.advance(Duration::from_mins(1));
        let answer = ground.call(&assistant, "search_tickets", json!({})).await;
        assert!(answer.headers.contains_key("ratelimit-policy"));
        let limit = answer.headers["ratelimit"].to_str().expect("text").to_owned();
        assert!(limit.starts_with(&format!("\"conv\";r={left};")), "{limit}");
        answer.ok();
    }
    let refused = ground.call(&assistant, "get_conversation_context", json!({})).await;
    let wait: u64 = refused.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert_eq!(wait, 3_600 - 9 * 60);
    let body = refused.refused(429, "RATE_LIMITED");
    assert_eq!(body["error"]["reason"], "rate.exceeded");
    assert_eq!(body["error"]["retry_after_s"], wait);
    ground.clock.advance(Duration::from_secs(wait));
    ground.call(&assistant, "get_conversation_context", json!({})).await.ok();
    ground.call(&assistant, "get_conversation_context", json!({})).await.refused(429, "RATE_LIMITED");
}

#[tokio::test]
async fn calls_that_come_at_once_are_counted_exactly() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let calls = (0..40).map(|_| ground.call(&assistant, "get_conversation_context", json!({})));
    let answers = futures::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 10);
    assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 30);
}

#[tokio::test]
async fn a_confirmed_draft_is_carried_out_from_the_reserve_and_a_person_can_always_be_asked_for() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let draft = ground.drafted(&assistant, 10.0).await;
    let code = ground.code(conversation).await;
    ground.says(MAYA, &code).await;
    for _ in 0..9 {
        ground.call(&assistant, "get_conversation_context", json!({})).await.ok();
    }
    ground.call(&assistant, "get_conversation_context", json!({})).await.refused(429, "RATE_LIMITED");
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    // A flurry pauses the assistant; a person lets it go on.
    let lift = json!({"scope_type": "conversation", "scope_id": conversation, "active": false});
    ground.post(&ground.person("supervisor"), "/api/v1/kill-switches", lift).await.ok();
    ground.call(&assistant, "commit_transaction", commit).await.ok();
    ground.call(&assistant, "request_human", json!({"reason": "customer_asked"})).await.ok();
}

#[tokio::test]
async fn a_denied_caller_burns_nobodys_window() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    for _ in 0..15 {
        ground.call(&assistant, "assignment.dispatch", json!({})).await.refused(400, "UNKNOWN_TOOL");
    }
    let answer = ground.call(&assistant, "get_conversation_context", json!({})).await;
    assert!(answer.headers["ratelimit"].to_str().expect("text").starts_with("\"conv\";r=9;"));
}

#[tokio::test]
async fn a_flurry_pauses_the_assistant_of_that_conversation() {
    let config = GatewayConfig { calls_per_hour: 0, ..GatewayConfig::default() };
    let ground = Ground::with(config).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    for _ in 0..11 {
        ground.call(&assistant, "get_conversation_context", json!({})).await.ok();
    }
    ground.call(&assistant, "get_conversation_context", json!({})).await.refused(409, "AUTONOMY_DISABLED");
    let other = ground.says("+15550107799", "hello").await;
    ground.call(&ground.assistant(other), "get_conversation_context", json!({})).await.ok();
}

/// No limit but the one that is looked at.
fn only(config: GatewayConfig) -> GatewayConfig {
    GatewayConfig {
        calls_per_hour: 1_000,
        actor_calls_per_hour: 0,
        tenant_calls_per_hour: 0,
        flurry_calls: 0,
        denials_per_ten_minutes: 0,
        ..config
    }
}

#[tokio::test]
async fn a_tool_has_a_ceiling_of_its_own_and_the_others_go_on() {
    let ground = Ground::with(only(GatewayConfig::default())).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    for _ in 0..20 {
        ground.call(&assistant, "search_tickets", json!({})).await.ok();
    }
    let refused = ground.call(&assistant, "search_tickets", json!({})).await.refused(429, "RATE_LIMITED");
    assert_eq!(refused["error"]["violated_policies"], json!(["tool"]), "{refused}");
    ground.call(&assistant, "get_conversation_context", json!({})).await.ok();
    // Of another conversation nothing was taken.
    let other = ground.says("+15550107799", "hello").await;
    ground.call(&ground.assistant(other), "search_tickets", json!({})).await.ok();
}

#[tokio::test]
async fn an_assistant_has_a_budget_over_all_its_conversations_and_a_tenant_over_all_assistants() {
    let config = GatewayConfig { actor_calls_per_hour: 3, ..only(GatewayConfig::default()) };
    let ground = Ground::with(config).await;
    let (maya, eve) = (ground.says(MAYA, "hello").await, ground.says("+15550107799", "hello").await);
    let agent = patchbay_core::ids::ActorId::new();
    let of = |conversation: patchbay_core::ids::ConversationId| {
        ground.token(patchbay_http::Claims {
            sub: agent.to_string(),
            role: "ai".into(),
            conv: Some(conversation.0),
            ..patchbay_http::Claims::default()
        })
    };
    for conversation in [maya, eve, maya] {
        ground.call(&of(conversation), "get_conversation_context", json!({})).await.ok();
    }
    let refused = ground.call(&of(eve), "get_conversation_context", json!({})).await.refused(429, "RATE_LIMITED");
    assert_eq!(refused["error"]["violated_policies"], json!(["actor"]), "{refused}");
    ground.call(&ground.assistant(eve), "get_conversation_context", json!({})).await.ok();

    let config = GatewayConfig { tenant_calls_per_hour: 5, ..only(GatewayConfig::default()) };
    let ground = Ground::with(config).await;
    let (maya, eve) = (ground.says(MAYA, "hello").await, ground.says("+15550107799", "hello").await);
    let account = ground.made("/api/v1/accounts", json!({"name": "North Motors", "profile": "facility"})).await;
    for conversation in [maya, eve] {
        ground.belongs_to(conversation, &account["id"]).await;
    }
    for number in 0..5 {
        let conversation = if number % 2 == 0 { maya } else { eve };
        ground.call(&ground.assistant(conversation), "get_conversation_context", json!({})).await.ok();
    }
    let refused = ground.call(&ground.assistant(eve), "get_conversation_context", json!({})).await;
    assert_eq!(refused.refused(429, "RATE_LIMITED")["error"]["violated_policies"], json!(["tenant"]));
    let other = ground.says("+15550107777", "hello").await;
    ground.call(&ground.assistant(other), "get_conversation_context", json!({})).await.ok();
}

#[tokio::test]
async fn the_reserve_is_for_two_confirmed_drafts_and_for_nothing_else() {
    let config = GatewayConfig { flurry_calls: 0, denials_per_ten_minutes: 0, ..GatewayConfig::default() };
    let ground = Ground::with(config).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let mut confirmed = Vec::new();
    for _ in 0..3 {
        let draft = ground.drafted(&assistant, 10.0).await;
        let code = ground.code(conversation).await;
        ground.says(MAYA, &code).await;
        confirmed.push(json!({"draft_id": draft, "confirmation_token": code}));
    }
    let waiting = ground.drafted(&assistant, 10.0).await;
    for _ in 0..6 {
        ground.call(&assistant, "get_conversation_context", json!({})).await.ok();
    }
    let early = json!({"draft_id": waiting, "confirmation_token": "CONFIRM-AAAA2222"});
    ground.call(&assistant, "commit_transaction", early).await.refused(429, "RATE_LIMITED");
    ground.call(&assistant, "commit_transaction", confirmed[0].clone()).await.ok();
    ground.call(&assistant, "commit_transaction", confirmed[1].clone()).await.ok();
    ground.call(&assistant, "commit_transaction", confirmed[2].clone()).await.refused(429, "RATE_LIMITED");
    ground.bank.with(|books| assert_eq!(books.commits.len(), 2));
}

#[tokio::test]
async fn commits_that_keep_failing_pause_the_assistant() {
    let config =
        GatewayConfig { calls_per_hour: 0, flurry_calls: 0, denials_per_ten_minutes: 0, ..GatewayConfig::default() };
    let ground = Ground::with(config).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    ground.bank.with(|books| books.mood = super::bank::Mood::Refuses);
    for number in 0..4 {
        let draft = ground.drafted(&assistant, 10.0).await;
        let code = ground.code(conversation).await;
        ground.says(MAYA, &code).await;
        let commit = json!({"draft_id": draft, "confirmation_token": code});
        let answer = ground.call(&assistant, "commit_transaction", commit).await;
        assert_eq!(answer.status, 502, "{number}: {}", answer.body);
    }
    ground.call(&assistant, "get_conversation_context", json!({})).await.refused(409, "AUTONOMY_DISABLED");
}
