//! The question at the end of a conversation: asked by the channel, answered by the channel, and what the report says.

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan, both_databases};
use reqwest::Method;
use serde_json::{Value, json};

use crate::mail::{INBOX, forward, wait_for};

both_databases! {
    a_score_is_kept_without_opening_the_conversation_again;
    a_score_comes_by_whatsapp_too;
    a_score_comes_by_mail_too_above_what_it_answers;
}

/// Ends the customer's conversation as resolved after an agent answered.
async fn resolve(deployment: &Deployment, agent: &Caller, channel: Channel, text: &str) -> String {
    deployment.hear(CUSTOMER, channel, text).await;
    let conversation = deployment.conversation(agent, CUSTOMER, channel).await;
    resolved(agent, &conversation).await
}

/// Answers a conversation and ends it.
async fn resolved(agent: &Caller, conversation: &Value) -> String {
    let id = conversation["id"].as_str().expect("an id").to_owned();
    agent.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
    let reply = json!({"content": {"type": "text", "text": "Done"}, "client_message_id": RecordId::new().0});
    agent.post(&format!("/api/v1/conversations/{id}/messages"), reply).await.expect(201);
    let closed = agent.post(&format!("/api/v1/conversations/{id}/close"), json!({"close_reason": "resolved"})).await;
    assert_eq!(closed.expect(200)["status"], "closed");
    id
}

async fn asked(deployment: &Deployment, channel: Channel) -> bool {
    let shown = deployment.phones.wait_on_phone(CUSTOMER, channel, PATIENCE, |shown| {
        shown.text.as_deref().is_some_and(|text| text.starts_with("How did we do?"))
    });
    shown.await.is_some()
}

async fn inbound(agent: &Caller, id: &str) -> Vec<Value> {
    let page = agent.get(&format!("/api/v1/conversations/{id}/messages")).await.expect(200);
    let rows = page["data"].as_array().cloned().unwrap_or_default();
    rows.into_iter().filter(|row| row["direction"] == "inbound").collect()
}

/// Switches the question on in an inbox.
async fn ask_in(deployment: &Deployment, name: &str) {
    let inboxes = deployment.admin.get("/api/v1/inboxes").await.expect(200);
    let inbox = inboxes["data"].as_array().and_then(|rows| rows.iter().find(|row| row["name"] == name));
    let path = format!("/api/v1/inboxes/{}", inbox.and_then(|row| row["id"].as_str()).expect("the inbox"));
    let asks = deployment.admin.call(Method::PATCH, &path, Some(json!({"csat": true})), &[]).await;
    assert_eq!(asks.expect(200)["csat"], true);
}

/// The conversation is closed and read, and the report knows the one answer.
async fn expect_rated(deployment: &Deployment, agent: &Caller, id: &str, rating: f64) {
    eventually("the answer is there", PATIENCE, || async { (inbound(agent, id).await.len() == 2).then_some(()) }).await;
    let conversation = agent.get(&format!("/api/v1/conversations/{id}")).await.expect(200);
    assert_eq!((&conversation["status"], &conversation["unread_count"]), (&json!("closed"), &json!(0)));
    let report = deployment.admin.get("/api/v1/reports/csat").await.expect(200);
    let total = &report["total"];
    assert_eq!(
        (&total["answers"], &total["content"], &total["csat"], &total["average_rating"]),
        (&json!(1), &json!(1), &json!(1.0), &json!(rating)),
        "{report}"
    );
}

async fn a_score_is_kept_without_opening_the_conversation_again(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let agent = deployment.sign_in("Ann", "support_agent").await;
    ask_in(&deployment, "sms-main").await;
    let id = resolve(&deployment, &agent, Channel::Sms, "The door does not close").await;
    assert!(asked(&deployment, Channel::Sms).await, "the customer is asked");
    deployment.hear(CUSTOMER, Channel::Sms, "4").await;
    expect_rated(&deployment, &agent, &id, 4.0).await;
    let path = format!("/api/v1/conversations/{id}");

    // A second number is no answer, and neither are words: somebody has to read them.
    deployment.hear(CUSTOMER, Channel::Sms, "2").await;
    eventually("the conversation is open again", PATIENCE, || async {
        (agent.get(&path).await.expect(200)["status"] != "closed").then_some(())
    })
    .await;
    let report = deployment.admin.get("/api/v1/reports/csat").await.expect(200);
    assert_eq!(report["total"]["average_rating"], json!(4.0));
}

async fn a_score_comes_by_whatsapp_too(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let agent = deployment.sign_in("Ann", "support_agent").await;
    ask_in(&deployment, "whatsapp-main").await;
    let id = resolve(&deployment, &agent, Channel::Whatsapp, "The door does not close").await;
    assert!(asked(&deployment, Channel::Whatsapp).await, "the customer is asked");
    deployment.hear(CUSTOMER, Channel::Whatsapp, "\u{2b50}\u{2b50}\u{2b50}\u{2b50}\u{2b50}").await;
    expect_rated(&deployment, &agent, &id, 5.0).await;
}

async fn a_score_comes_by_mail_too_above_what_it_answers(plan: Plan) {
    let deployment = Deployment::start_with(plan, INBOX).await;
    let agent = deployment.sign_in("Ann", "support_agent").await;
    ask_in(&deployment, "support-mail").await;
    let asks = "Subject: Door\r\nMessage-ID: <d1@client.test>";
    assert_eq!(forward(&deployment, "d1", asks, "It does not close.").await, 200);
    let conversation = wait_for(&agent, 1).await.remove(0);
    let id = resolved(&agent, &conversation).await;
    let messages = deployment.messages(&agent, &id).await;
    let question = messages.last().and_then(|message| message["content"]["text"].as_str()).unwrap_or_default();
    assert!(question.starts_with("How did we do?"), "{messages:?}");
    let answers = "Subject: Re: Door\r\nMessage-ID: <d2@client.test>\r\nIn-Reply-To: <d1@client.test>";
    let body = "5 out of 5!\r\n\r\nOn Monday, Support wrote:\r\n> How did we do?\r\n> 1 2 3 4 5\r\n";
    assert_eq!(forward(&deployment, "d2", answers, body).await, 200);
    expect_rated(&deployment, &agent, &id, 5.0).await;
}

#[tokio::test]
async fn an_inbox_that_does_not_ask_asks_nobody() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let agent = deployment.sign_in("Ann", "support_agent").await;
    let id = resolve(&deployment, &agent, Channel::Sms, "The door does not close").await;
    let page = agent.get(&format!("/api/v1/conversations/{id}/messages")).await.expect(200);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(2), "{page}");
    assert_eq!(deployment.admin.get("/api/v1/reports/csat").await.expect(200)["total"]["answers"], json!(0));
}
