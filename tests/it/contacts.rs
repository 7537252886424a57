//! Contacts over HTTP: made, found, merged and split, read in and taken out, exported and forgotten.

mod erasing;
mod lists;
mod merging;

use patchbay_tests::Deployment;
use patchbay_tests::client::http;
use patchbay_tests::settings::{APP_SECRET, PHONE_NUMBER_ID};
use patchbay_tests::webhook::{sign_meta, whatsapp_text};
use serde_json::Value;

/// When the customers of these tests write: long ago enough to be in order, soon enough for the window.
fn now() -> i64 {
    patchbay_core::clock::Clock::system().now().timestamp()
}

/// Posts a WhatsApp text as Meta does; the same id again is the same message.
async fn whatsapp(deployment: &Deployment, from: &str, id: &str, text: &str) {
    let body = whatsapp_text(PHONE_NUMBER_ID, from, "Maya Rivera", id, text, now()).to_string();
    let signature = sign_meta(APP_SECRET, body.as_bytes());
    let url = format!("{}/webhooks/whatsapp", deployment.admin.base_url());
    let answer = http().post(url).header("x-hub-signature-256", signature).body(body).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("it has an id")
}
