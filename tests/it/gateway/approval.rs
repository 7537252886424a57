//! Money: the customer confirms on the phone, a supervisor approves, one commit follows.

use patchbay_tests::{Plan, both_databases};
use serde_json::json;

use super::desk::{Desk, LIMITED, UNLIMITED};

both_databases! {
    a_small_amount_is_carried_out_once_after_the_customers_code;
    a_large_amount_waits_for_a_supervisor_who_sees_what_was_said;
    drafts_made_at_once_see_each_other;
}

async fn a_small_amount_is_carried_out_once_after_the_customers_code(plan: Plan) {
    let desk = Desk::open(plan, LIMITED).await;
    let draft = desk.drafted(500.0).await;
    let code = desk.code(1).await;
    let commit = |token: &str| json!({"draft_id": draft, "confirmation_token": token});
    desk.call("commit_transaction", commit(&code)).await.expect_error(409, "CONFIRMATION_REQUIRED");
    desk.says("CONFIRM-WRONGAB2").await;
    desk.says(&format!("ok, {}", code.to_lowercase())).await;
    desk.awaits(&draft, "CONFIRMED").await;
    desk.call("commit_transaction", commit("CONFIRM-WRONGAB2")).await.expect_error(409, "CONFIRMATION_INVALID");
    let done = desk.call("commit_transaction", commit(&code)).await.expect(200);
    assert_eq!(done["result"]["state"], "COMMITTED");
    let again = desk.call("commit_transaction", commit(&code)).await.expect(200);
    assert_eq!(again["result"]["reference"], done["result"]["reference"]);
    assert_eq!(desk.ledger().await, (1, 1));
    let calls = desk.admin().get(&format!("/api/v1/tool-invocations?draft_id={draft}")).await.expect(200);
    assert!(calls["data"].as_array().is_some_and(|rows| rows.len() >= 4), "{calls}");
}

async fn a_large_amount_waits_for_a_supervisor_who_sees_what_was_said(plan: Plan) {
    let desk = Desk::open(plan, LIMITED).await;
    let draft = desk.drafted(1_500.0).await;
    let code = desk.code(1).await;
    desk.says(&format!("yes {code} please")).await;
    let shown = desk.awaits(&draft, "AWAITING_HUMAN").await;
    assert_eq!(shown["proof"]["text"], format!("yes {code} please"));
    assert_eq!(shown["day"]["sum"], "1500.00");
    assert_eq!(shown["written_by_the_assistant"]["description"], "Brake pads");
    assert!(shown["rendered"].as_str().is_some_and(|text| text.starts_with("Charge USD 1500.00 to ")), "{shown}");
    let path = format!("/api/v1/drafts/{draft}/approve");
    desk.assistant.post(&path, json!({})).await.expect_error(403, "FORBIDDEN");
    desk.assistant.post(&path, json!({"payload_hash": []})).await.expect_error(403, "FORBIDDEN");
    let supervisor = desk.supervisor();
    supervisor.post(&path, json!({"payload_hash": "0"})).await.expect_error(409, "CONFIRMATION_INVALID");
    let waiting = supervisor.get("/api/v1/drafts?state=AWAITING_APPROVAL").await.expect(200);
    assert_eq!(waiting["data"][0]["id"], draft.as_str());
    assert_eq!(waiting["data"][0]["rendered"], shown["rendered"], "lists say it in the same words");
    supervisor
        .post(&path, json!({"payload_hash": shown["payload_hash"], "reason": "known customer"}))
        .await
        .expect(200);
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    desk.call("commit_transaction", commit).await.expect(200);
    assert_eq!(desk.ledger().await, (1, 1));
}

async fn drafts_made_at_once_see_each_other(plan: Plan) {
    let desk = Desk::open(plan, UNLIMITED).await;
    let make = || desk.call("create_transaction_draft", json!({"amount": 400, "description": "Parts"}));
    let made = tokio::join!(make(), make(), make());
    let mut plans: Vec<String> = [made.0, made.1, made.2]
        .into_iter()
        .map(|answer| answer.expect(200)["draft"]["plan"].as_str().expect("a plan").to_owned())
        .collect();
    plans.sort();
    assert_eq!(plans, ["customer", "customer", "customer+human"]);
}
