//! From the draft to the commit, with all that may come between.

use std::time::Duration;

use serde_json::json;

use super::bank::Mood;
use super::ground::Ground;
use crate::config::GatewayConfig;

const MAYA: &str = "+15550107788";

fn unlimited() -> GatewayConfig {
    GatewayConfig { calls_per_hour: 0, ..GatewayConfig::default() }
}

#[tokio::test]
async fn a_customer_confirms_on_the_phone_and_one_commit_follows() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "I want the brake pads").await;
    let assistant = ground.assistant(conversation);
    let made = ground
        .call(&assistant, "create_transaction_draft", json!({"amount": 250.5, "description": "Brake pads"}))
        .await
        .ok();
    let draft = made["draft"]["draft_id"].as_str().expect("an id").to_owned();
    assert_eq!(made["draft"]["state"], "AWAITING_CUSTOMER");
    assert_eq!(made["limits"]["remaining"], 9);
    let question = ground.last_text(conversation).await;
    assert!(question.contains("USD 250.50") && question.contains("Brake pads"), "{question}");
    let code = ground.code(conversation).await;
    assert!(!made.to_string().contains(&code), "the assistant never sees the code");

    let early = json!({"draft_id": draft, "confirmation_token": code});
    ground.call(&assistant, "commit_transaction", early.clone()).await.refused(409, "CONFIRMATION_REQUIRED");
    ground.says(MAYA, "yes please").await;
    ground.call(&assistant, "commit_transaction", early).await.refused(409, "CONFIRMATION_REQUIRED");

    ground.says(MAYA, &format!("ok {}", code.to_lowercase())).await;
    let shown = ground.call(&assistant, "get_draft", json!({"draft_id": draft})).await.ok();
    assert_eq!(shown["draft"]["state"], "CONFIRMED");
    let token = shown["draft"]["confirmation_token"].as_str().expect("a token").to_owned();
    let commit = json!({"draft_id": draft, "confirmation_token": token});
    let done = ground.call(&assistant, "commit_transaction", commit.clone()).await.ok();
    assert_eq!(done["result"]["state"], "COMMITTED");
    assert_eq!(done["result"]["reference"], "TXN-100");
    ground.bank.with(|books| {
        assert_eq!(books.commits, [format!("{conversation}:{draft}")]);
        assert_eq!(books.drafts[0]["amount_minor"], 25_050);
    });
}

#[tokio::test]
async fn the_code_itself_is_a_token_once_the_customer_sent_it() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let draft = ground.drafted(&assistant, 10.0).await;
    let code = ground.code(conversation).await;
    ground.says(MAYA, &code).await;
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    ground.call(&assistant, "commit_transaction", commit.clone()).await.ok();
    // The answer may have been lost: the same call again is answered again and does nothing.
    ground.call(&assistant, "commit_transaction", commit).await.ok();
    ground.bank.with(|books| assert_eq!(books.commits.len(), 1));
}

#[tokio::test]
async fn a_large_amount_needs_a_person_who_is_not_the_conversations_agent() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let draft = ground.drafted(&assistant, 1_500.0).await;
    let code = ground.code(conversation).await;
    let path = format!("/api/v1/drafts/{draft}/approve");
    let supervisor = ground.person("supervisor");
    ground.post(&supervisor, &path, json!({})).await.refused(409, "DRAFT_STATE_CONFLICT");
    ground.says(MAYA, &code).await;
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    ground.call(&assistant, "commit_transaction", commit.clone()).await.refused(409, "APPROVAL_THRESHOLD");
    let waiting = ground.get(&supervisor, "/api/v1/drafts?state=AWAITING_HUMAN").await.ok();
    assert_eq!(waiting["data"][0]["id"], draft.as_str());
    let hash = waiting["data"][0]["payload_hash"].clone();
    ground.post(&ground.person("support_agent"), &path, json!({})).await.refused(403, "FORBIDDEN");
    ground.post(&supervisor, &path, json!({"payload_hash": "0"})).await.refused(409, "CONFIRMATION_INVALID");
    ground.post(&assistant, &path, json!({})).await.refused(403, "FORBIDDEN");
    ground.post(&assistant, &path, json!({"payload_hash": 7})).await.refused(403, "FORBIDDEN");
    ground.post(&supervisor, &path, json!({"payload_hash": hash, "reason": "fine"})).await.ok();
    ground.call(&assistant, "commit_transaction", commit).await.ok();
    ground.bank.with(|books| assert_eq!(books.commits.len(), 1));
}

