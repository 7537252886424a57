//! Power cuts and lost answers around a commit: one effect, always.

use std::time::Duration;

use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Plan, both_databases};
use serde_json::{Value, json};

use super::desk::{Desk, RECOVERY, UNLIMITED, call};

both_databases! {
    a_node_killed_while_it_waits_for_the_answer_leaves_one_effect;
    a_node_killed_after_the_other_system_did_it_finds_that_out;
    a_thousand_commits_at_once_are_one_call;
    a_system_that_fails_leaves_a_dead_letter_and_no_effect;
}

async fn a_node_killed_while_it_waits_for_the_answer_leaves_one_effect(plan: Plan) {
    // The other system takes its time: the intent is written, and nothing is done yet.
    killed_during_a_commit(plan, json!({"delay_ms": 3_000}), 0).await;
}

async fn a_node_killed_after_the_other_system_did_it_finds_that_out(plan: Plan) {
    // It is done, and the answer never comes.
    killed_during_a_commit(plan, json!({"answers_after_ms": 60_000}), 1).await;
}

/// Kills the node that commits once the other system was asked so often, and sees it make sense of that later.
async fn killed_during_a_commit(plan: Plan, faults: Value, commits: u64) {
    let mut desk = Desk::open(plan, UNLIMITED).await;
    let (draft, code) = desk.confirmed(20.0).await;
    desk.ledger_faults(faults).await;
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    let (caller, asked) = (desk.assistant.clone(), commit.clone());
    let calling = tokio::spawn(async move {
        let headers: [(&str, &str); 0] = [];
        let body = json!({"arguments": asked});
        caller.try_call(reqwest::Method::POST, "/tools/commit_transaction", Some(body), &headers).await
    });
    desk.awaits(&draft, "COMMITTING").await;
    eventually("the other system was asked", PATIENCE, || async { (desk.ledger().await.1 == commits).then_some(()) })
        .await;
    // The intent is in the audit, and nothing says yet how it ended.
    let calls = desk.admin().get(&format!("/api/v1/tool-invocations?draft_id={draft}")).await.expect(200);
    assert_eq!(calls["data"][0]["phase"], "intent", "{calls}");
    assert_eq!(desk.awaits(&draft, "COMMITTING").await["reference"], Value::Null);
    desk.deployment.nodes[0].kill();
    assert!(calling.await.expect("no panic").is_err(), "the node is gone");
    desk.ledger_faults(json!({})).await;
    desk.deployment.nodes[0].restart().await;
    eventually("the draft is settled", RECOVERY, || async {
        let shown = desk.admin().get(&format!("/api/v1/drafts/{draft}")).await.expect(200);
        (shown["state"] == "COMMITTED").then_some(())
    })
    .await;
    let done = desk.call("commit_transaction", commit).await.expect(200);
    assert!(done["result"]["reference"].is_string(), "{done}");
    assert_eq!(desk.ledger().await, (1, 1));
    // What was done is found by looking, and not by doing it again.
    assert!(commits == 0 || desk.asked().await == 1, "asked {} times", desk.asked().await);
    let verified = patchbay_tests::node::run(desk.deployment.folder(0), &["audit", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

async fn a_thousand_commits_at_once_are_one_call(plan: Plan) {
    let desk = Desk::open(plan, UNLIMITED).await;
    let (draft, code) = desk.confirmed(20.0).await;
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    let calls = (0..1_000).map(|_| call(&desk.assistant, "commit_transaction", commit.clone()));
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().any(|answer| answer.status.as_u16() == 200));
    for answer in &answers {
        // A writer that has too much to do says so; nothing was done then.
        assert!(matches!(answer.status.as_u16(), 200 | 409 | 503), "{}", answer.body);
    }
    assert_eq!((desk.ledger().await, desk.asked().await), ((1, 1), 1));
}

async fn a_system_that_fails_leaves_a_dead_letter_and_no_effect(plan: Plan) {
    let desk = Desk::open(plan, UNLIMITED).await;
    desk.ledger_faults(json!({"server_errors": 1})).await;
    let arguments = json!({"amount": 5, "description": "Call 514-555-0123"});
    desk.call("create_transaction_draft", arguments).await.expect_error(502, "INTEGRATION_FAILED");
    let letters = desk.admin().get("/api/v1/dlq?source=integration").await.expect(200);
    let letter = &letters["data"][0];
    assert_eq!(letter["kind"], "transactions.draft", "{letters}");
    assert!(!letter.to_string().contains("514"), "{letter}");
    let id = letter["id"].as_str().expect("an id");
    desk.admin().post(&format!("/api/v1/dlq/{id}/discard"), json!({})).await.expect(200);
    let raised = eventually("the alert", PATIENCE, || async {
        let feed = desk.admin().get("/api/v1/events?limit=100").await.expect(200);
        feed["data"].as_array()?.iter().find(|event| event["data"]["alert"]["code"] == "INTEGRATION_FAILED").cloned()
    })
    .await;
    assert_eq!(raised["data"]["alert"]["adapter"], "transactions");
    tokio::time::timeout(Duration::from_secs(30), desk.drafted(5.0)).await.expect("it goes on");
    assert_eq!(desk.ledger().await, (0, 0));
}
