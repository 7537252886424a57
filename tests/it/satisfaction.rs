//! The question at the end of a conversation: asked by the channel, answered by the channel, and what the report says.

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan};
use reqwest::Method;
use serde_json::{Value, json};

/// Ends the customer's conversation as resolved after an agent answered.
async fn resolve(deployment: &Deployment, agent: &Caller, text: &str) -> String {
    deployment.hear(CUSTOMER, Channel::Sms, text).await;
    let conversation = deployment.conversation(agent, CUSTOMER, Channel::Sms).await;
    let id = conversation["id"].as_str().expect("an id").to_owned();
    agent.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
    let reply = json!({"content": {"type": "text", "text": "Done"}, "client_message_id": RecordId::new().0});
    agent.post(&format!("/api/v1/conversations/{id}/messages"), reply).await.expect(201);
    let closed = agent.post(&format!("/api/v1/conversations/{id}/close"), json!({"close_reason": "resolved"})).await;
    assert_eq!(closed.expect(200)["status"], "closed");
    id
}

async fn asked(deployment: &Deployment) -> bool {
    let shown = deployment.phones.wait_on_phone(CUSTOMER, Channel::Sms, PATIENCE, |shown| {
        shown.text.as_deref().is_some_and(|text| text.starts_with("How did we do?"))
    });
    shown.await.is_some()
}

async fn inbound(agent: &Caller, id: &str) -> Vec<Value> {
    let page = agent.get(&format!("/api/v1/conversations/{id}/messages")).await.expect(200);
    let rows = page["data"].as_array().cloned().unwrap_or_default();
    rows.into_iter().filter(|row| row["direction"] == "inbound").collect()
}

#[tokio::test]
async fn a_score_is_kept_without_opening_the_conversation_again() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let agent = deployment.sign_in("Ann", "support_agent").await;
    let inboxes = deployment.admin.get("/api/v1/inboxes").await.expect(200);
    let inbox = inboxes["data"].as_array().and_then(|rows| rows.iter().find(|row| row["name"] == "sms-main"));
    let inbox = inbox.and_then(|row| row["id"].as_str()).expect("the inbox").to_owned();
    let path = format!("/api/v1/inboxes/{inbox}");
    let asks = deployment.admin.call(Method::PATCH, &path, Some(json!({"csat": true})), &[]).await;
    assert_eq!(asks.expect(200)["csat"], true);

    let id = resolve(&deployment, &agent, "The door does not close").await;
    assert!(asked(&deployment).await, "the customer is asked");
    deployment.hear(CUSTOMER, Channel::Sms, "4").await;
    eventually("the answer is there", PATIENCE, || async { (inbound(&agent, &id).await.len() == 2).then_some(()) })
        .await;
    let path = format!("/api/v1/conversations/{id}");
    let conversation = agent.get(&path).await.expect(200);
    assert_eq!((&conversation["status"], &conversation["unread_count"]), (&json!("closed"), &json!(0)));
    let report = deployment.admin.get("/api/v1/reports/csat").await.expect(200);
    let total = &report["total"];
    assert_eq!(
        (&total["answers"], &total["content"], &total["csat"], &total["average_rating"]),
        (&json!(1), &json!(1), &json!(1.0), &json!(4.0)),
        "{report}"
    );

    // A second number is no answer, and neither are words: somebody has to read them.
    deployment.hear(CUSTOMER, Channel::Sms, "2").await;
    eventually("the conversation is open again", PATIENCE, || async {
        (agent.get(&path).await.expect(200)["status"] != "closed").then_some(())
    })
    .await;
    let report = deployment.admin.get("/api/v1/reports/csat").await.expect(200);
    assert_eq!(report["total"]["average_rating"], json!(4.0));
}

#[tokio::test]
async fn an_inbox_that_does_not_ask_asks_nobody() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let agent = deployment.sign_in("Ann", "support_agent").await;
    let id = resolve(&deployment, &agent, "The door does not close").await;
    let page = agent.get(&format!("/api/v1/conversations/{id}/messages")).await.expect(200);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(2), "{page}");
    assert_eq!(deployment.admin.get("/api/v1/reports/csat").await.expect(200)["total"]["answers"], json!(0));
}