#[tokio::test]
async fn above_five_thousand_an_admin_decides_and_a_rejection_calls_the_draft_off() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let draft = ground.drafted(&assistant, 6_000.0).await;
    let code = ground.code(conversation).await;
    ground.says(MAYA, &code).await;
    let path = format!("/api/v1/drafts/{draft}");
    ground
        .post(&ground.person("supervisor"), &format!("{path}/approve"), json!({}))
        .await
        .refused(409, "APPROVAL_THRESHOLD");
    let rejected = ground.post(&ground.person("admin"), &format!("{path}/reject"), json!({"reason": "no"})).await.ok();
    assert_eq!(rejected["state"], "REJECTED");
    ground.gateway.settle_now().await.expect("settles");
    ground.bank.with(|books| assert_eq!(books.cancelled, ["EXT-1"]));
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    ground.call(&assistant, "commit_transaction", commit).await.refused(409, "CONFIRMATION_INVALID");
}

#[tokio::test]
async fn small_drafts_that_sum_up_need_a_person() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let plan = |amount: f64| {
        let (ground, assistant) = (&ground, assistant.clone());
        async move {
            let arguments = json!({"amount": amount, "description": "Parts"});
            ground.call(&assistant, "create_transaction_draft", arguments).await.ok()["draft"]["plan"].clone()
        }
    };
    assert_eq!(plan(400.0).await, "customer");
    assert_eq!(plan(400.0).await, "customer");
    assert_eq!(plan(400.0).await, "customer+human");
}

#[tokio::test]
async fn whoever_takes_turns_with_currencies_is_not_asked_less_often() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let mut plans = Vec::new();
    for currency in ["USD", "CAD", "USD", "CAD"] {
        let arguments = json!({"amount": 400, "currency": currency, "description": "Parts"});
        let made = ground.call(&assistant, "create_transaction_draft", arguments).await.ok();
        plans.push(made["draft"]["plan"].as_str().expect("a plan").to_owned());
    }
    assert_eq!(plans, ["customer", "customer", "customer+human", "customer+human"]);
}

#[tokio::test]
async fn a_customer_who_was_merged_today_needs_a_person_and_tomorrow_none() {
    let ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let plan = || async {
        let arguments = json!({"amount": 5, "description": "Parts"});
        ground.call(&assistant, "create_transaction_draft", arguments).await.ok()["draft"]["plan"].clone()
    };
    assert_eq!(plan().await, "customer");
    let context = ground.call(&assistant, "get_conversation_context", json!({})).await.ok();
    let other = ground.made("/api/v1/contacts", json!({"display_name": "M. Lefebvre"})).await;
    let path = format!("/api/v1/contacts/{}/merge", context["result"]["customer_id"].as_str().expect("an id"));
    ground.made(&path, json!({"contact_id": other["id"], "reason": "the same person"})).await;
    assert_eq!(plan().await, "customer+human");
    ground.clock.advance(Duration::from_hours(25));
    let assistant = ground.assistant(conversation);
    let arguments = json!({"amount": 5, "description": "Parts"});
    let made = ground.call(&assistant, "create_transaction_draft", arguments).await.ok();
    assert_eq!(made["draft"]["plan"], "customer");
}

