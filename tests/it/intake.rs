//! The way in, over HTTP: whose a request is, what becomes of it, what is kept of it.

mod callbacks;
mod echoes;
mod events;
mod renewed;
mod senders;
mod sites;

use patchbay_tests::client::http;
use patchbay_tests::settings::{ACCOUNT_SID, APP_SECRET, AUTH_TOKEN};
use patchbay_tests::webhook::{sign_meta, sign_twilio};
use patchbay_tests::{Answer, Deployment};
use serde_json::Value;

/// Posts a form to one of Twilio's paths, signed as Twilio does; the account is added.
async fn twilio(deployment: &Deployment, path: &str, parameters: &[(&str, &str)]) -> u16 {
    let form: Vec<(&str, &str)> = [("AccountSid", ACCOUNT_SID)].iter().chain(parameters).copied().collect();
    let url = format!("{}{path}", deployment.admin.base_url());
    let signature = sign_twilio(AUTH_TOKEN, &url, &form);
    let answer = http().post(url).header("x-twilio-signature", signature).form(&form).send().await;
    answer.expect("the node answers").status().as_u16()
}

/// Posts a notification, signed as Meta does.
async fn meta(deployment: &Deployment, body: &Value) {
    let body = body.to_string();
    let signature = sign_meta(APP_SECRET, body.as_bytes());
    let url = format!("{}/webhooks/whatsapp", deployment.admin.base_url());
    let answer = http().post(url).header("x-hub-signature-256", signature).body(body).send().await;
    assert_eq!(answer.expect("the node answers").status().as_u16(), 200);
}

/// What was set aside.
async fn set_aside(deployment: &Deployment) -> Vec<Value> {
    let list = deployment.admin.get("/api/v1/quarantine").await.expect(200);
    list["data"].as_array().expect("a list").clone()
}

/// A text of an answer.
#[track_caller]
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

/// Checks that a field was refused.
#[track_caller]
fn refused(answer: Answer, field: &str) {
    let body = answer.expect(400);
    assert!(body.to_string().contains(&format!("\"{field}\"")), "{body}");
}
