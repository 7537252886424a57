//! Tickets that another system keeps: read, recorded and commented once, whatever becomes of its answers.

use std::time::Duration;

use patchbay_core::ids::RecordId;
use patchbay_tests::client::{Answer, http};
use patchbay_tests::{Plan, both_databases};
use serde_json::{Value, json};

use super::desk::Desk;

/// Limits lifted, and the tickets elsewhere.
const ELSEWHERE: &str =
    "{ledger}{desk}[tool_gateway]\ncalls_per_hour = 0\nflurry_calls = 0\ndenials_per_ten_minutes = 0\n";

both_databases! {
    a_ticket_is_recorded_found_and_commented_in_the_other_system;
    a_lost_answer_is_asked_for_again_under_the_same_key;
    an_outcome_that_stays_unknown_is_kept_for_people_and_never_done_twice;
}

async fn system(desk: &Desk) -> Value {
    let url = format!("{}/sim/tickets", desk.deployment.simulator().desk_base());
    http().get(url).send().await.expect("an answer").json().await.expect("JSON")
}

async fn calls(desk: &Desk) -> u64 {
    system(desk).await["calls"].as_u64().expect("a count")
}

async fn faults(desk: &Desk, faults: Value) {
    let url = format!("{}/sim/faults", desk.deployment.simulator().desk_base());
    let answer = http().put(url).json(&faults).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{faults}");
}

/// A call under a key of its own.
async fn keyed(desk: &Desk, tool: &str, arguments: &Value, key: &str) -> Answer {
    let headers = [("idempotency-key", key)];
    let body = json!({"arguments": arguments});
    desk.assistant.call(reqwest::Method::POST, &format!("/tools/{tool}"), Some(body), &headers).await
}

async fn a_ticket_is_recorded_found_and_commented_in_the_other_system(plan: Plan) {
    let desk = Desk::open(plan, ELSEWHERE).await;
    let made = desk.call("ticket.create", json!({"summary": "The door squeaks", "category": "lock"})).await.expect(200);
    let id = made["result"]["ticket_id"].as_str().expect("an id").to_owned();
    assert_eq!(made["result"]["summary"], "The door squeaks");
    let found = desk.call("search_tickets", json!({"status": "open"})).await.expect(200);
    assert_eq!((&found["result"]["count"], &found["result"]["tickets"][0]["ticket_id"]), (&json!(1), &json!(id)));
    desk.call("ticket.add_comment", json!({"ticket_id": id, "text": "It also sticks"})).await.expect(200);
    let read = desk.call("ticket.get", json!({"ticket_id": id})).await.expect(200);
    assert_eq!((&read["result"]["status"], &read["result"]["stale"]), (&json!("open"), &json!(false)));
    let kept = system(&desk).await;
    assert_eq!(kept["tickets"][0]["comments"][0]["text"], "It also sticks");
    assert_eq!(kept["tickets"][0]["comments"][0]["author"], "assistant");
    assert_eq!(kept["tickets"][0]["conversation_id"], desk.conversation.as_str());
    // Somebody else's ticket looks absent, whatever is asked of it.
    let url = format!("{}/sim/tickets", desk.deployment.simulator().desk_base());
    let foreign = json!({"id": "HD-900000", "customer_id": RecordId::new(), "summary": "Another's", "status": "open"});
    assert!(http().post(url).json(&foreign).send().await.expect("an answer").status().is_success());
    for (tool, text) in [("ticket.get", None), ("ticket.add_comment", Some("hello"))] {
        let asked = |ticket: &str| match text {
            None => json!({"ticket_id": ticket}),
            Some(text) => json!({"ticket_id": ticket, "text": text}),
        };
        let one = desk.call(tool, asked("HD-900000")).await;
        let other = desk.call(tool, asked("HD-900001")).await;
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (404, 404), "{tool}: {}", one.body);
        assert_eq!(one.body["error"]["message"], other.body["error"]["message"], "{tool}");
    }
    // The tools of our own tickets are not offered.
    desk.call("ticket.triage", json!({})).await.expect_error(400, "UNKNOWN_TOOL");
}

