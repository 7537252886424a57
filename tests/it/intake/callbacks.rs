//! Status callbacks of Twilio that do not name our number.

use patchbay_core::channel::Channel;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::{ACCOUNT_SID, AUTH_TOKEN};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan, both_databases};
use serde_json::{Value, json};

use super::{set_aside, text, twilio};

both_databases! {
    a_status_without_our_number_finds_its_message;
    among_several_numbers_our_id_in_the_path_decides;
}

const STATUS: &str = "/webhooks/twilio/status";

/// An agent who answered a text, and the answer as it was delivered.
async fn answered(deployment: &Deployment) -> (Caller, String) {
    let ann = deployment.sign_in("Ann", "support_agent").await;
    deployment.hear(CUSTOMER, Channel::Sms, "Hello").await;
    let conversation = text(&deployment.conversation(&ann, CUSTOMER, Channel::Sms).await, "id").to_owned();
    ann.post(&format!("/api/v1/conversations/{conversation}/take"), json!({})).await.expect(200);
    (ann, conversation)
}

/// Sends an answer and waits until it is on the phone.
async fn delivered(deployment: &Deployment, ann: &Caller, conversation: &str) -> Value {
    let id = patchbay_core::ids::RecordId::new().0;
    let body = json!({"content": {"type": "text", "text": "On our way"}, "client_message_id": id});
    let sent = ann.post(&format!("/api/v1/conversations/{conversation}/messages"), body).await.expect(201);
    message_when(deployment, ann, conversation, text(&sent, "message_id"), "delivered").await
}

async fn message_when(deployment: &Deployment, ann: &Caller, conversation: &str, id: &str, status: &str) -> Value {
    eventually("the message gets there", PATIENCE, || async {
        let messages = deployment.messages(ann, conversation).await;
        messages.into_iter().find(|message| message["message_id"] == id && message["status"] == status)
    })
    .await
}

fn read(sid: &str) -> [(&str, &str); 4] {
    // As Twilio reports on a message for which a messaging service has still to choose a number.
    let service = "MG00000000000000000000000000000001";
    [("MessageSid", sid), ("MessageStatus", "read"), ("MessagingServiceSid", service), ("To", CUSTOMER)]
}

async fn a_status_without_our_number_finds_its_message(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation) = answered(&deployment).await;
    let message = delivered(&deployment, &ann, &conversation).await;
    let sid = text(&message, "channel_message_id");
    assert_eq!(twilio(&deployment, STATUS, &read(sid)).await, 204);
    message_when(&deployment, &ann, &conversation, text(&message, "message_id"), "read").await;
    assert_eq!(set_aside(&deployment).await, Vec::<Value>::new());
}

async fn among_several_numbers_our_id_in_the_path_decides(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let inbox = json!({
        "name": "sms-second", "channel": "sms", "team": "support", "address": "+15550100033",
        "account_sid": ACCOUNT_SID, "auth_tokens": [AUTH_TOKEN], "api_base": "http://127.0.0.1:9",
    });
    deployment.admin.post("/api/v1/inboxes", inbox).await.expect(201);
    let (ann, conversation) = answered(&deployment).await;
    let message = delivered(&deployment, &ann, &conversation).await;
    let (id, sid) = (text(&message, "message_id"), text(&message, "channel_message_id"));
    // Of two numbers nobody guesses one: it is kept for a person.
    assert_eq!(twilio(&deployment, STATUS, &read(sid)).await, 204);
    let kept = set_aside(&deployment).await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0]["reason"], "unknown_account");
    assert_eq!(twilio(&deployment, &format!("{STATUS}/{id}"), &read(sid)).await, 204);
    message_when(&deployment, &ann, &conversation, id, "read").await;
    assert_eq!(set_aside(&deployment).await.len(), 1);
}
