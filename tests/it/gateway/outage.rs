//! The stores away while assistants call: nothing is admitted that could not be counted, nothing is carried out, and nothing
//! is counted twice when they are back.

use std::time::Duration;

use patchbay_tests::Plan;
use patchbay_tests::wait::eventually;
use serde_json::json;

use super::desk::{Desk, LIMITED};

/// Longest wait for a database that has just come back.
const BACK: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_the_limit_is_as_exact_and_without_the_database_nothing_is_carried_out() {
    let mut desk = Desk::open(Plan::Breakable, LIMITED).await;
    let (draft, code) = desk.confirmed(20.0).await;
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    desk.deployment.redis.as_mut().expect("the plan has its own Redis").stop();
    // The draft was the first call of ten.
    for _ in 0..9 {
        desk.call("get_conversation_context", json!({})).await.expect(200);
    }
    desk.call("get_conversation_context", json!({})).await.expect_error(429, "RATE_LIMITED");
    desk.deployment.redis.as_mut().expect("the plan has its own Redis").start().await;

    desk.deployment.postgres.as_mut().expect("the plan has its own PostgreSQL").stop();
    for (tool, arguments) in [
        ("commit_transaction", commit.clone()),
        ("create_transaction_draft", json!({"amount": 5, "description": "Pads"})),
        ("get_conversation_context", json!({})),
    ] {
        let refused = desk.call(tool, arguments).await;
        assert!(refused.status.as_u16() >= 500, "{tool}: {} {}", refused.status, refused.body);
    }
    assert_eq!(desk.ledger().await, (0, 0));
    desk.deployment.postgres.as_mut().expect("the plan has its own PostgreSQL").start().await;
    // What was refused was not counted, and what was confirmed still is: carried out from the reserve, once.
    eventually("the commit is taken", BACK, || async {
        let answer = desk.call("commit_transaction", commit.clone()).await;
        (answer.status.as_u16() == 200).then_some(())
    })
    .await;
    assert_eq!(desk.ledger().await, (1, 1));
}
