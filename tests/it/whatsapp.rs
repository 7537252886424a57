//! What WhatsApp carries beside text, over HTTP: things to press, places, reactions, quotes, read marks, templates, edits;
//! and the same channel through Twilio. On one node over SQLite and on one over PostgreSQL.

mod changes;
mod cloud;
mod templates;
mod through_twilio;

use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::ids::RecordId;
use patchbay_simulator::Sent;
use patchbay_tests::settings::{APP_SECRET, PHONE_NUMBER_ID};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::webhook::{sign_meta, whatsapp_text};
use patchbay_tests::{Answer, Caller, Deployment, client};
use serde_json::{Value, json};

/// An agent who has the conversation of `customer`, which is begun by a text; the customer's message.
async fn at_work(deployment: &Deployment, customer: &str) -> (Caller, String, String) {
    let ann = deployment.sign_in("Ann", "support_agent").await;
    let wamid = deployment.hear(customer, Channel::Whatsapp, "Hello").await;
    let id = conversation_of(deployment, &ann, customer).await;
    ann.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
    (ann, id, wamid)
}

async fn conversation_of(deployment: &Deployment, caller: &Caller, customer: &str) -> String {
    let conversation = deployment.conversation(caller, customer, Channel::Whatsapp).await;
    conversation["id"].as_str().expect("an id").to_owned()
}

async fn post(caller: &Caller, conversation: &str, mut body: Value) -> Answer {
    body["client_message_id"] = json!(RecordId::new().0);
    caller.post(&format!("/api/v1/conversations/{conversation}/messages"), body).await
}

async fn post_template(caller: &Caller, conversation: &str, mut body: Value) -> Answer {
    body["client_message_id"] = json!(RecordId::new().0);
    caller.post(&format!("/api/v1/conversations/{conversation}/messages/template"), body).await
}

/// What the provider took of a message of ours.
async fn accepted(deployment: &Deployment, message: &Value) -> Sent {
    let id = message["message_id"].as_str().expect("an id").to_owned();
    deployment
        .phones
        .wait_for(PATIENCE, |sent| sent.our_id.as_deref() == Some(id.as_str()))
        .await
        .expect("the provider accepted it")
}

/// One message of a conversation, once `fits`.
async fn message_when(
    deployment: &Deployment,
    caller: &Caller,
    conversation: &str,
    fits: impl Fn(&Value) -> bool,
) -> Value {
    eventually("the message is as it should be", PATIENCE, || async {
        deployment.messages(caller, conversation).await.into_iter().find(|message| fits(message))
    })
    .await
}

/// A customer's message as Meta posts it; `change` makes another one of the text.
fn webhook(from: &str, id: &str, change: impl FnOnce(&mut Value)) -> Value {
    let at = Clock::system().now().timestamp();
    let mut body = whatsapp_text(PHONE_NUMBER_ID, from, "Maya", id, "Hello", at);
    change(&mut body["entry"][0]["changes"][0]["value"]);
    body
}

/// Posts a webhook with Meta's signature.
async fn notify(deployment: &Deployment, body: &Value) {
    let body = body.to_string().into_bytes();
    let signature = sign_meta(APP_SECRET, &body);
    let url = format!("{}/webhooks/whatsapp", deployment.nodes[0].base_url());
    let request = client::http().post(url).header("x-hub-signature-256", signature).body(body);
    assert_eq!(request.send().await.expect("the node answers").status(), 200);
}