async fn a_lost_answer_is_asked_for_again_under_the_same_key(plan: Plan) {
    let desk = Desk::open(plan, ELSEWHERE).await;
    faults(&desk, json!({"lost_answers": 2})).await;
    let made = desk.call("ticket.create", json!({"summary": "The door squeaks"})).await.expect(200);
    assert!(made["result"]["ticket_id"].is_string(), "{made}");
    let kept = system(&desk).await;
    assert_eq!((kept["tickets"].as_array().map(Vec::len), &kept["writes"]), (Some(1), &json!(1)));
    assert_eq!(kept["calls"], 3);
    // Asked to wait, it waits; and what was not done is done then.
    faults(&desk, json!({"too_many_requests": 1, "retry_after_s": 1})).await;
    let began = tokio::time::Instant::now();
    let text = json!({"ticket_id": made["result"]["ticket_id"], "text": "It also sticks"});
    desk.call("ticket.add_comment", text).await.expect(200);
    assert!(began.elapsed() >= Duration::from_secs(1));
    // A definite no is no reason to try again.
    faults(&desk, json!({"refusals": 1})).await;
    let before = calls(&desk).await;
    desk.call("ticket.create", json!({"summary": "Another"})).await.expect_error(502, "INTEGRATION_FAILED");
    assert_eq!(calls(&desk).await, before + 1);
}

async fn an_outcome_that_stays_unknown_is_kept_for_people_and_never_done_twice(plan: Plan) {
    let desk = Desk::open(plan, ELSEWHERE).await;
    faults(&desk, json!({"lost_answers": 3})).await;
    let (key, ticket) = (RecordId::new().to_string(), json!({"summary": "Ring 514-555-0123 about the door"}));
    let lost = keyed(&desk, "ticket.create", &ticket, &key).await;
    assert_eq!(lost.status.as_u16(), 504, "{}", lost.body);
    assert_eq!(lost.body["error"]["reason"], "upstream.unknown_outcome");
    assert_eq!(lost.body["error"]["retryable"], false);
    let letters = desk.admin().get("/api/v1/dlq?source=integration").await.expect(200);
    assert_eq!(letters["data"][0]["kind"], "ticketing.create", "{letters}");
    assert!(!letters.to_string().contains("514-555"), "{letters}");
    // The same call once more: what was done is found, and nothing is done again.
    let found = keyed(&desk, "ticket.create", &ticket, &key).await.expect(200);
    assert_eq!(found["result"]["ticket_id"], "HD-000001");
    let kept = system(&desk).await;
    assert_eq!((kept["tickets"].as_array().map(Vec::len), &kept["writes"]), (Some(1), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_keeps_failing_is_left_alone_and_what_was_read_is_still_told() {
    let desk = Desk::open(Plan::Laptop, ELSEWHERE).await;
    desk.call("search_tickets", json!({})).await.expect(200);
    faults(&desk, json!({"server_errors": 1_000})).await;
    let before = calls(&desk).await;
    desk.call("search_tickets", json!({"limit": 1})).await.expect_error(502, "INTEGRATION_FAILED");
    assert_eq!(calls(&desk).await, before + 3, "a read is tried three times");
    // The fifth failure in a row opens the circuit.
    desk.call("search_tickets", json!({"limit": 2})).await.expect_error(503, "CIRCUIT_OPEN");
    assert_eq!(calls(&desk).await, before + 5);
    let alone = desk.call("ticket.create", json!({"summary": "The door squeaks"})).await;
    let wait: u64 = alone.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=61).contains(&wait), "{wait}");
    alone.expect_error(503, "CIRCUIT_OPEN");
    assert_eq!(calls(&desk).await, before + 5, "it is left alone");
    // What was read a moment ago needs no call.
    let told = desk.call("search_tickets", json!({})).await.expect(200);
    assert_eq!(told["result"]["count"], 0);
    // A supervisor was told, and the calls that were given up are kept.
    let letters = desk.admin().get("/api/v1/dlq?source=integration").await.expect(200);
    assert!(letters["data"].as_array().is_some_and(|data| !data.is_empty()), "{letters}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_absent_or_refused_for_good_is_tried_once() {
    let desk = Desk::open(Plan::Laptop, ELSEWHERE).await;
    let before = calls(&desk).await;
    desk.call("ticket.get", json!({"ticket_id": "HD-000001"})).await.expect_error(404, "NOT_FOUND");
    assert_eq!(calls(&desk).await, before + 1);
    faults(&desk, json!({"unauthorized": 1})).await;
    let refused = desk.call("search_tickets", json!({})).await;
    refused.expect_error(502, "INTEGRATION_FAILED");
    assert_eq!(calls(&desk).await, before + 2);
}