#[tokio::test]
async fn a_no_calls_off_and_time_runs_out() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let refused = ground.drafted(&assistant, 10.0).await;
    ground.says(MAYA, "NO").await;
    let shown = ground.call(&assistant, "get_draft", json!({"draft_id": refused})).await.ok();
    assert_eq!(shown["draft"]["state"], "CANCELLED");
    let late = ground.drafted(&assistant, 10.0).await;
    let code = ground.code(conversation).await;
    ground.clock.advance(Duration::from_mins(31));
    ground.says(MAYA, &code).await;
    let shown = ground.call(&assistant, "get_draft", json!({"draft_id": late})).await.ok();
    assert_eq!(shown["draft"]["state"], "EXPIRED");
    ground.gateway.settle_now().await.expect("settles");
    ground.bank.with(|books| assert_eq!(books.cancelled, ["EXT-1", "EXT-2"]));
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_and_never_repeated_blindly() {
    let ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let draft = ground.drafted(&assistant, 10.0).await;
    let code = ground.code(conversation).await;
    ground.says(MAYA, &code).await;
    ground.bank.with(|books| books.mood = Mood::LosesAnswers);
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    let lost = ground.call(&assistant, "commit_transaction", commit.clone()).await.refused(504, "INTEGRATION_TIMEOUT");
    assert_eq!(lost["error"]["reason"], "upstream.unknown_outcome");
    assert_eq!(lost["error"]["retryable"], false);
    ground.call(&assistant, "commit_transaction", commit.clone()).await.refused(504, "INTEGRATION_TIMEOUT");
    ground.bank.with(|books| {
        books.mood = Mood::Good;
        assert_eq!(books.commits.len(), 1);
    });
    ground.clock.advance(Duration::from_secs(10));
    ground.gateway.settle_now().await.expect("settles");
    let done = ground.call(&assistant, "commit_transaction", commit).await.ok();
    assert_eq!(done["result"]["reference"], "TXN-100");
    ground.bank.with(|books| assert_eq!((books.commits.len(), books.committed.len()), (1, 1)));
}

#[tokio::test]
async fn a_crash_between_intent_and_answer_leaves_one_effect() {
    let ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let draft = ground.drafted(&assistant, 10.0).await;
    let code = ground.code(conversation).await;
    ground.says(MAYA, &code).await;
    // The intent is written, then the process ends.
    let id = draft.parse().expect("an id");
    let mut tx = ground.hub().db.begin().await.expect("begins");
    let row = patchbay_store::tool_drafts::by_id(&mut tx, id).await.expect("reads").expect("there");
    assert!(patchbay_store::tool_drafts::begin_commit(&mut tx, &row, ground.clock.now()).await.expect("writes"));
    tx.commit().await.expect("commits");
    ground.clock.advance(Duration::from_mins(2));
    ground.gateway.settle_now().await.expect("settles");
    let shown = ground.call(&assistant, "get_draft", json!({"draft_id": draft})).await.ok();
    assert_eq!(shown["draft"]["state"], "COMMITTED");
    ground.bank.with(|books| assert_eq!((books.commits.len(), books.committed.len()), (1, 1)));
}

#[tokio::test]
async fn a_refusal_of_the_system_is_final() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let draft = ground.drafted(&assistant, 10.0).await;
    let code = ground.code(conversation).await;
    ground.says(MAYA, &code).await;
    ground.bank.with(|books| books.mood = Mood::Refuses);
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    ground.call(&assistant, "commit_transaction", commit).await.refused(502, "INTEGRATION_FAILED");
    let shown = ground.call(&assistant, "get_draft", json!({"draft_id": draft})).await.ok();
    assert_eq!(shown["draft"]["state"], "FAILED");
}

