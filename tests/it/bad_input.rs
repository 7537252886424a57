//! What bad input gets: the right refusal, and nothing changed.

use patchbay_core::channel::Channel;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::{self, ACCOUNT_SID, APP_SECRET, AUTH_TOKEN, PHONE_NUMBER_ID, SMS_ADDRESS, VERIFY_TOKEN};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::webhook::{sign_meta, sign_twilio, whatsapp_text};
use patchbay_tests::{Deployment, Plan, client, node};
use reqwest::Method;
use serde_json::{Value, json};

const MEGABYTE: usize = 1 << 20;

async fn post_whatsapp(deployment: &Deployment, body: Vec<u8>, signature: Option<&str>) -> reqwest::Response {
    let mut request = client::http()
        .post(format!("{}/webhooks/whatsapp", deployment.nodes[0].base_url()))
        .header("content-type", "application/json")
        .body(body);
    if let Some(signature) = signature {
        request = request.header("x-hub-signature-256", signature);
    }
    request.send().await.expect("the node answers")
}

fn a_message(id: &str) -> Vec<u8> {
    let at = patchbay_core::clock::Clock::system().now().timestamp();
    whatsapp_text(PHONE_NUMBER_ID, CUSTOMER, "Maya", id, "Hello", at).to_string().into_bytes()
}

