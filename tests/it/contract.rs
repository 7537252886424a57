//! What the contract promises to whoever builds on the outside: settings as it shows them, answers as it words them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::{APP_SECRET, PHONE_NUMBER_ID};
use patchbay_tests::webhook::{sign_meta, whatsapp_text};
use patchbay_tests::{Deployment, Plan, client, node};
use serde_json::{Value, json};

/// Every key of the contract's chapter on settings.
const EVERY_KEY: &str = r#"
env = "development"
listen = "127.0.0.1:8080"
listen_smtp = "127.0.0.1:2525"
public_url = "http://127.0.0.1:8080"
public_url_candidates = ["https://hub.example.test"]
trust_forwarded_headers = false
data_dir = "./data"
database_url = "sqlite://data/patchbay.db"
redis_url = ""
auto_migrate = true

[auth]
jwt_secret = "a-secret-that-is-long-enough-to-sign-with"
issuer = "https://issuer.example.test"
audience = "patchbay"
jwks_url = "https://issuer.example.test/keys"

[[inbox]]
name = "whatsapp-main"
channel = "whatsapp"
team = "support"
triage = "direct"
phone_number_id = "1122334455"
address = "+15550001111"
app_secrets = ["newest", "older"]
verify_token = "v"
access_token = "t"
api_base = "https://graph.facebook.com/v23.0"

[[inbox]]
name = "sms-main"
channel = "sms"
account_sid = "AC1"
auth_tokens = ["t"]
shared_keys = { }
address = "+15550002222"
voice = true
api_base = "https://api.twilio.com"

[[inbox]]
name = "support-mail"
channel = "email"
address = "support@example.test"
inbound = "mailgun"
signing_keys = ["k"]
smtp_url = "smtp://127.0.0.1:2525"
reply_domain = "reply.example.test"
reply_token_secret = "s"
dkim = "verify"

[[inbox]]
name = "website"
channel = "chat"
identity_mode = "jwt"
jwt = { keys = { kid = "k" }, audience = "a", leeway_seconds = 30, max_ttl_seconds = 86400 }
require_identity = false
allowed_origins = ["https://www.example.test"]

[limits]
webhooks_per_second = 5000
api_per_second = 20

[integration.ticketing]
kind = "http"
base_url = "https://tickets.example.test"
api_key = "k"

[integration.transactions]
base_url = "https://transactions.example.test"
token_url = "https://transactions.example.test/token"
client_id = "i"
client_secret = "s"
hmac_secret = "h"
"#;

fn migrate(settings: &str) -> std::process::Output {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::create_dir(folder.path().join("data")).expect("a folder can be made");
    std::fs::write(folder.path().join("patchbay.toml"), settings).expect("it can be written");
    node::run(folder.path(), &["migrate"])
}

#[test]
fn every_setting_of_the_contract_is_known() {
    let output = migrate(EVERY_KEY);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_misspelled_key_deep_in_the_settings_is_named() {
    let output = migrate(&EVERY_KEY.replace("hmac_secret", "hmac_sekret"));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("hmac_sekret"), "{output:?}");
}

#[test]
fn an_outside_ticketing_system_needs_an_address() {
    let output = migrate(&EVERY_KEY.replace("base_url = \"https://tickets.example.test\"", ""));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("integration.ticketing.base_url"), "{output:?}");
}

/// A client that reads nothing until it has sent everything, as most do.
fn send_all_then_read(address: &str, path: &str, body: usize) -> String {
    let mut stream = TcpStream::connect(address).expect("the node listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a limit can be set");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {body}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("the head is taken");
    let chunk = vec![b' '; 64 << 10];
    let mut left = body;
    while left > 0 {
        let part = left.min(chunk.len());
        stream.write_all(&chunk[..part]).expect("the whole body is taken");
        left -= part;
    }
    let mut answer = vec![0; 512];
    let length = stream.read(&mut answer).expect("there is an answer");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_long_is_answered_and_not_cut_off() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let address = deployment.nodes[0].base_url().trim_start_matches("http://").to_owned();
    for path in ["/webhooks/whatsapp", "/webhooks/twilio/sms"] {
        let address = address.clone();
        let answer = tokio::task::spawn_blocking(move || send_all_then_read(&address, path, 12 << 20))
            .await
            .expect("the client does not panic");
        assert!(answer.starts_with("HTTP/1.1 413"), "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_json_unless_text_is_asked_for() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let json = deployment.admin.get("/metrics").await.expect(200);
    assert_eq!(json["service"], "patchbay");
    assert!(json["generated_at"].is_string() && json["counters"].is_object(), "{json}");
    let accept = [("accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")];
    let text = deployment.admin.call(reqwest::Method::GET, "/metrics", None, &accept).await;
    assert!(text.headers["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/plain")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_ways_of_saying_it_are_understood() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let at = patchbay_core::clock::Clock::system().now().timestamp();
    let body = whatsapp_text(PHONE_NUMBER_ID, CUSTOMER, "Maya", "wamid.c1", "Hello", at).to_string();
    let answer = client::http()
        .post(format!("{}/webhooks/whatsapp", deployment.nodes[0].base_url()))
        .header("x-hub-signature-256", sign_meta(APP_SECRET, body.as_bytes()))
        .body(body)
        .send()
        .await
        .expect("the node answers");
    assert_eq!(answer.status().as_u16(), 200);
    let admin = &deployment.admin;
    let list = admin.get("/api/v1/conversations").await.expect(200);
    let id = list["data"][0]["id"].as_str().expect("there is a conversation").to_owned();
    let taken = admin.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
    let seen = admin.get(&format!("/api/v1/conversations/{id}")).await.expect(200);
    assert_eq!(seen["assigned_to"], taken["assigned_to"], "whoever takes it first is known by name at once");
    assert_ne!(seen["assigned_to"]["name"], "");
    let read = admin.call(reqwest::Method::POST, &format!("/api/v1/conversations/{id}/read"), None, &[]).await;
    assert_eq!(read.expect(200)["unread_count"], 0, "without a body everything is read");
    admin
        .post(&format!("/api/v1/conversations/{id}/notes"), json!({ "content": "by the column's name" }))
        .await
        .expect(201);
    admin.post(&format!("/api/v1/conversations/{id}/tags"), json!({ "tag": "VIP" })).await.expect(200);
    let tagged = admin.get("/api/v1/conversations?tag=VIP").await.expect(200);
    assert_eq!(tagged["data"].as_array().map(Vec::len), Some(1), "tags have no case");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_token_is_told_from_one_that_lacks_claims() {
    let deployment = Deployment::start(Plan::Laptop).await;
    for text in ["nonsense", "abc.def.ghi", "a.b"] {
        let answer = deployment.admin.with_token(text).get("/api/v1/conversations").await;
        answer.expect_error(401, "INVALID_AUTH_TOKEN");
    }
    let none: Value = deployment.admin.get("/api/v1/conversations").await.expect(200);
    assert_eq!(none["data"], json!([]));
}