#[tokio::test]
async fn many_commits_at_once_are_one_call() {
    let ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let draft = ground.drafted(&assistant, 10.0).await;
    let code = ground.code(conversation).await;
    ground.says(MAYA, &code).await;
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    let body = json!({"arguments": commit}).to_string().into_bytes();
    let calls = (0..1_000).map(|_| ground.send("POST", "/tools/commit_transaction", &assistant, body.clone(), None));
    let answers = futures::future::join_all(calls).await;
    // On a busy machine a call may end before its answer is there, or get no turn to write; none is told anything wrong.
    let is_honest = |status: &u16| matches!(status, 200 | 409 | 503 | 504);
    let others: Vec<u16> = answers.iter().map(|answer| answer.status).filter(|status| !is_honest(status)).collect();
    assert!(others.is_empty(), "{others:?}");
    ground.call(&assistant, "commit_transaction", commit).await.ok();
    ground.bank.with(|books| assert_eq!(books.commits.len(), 1));
}

#[tokio::test]
async fn the_same_key_makes_one_draft() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let key = Some("0198c0de-0000-7000-8000-000000000001");
    let body = |amount: i64| json!({"arguments": {"amount": amount, "description": "x"}}).to_string().into_bytes();
    let path = "/tools/create_transaction_draft";
    let first = ground.send("POST", path, &assistant, body(5), key).await.ok();
    let second = ground.send("POST", path, &assistant, body(5), key).await.ok();
    assert_eq!(first["draft"]["draft_id"], second["draft"]["draft_id"]);
    ground.send("POST", path, &assistant, body(6), key).await.refused(409, "IDEMPOTENCY_PAYLOAD_MISMATCH");
    ground.bank.with(|books| assert_eq!(books.drafts.len(), 1));
}

#[tokio::test]
async fn a_confirmed_draft_opens_to_its_own_token_only_and_guesses_void_it() {
    let ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let mut tokens = Vec::new();
    let mut drafts = Vec::new();
    for _ in 0..2 {
        let draft = ground.drafted(&assistant, 10.0).await;
        let code = ground.code(conversation).await;
        ground.says(MAYA, &code).await;
        let shown = ground.call(&assistant, "get_draft", json!({"draft_id": draft})).await.ok();
        tokens.push(shown["draft"]["confirmation_token"].as_str().expect("a token").to_owned());
        drafts.push(draft);
    }
    let commit = |draft: &str, token: &str| json!({"draft_id": draft, "confirmation_token": token});
    let other = ground.call(&assistant, "commit_transaction", commit(&drafts[0], &tokens[1])).await;
    assert_eq!(other.refused(409, "CONFIRMATION_INVALID")["error"]["reason"], "confirmation.mismatch");
    for guess in 2..6 {
        let token = format!("CONFIRM-AAAAAAA{guess}");
        let guessed = ground.call(&assistant, "commit_transaction", commit(&drafts[0], &token)).await;
        guessed.refused(409, "CONFIRMATION_INVALID");
    }
    let shown = ground.call(&assistant, "get_draft", json!({"draft_id": drafts[0]})).await.ok();
    assert_eq!(shown["draft"]["state"], "VOIDED", "{shown}");
    let own = ground.call(&assistant, "commit_transaction", commit(&drafts[0], &tokens[0])).await;
    own.refused(409, "CONFIRMATION_INVALID");
    ground.bank.with(|books| assert!(books.commits.is_empty()));
    ground.call(&assistant, "commit_transaction", commit(&drafts[1], &tokens[1])).await.ok();
}

#[tokio::test]
async fn whoever_made_a_draft_does_not_approve_it() {
    let ground = Ground::with(unlimited()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let supervisor = ground.person("supervisor");
    let arguments = json!({"conversation_id": conversation, "amount": 1_500, "description": "Brake pads"});
    let made = ground.call(&supervisor, "create_transaction_draft", arguments).await.ok();
    let draft = made["draft"]["draft_id"].as_str().expect("an id").to_owned();
    let code = ground.code(conversation).await;
    ground.says(MAYA, &code).await;
    let path = format!("/api/v1/drafts/{draft}/approve");
    ground.post(&supervisor, &path, json!({})).await.refused(403, "FORBIDDEN");
    ground.post(&ground.person("supervisor"), &path, json!({})).await.ok();
}