async fn conversations(deployment: &Deployment) -> usize {
    let list = deployment.admin.get("/api/v1/conversations").await.expect(200);
    list["data"].as_array().map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_signature_is_refused_and_nothing_is_stored() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let body = a_message("wamid.1");
    let right = sign_meta(APP_SECRET, &body);
    let truncated: String = right.chars().take(40).collect();
    let wrong = sign_meta("another-secret", &body);
    for signature in [None, Some(""), Some("sha256="), Some(truncated.as_str()), Some(wrong.as_str())] {
        let answer = post_whatsapp(&deployment, body.clone(), signature).await;
        assert!([401, 403].contains(&answer.status().as_u16()), "{signature:?}: {}", answer.status());
        let text = answer.text().await.expect("the answer has a body");
        assert!(!text.contains(right.trim_start_matches("sha256=")), "the answer tells the digest");
    }
    let url = format!("{}/webhooks/twilio/sms", deployment.nodes[0].base_url());
    let form =
        [("AccountSid", ACCOUNT_SID), ("To", SMS_ADDRESS), ("From", CUSTOMER), ("MessageSid", "SM1"), ("Body", "Hi")];
    let answer = client::http()
        .post(&url)
        .header("x-twilio-signature", sign_twilio("another-token", &url, &form))
        .form(&form)
        .send()
        .await
        .expect("the node answers");
    assert!([401, 403].contains(&answer.status().as_u16()), "{}", answer.status());
    assert_eq!(conversations(&deployment).await, 0);
    let log = deployment.nodes[0].log();
    assert!(!log.contains(right.trim_start_matches("sha256=")), "the log tells the digest");
    assert!(!log.contains(APP_SECRET) && !log.contains(AUTH_TOKEN), "the log tells a secret");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_long_is_refused() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let body = vec![b' '; 3 * MEGABYTE + 1];
    let signature = sign_meta(APP_SECRET, &body);
    assert_eq!(post_whatsapp(&deployment, body, Some(&signature)).await.status().as_u16(), 413);
    let answer = client::http()
        .post(format!("{}/webhooks/twilio/sms", deployment.nodes[0].base_url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(vec![b'a'; MEGABYTE + 1])
        .send()
        .await
        .expect("the node answers");
    assert_eq!(answer.status().as_u16(), 413);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_json_under_a_valid_signature_is_kept_and_acknowledged() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let body = b"{\"object\": \"whatsapp_business_account\", \"entry\": [".to_vec();
    let signature = sign_meta(APP_SECRET, &body);
    assert_eq!(post_whatsapp(&deployment, body, Some(&signature)).await.status().as_u16(), 200);
    assert_eq!(conversations(&deployment).await, 0);
    let log = deployment.nodes[0].log();
    assert_eq!(log.lines().filter(|line| line.contains("WARN")).count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_to_an_unknown_number_is_acknowledged() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let body = whatsapp_text("999999999999999", CUSTOMER, "Maya", "wamid.9", "Hello", 1_700_000_000).to_string();
    let signature = sign_meta(APP_SECRET, body.as_bytes());
    assert_eq!(post_whatsapp(&deployment, body.into_bytes(), Some(&signature)).await.status().as_u16(), 200);
    assert_eq!(conversations(&deployment).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_handshake_answers_only_the_right_token() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let base = format!("{}/webhooks/whatsapp", deployment.nodes[0].base_url());
    let ask = |token: &str| {
        let url = format!("{base}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
        async move { client::http().get(url).send().await.expect("the node answers") }
    };
    let right = ask(VERIFY_TOKEN).await;
    assert_eq!(right.status().as_u16(), 200);
    assert_eq!(right.text().await.expect("the answer has a body"), "1158201444");
    assert_eq!(ask("a-wrong-token").await.status().as_u16(), 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replayed_webhook_is_acknowledged_and_stored_once() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let body = a_message("wamid.2");
    let signature = sign_meta(APP_SECRET, &body);
    for _ in 0..3 {
        assert_eq!(post_whatsapp(&deployment, body.clone(), Some(&signature)).await.status().as_u16(), 200);
    }
    let conversation = deployment.conversation(&deployment.admin, CUSTOMER, Channel::Whatsapp).await;
    let id = conversation["id"].as_str().expect("a conversation has an id");
    assert_eq!(deployment.messages(&deployment.admin, id).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_may_not_be_sent_is_refused_and_changes_nothing() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    deployment.hear(CUSTOMER, Channel::Whatsapp, "Hello").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Whatsapp).await;
    let id = conversation["id"].as_str().expect("a conversation has an id");
    let path = format!("/api/v1/conversations/{id}");
    let messages = format!("{path}/messages");
    ann.post(&format!("{path}/take"), json!({})).await.expect(200);
    let text = |text: &str| {
        let client_message_id = patchbay_core::ids::RecordId::new();
        json!({"content": {"type": "text", "text": text}, "client_message_id": client_message_id.0})
    };

    let mut unknown_field = text("Hi");
    unknown_field["colour"] = json!("red");
    ann.post(&messages, unknown_field).await.expect_error(400, "INVALID_REQUEST");
    ann.post(&messages, text("")).await.expect_error(400, "INVALID_REQUEST");
    ann.post(&messages, text(&"x".repeat(5000))).await.expect_error(400, "INVALID_REQUEST");
    let broken = client::http()
        .post(format!("{}{messages}", deployment.nodes[0].base_url()))
        .bearer_auth(ann.token())
        .header("content-type", "application/json")
        .body("{\"content\":")
        .send()
        .await
        .expect("the node answers");
    assert_eq!(broken.status().as_u16(), 400);
    let broken: Value = broken.json().await.expect("the answer is JSON");
    assert_eq!(broken["error"]["code"], "INVALID_JSON");

    ann.post(&format!("{path}/close"), json!({"close_reason": "resolved"})).await.expect(200);
    let refused = ann.post(&messages, text("Too late")).await;
    assert_eq!(refused.status.as_u16(), 409, "{:?}", refused.body);
    assert_eq!(refused.body["error"]["code"], "INVALID_STATE_TRANSITION", "{:?}", refused.body);
    let stored = deployment.messages(&deployment.admin, id).await;
    let outbound = stored.iter().filter(|message| message["direction"] == "outbound").count();
    assert_eq!(outbound, 0, "{stored:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_outside_the_window_is_refused() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    let two_days_ago = patchbay_core::clock::Clock::system().now().timestamp() - 2 * 24 * 3600;
    let body = whatsapp_text(PHONE_NUMBER_ID, CUSTOMER, "Maya", "wamid.old", "Hello", two_days_ago).to_string();
    let signature = sign_meta(APP_SECRET, body.as_bytes());
    assert_eq!(post_whatsapp(&deployment, body.into_bytes(), Some(&signature)).await.status().as_u16(), 200);
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Whatsapp).await;
    let path = format!("/api/v1/conversations/{}", conversation["id"].as_str().expect("a conversation has an id"));
    ann.post(&format!("{path}/take"), json!({})).await.expect(200);
    let reply =
        json!({"content": {"type": "text", "text": "Hi"}, "client_message_id": patchbay_core::ids::RecordId::new().0});
    ann.post(&format!("{path}/messages"), reply).await.expect_error(409, "OUTSIDE_CUSTOMER_SERVICE_WINDOW");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_have_one_shape() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let admin = &deployment.admin;
    let anonymous = patchbay_tests::Caller::anonymous(admin.base_url());
    let absent = "/api/v1/conversations/0190c8a0-0000-7000-8000-000000000000";
    let cases = [
        (anonymous.get("/api/v1/conversations").await, 401, "AUTH_REQUIRED"),
        (anonymous.with_token("not.a.token").get("/api/v1/conversations").await, 401, "INVALID_AUTH_TOKEN"),
        (admin.get(absent).await, 404, "NOT_FOUND"),
        (admin.get("/api/v1/no-such-thing").await, 404, "NOT_FOUND"),
        (admin.get("/api/v1/conversations?limit=abc").await, 400, "INVALID_QUERY"),
    ];
    for (answer, status, code) in cases {
        assert!(answer.headers.contains_key("x-correlation-id"), "{answer:?}");
        assert!(answer.body["error"]["message"].is_string(), "{answer:?}");
        assert!(answer.body["error"]["request_id"].is_string(), "{answer:?}");
        assert!(answer.body["error"]["correlation_id"].is_string(), "{answer:?}");
        answer.expect_error(status, code);
    }
    let given = admin.call(Method::GET, absent, None, &[("x-correlation-id", "given-by-the-caller")]).await;
    assert_eq!(given.headers["x-correlation-id"], "given-by-the-caller");
    assert_eq!(given.body["error"]["correlation_id"], "given-by-the-caller");
}

#[test]
fn an_unknown_setting_is_named_in_one_line() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(folder.path().join("patchbay.toml"), "lissten = \"127.0.0.1:1\"\n").expect("it can be written");
    let output = node::run(folder.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let line = String::from_utf8_lossy(&output.stderr);
    assert!(line.contains("lissten"), "{line}");
    assert_eq!(line.trim().lines().count(), 1, "{line}");
}

#[test]
fn a_secret_that_cannot_be_read_is_named_in_one_line() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let text = "[auth]\njwt_secret = \"env:NO_SUCH_VARIABLE_OF_THE_TESTS\"\n";
    std::fs::write(folder.path().join("patchbay.toml"), text).expect("it can be written");
    let output = node::run(folder.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let line = String::from_utf8_lossy(&output.stderr);
    assert!(line.contains("NO_SUCH_VARIABLE_OF_THE_TESTS"), "{line}");
    assert_eq!(line.trim().lines().count(), 1, "{line}");
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    assert_eq!(node::run(folder.path(), &["serve", "--no-such-flag"]).status.code(), Some(2));
    assert_eq!(node::run(folder.path(), &["no-such-command"]).status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_in_use_is_said_in_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it has an address").port();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    settings::Settings {
        port,
        public_url: format!("http://127.0.0.1:{port}"),
        database_url: format!("sqlite://{}/patchbay.db", folder.path().display()),
        redis_url: String::new(),
        providers_url: "http://127.0.0.1:9".to_owned(),
        more: String::new(),
    }
    .write(folder.path());
    let output = tokio::task::spawn_blocking({
        let folder = folder.path().to_owned();
        move || node::run(&folder, &["serve"])
    })
    .await
    .expect("the command runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(&port.to_string()), "{stderr}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_closes_sockets_with_1012_and_exits_0() {
    let mut deployment = Deployment::start(Plan::Laptop).await;
    let socket = patchbay_tests::Socket::open(&deployment.admin, None).await;
    let status = deployment.nodes[0].terminate().await;
    assert_eq!(status.code(), Some(0), "{}", deployment.nodes[0].log());
    assert_eq!(socket.await_end().await, patchbay_tests::socket::End::Closed(1012));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_line_tells_a_number_or_a_text() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    deployment.hear(CUSTOMER, Channel::Sms, "the gate code is hidden-gate-code").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Sms).await;
    let path = format!("/api/v1/conversations/{}", conversation["id"].as_str().expect("a conversation has an id"));
    ann.post(&format!("{path}/take"), json!({})).await.expect(200);
    let reply = json!({"content": {"type": "text", "text": "hidden-answer"}, "client_message_id": patchbay_core::ids::RecordId::new().0});
    ann.post(&format!("{path}/messages"), reply).await.expect(201);
    eventually("the reply is on the phone", PATIENCE, || async {
        deployment
            .phones
            .thread(CUSTOMER, Channel::Sms)
            .iter()
            .any(|m| m.text.as_deref() == Some("hidden-answer"))
            .then_some(())
    })
    .await;
    let log = deployment.nodes[0].log();
    let digits = CUSTOMER.trim_start_matches('+');
    for secret in
        [digits, "hidden-gate-code", "hidden-answer", ann.token(), settings::JWT_SECRET, settings::ACCESS_TOKEN]
    {
        assert!(!log.contains(secret), "the log tells {secret}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_demo_nothing_of_the_simulator_is_there() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let base = deployment.nodes[0].base_url();
    for path in [
        "/sim", "/sim/", "/sim/shop", "/sim/assets/x.js", "/sim/api/phones", "/sim/api/wire", "/sim/api/clock", "/demo",
    ] {
        let answer = client::http().get(format!("{base}{path}")).send().await.expect("the node answers");
        assert_eq!(answer.status().as_u16(), 404, "{path}");
    }
    let people = client::http().get(format!("{base}/app/demo.json")).send().await.expect("the node answers");
    let people: Value = people.json().await.expect("JSON");
    assert_eq!(people["data"], json!([]));
}
