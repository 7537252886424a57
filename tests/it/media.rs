//! Files, both ways, over HTTP: fetched from the providers, kept once, shown safely, uploaded and sent on; and everything
//! that must not be fetched. On one node over SQLite and on one over PostgreSQL.

mod fetching;
mod sending;
mod strangers;

use std::time::Duration;

use bytes::Bytes;
use patchbay_core::channel::Channel;
use patchbay_simulator::{Attachment, Saying};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, client};
use serde_json::{Value, json};

/// Tries of a download are seconds apart.
const WITH_RETRIES: Duration = Duration::from_mins(4);

/// A picture of one red pixel.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 2,
    0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 12, b'I', b'D', b'A', b'T', 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3,
    1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// What a phone attaches.
fn attached(from: &str, channel: Channel, mime_type: &str, bytes: impl Into<Bytes>) -> Saying {
    let file = Attachment { mime_type: mime_type.into(), filename: Some("plan.bin".into()), bytes: bytes.into() };
    Saying { media: Some(file), ..Saying::text(from, channel, "Look") }
}

/// The first file of the last message of a conversation, once it stands at `status`.
async fn file_at(deployment: &Deployment, caller: &Caller, conversation: &str, status: &str) -> Value {
    eventually(&format!("the file is {status}"), WITH_RETRIES, || async {
        let messages = deployment.messages(caller, conversation).await;
        let file = messages.last()?["content"]["media"][0].clone();
        (file["status"] == status).then_some(file)
    })
    .await
}

async fn fetched(caller: &Caller, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let mut request = client::http().get(format!("{}{path}", caller.base_url())).bearer_auth(caller.token());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("the node answers")
}

fn header<'r>(response: &'r reqwest::Response, name: &str) -> &'r str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Uploads a file as an agent does.
async fn upload(caller: &Caller, mime_type: &str, name: &str, bytes: Vec<u8>) -> reqwest::Response {
    client::http()
        .post(format!("{}/api/v1/media", caller.base_url()))
        .bearer_auth(caller.token())
        .header("content-type", mime_type)
        .header("x-filename", name)
        .body(bytes)
        .send()
        .await
        .expect("the node answers")
}

async fn uploaded(caller: &Caller, mime_type: &str, name: &str, bytes: Vec<u8>) -> String {
    let response = upload(caller, mime_type, name, bytes).await;
    assert_eq!(response.status(), 201);
    let body: Value = response.json().await.expect("JSON");
    body["id"].as_str().expect("an id").to_owned()
}

/// An agent who has the conversation of `customer`, which is begun by a text.
async fn at_work(deployment: &Deployment, customer: &str, channel: Channel) -> (Caller, String) {
    let ann = deployment.sign_in("Ann", "support_agent").await;
    deployment.hear(customer, channel, "Hello").await;
    let conversation = deployment.conversation(&ann, customer, channel).await;
    let id = conversation["id"].as_str().expect("an id").to_owned();
    ann.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
    (ann, id)
}

/// Waits until a message stands at one of `states`.
async fn message_at(
    deployment: &Deployment,
    caller: &Caller,
    conversation: &str,
    id: &Value,
    states: &[&str],
) -> Value {
    eventually(&format!("the message is {states:?}"), PATIENCE, || async {
        let messages = deployment.messages(caller, conversation).await;
        let message = messages.into_iter().find(|message| &message["message_id"] == id)?;
        states.contains(&message["status"].as_str().unwrap_or_default()).then_some(message)
    })
    .await
}
