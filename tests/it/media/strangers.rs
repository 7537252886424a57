//! Addresses that a provider, or somebody in its name, makes us fetch from: none of them is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use patchbay_core::clock::Clock;
use patchbay_tests::settings::{ACCOUNT_SID, APP_SECRET, AUTH_TOKEN, SMS_ADDRESS};
use patchbay_tests::wait::eventually;
use patchbay_tests::webhook::{sign_meta, sign_twilio, whatsapp_text};
use patchbay_tests::{Deployment, Plan, both_databases, client};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::WITH_RETRIES;

both_databases! {
    no_address_inside_or_of_a_stranger_is_asked;
}

const NUMBER_ID: &str = "106550100009999";

/// Where files are said to lie. `{}` stands for the canary's port.
const TABLE: &[&str] = &[
    "http://127.0.0.1:{}/inside",
    "http://localhost:{}/inside",
    "http://[::1]:{}/inside",
    "http://[::ffff:127.0.0.1]:{}/inside",
    "http://0.0.0.0:{}/inside",
    "http://2130706433:{}/inside",
    "http://0x7f000001:{}/inside",
    "http://127.1:{}/inside",
    "http://0177.0.0.1:{}/inside",
    "https://127.0.0.1:{}/inside",
    "https://localhost/inside",
    "https://10.0.0.1/inside",
    "https://172.16.0.1/inside",
    "https://192.168.0.1/inside",
    "https://100.64.0.1/inside",
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[fe80::1]/inside",
    "https://[64:ff9b::7f00:1]/inside",
    "https://[2002:7f00:1::]/inside",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://lookaside.fbsbx.com.evil.example/inside",
    "https://lookaside.fbsbx.com@127.0.0.1:{}/inside",
    "https://lookaside.fbsbx.com:{}/inside",
    "http://lookaside.fbsbx.com/inside",
    "https://evil.example/inside",
    "file:///etc/passwd",
    "ftp://127.0.0.1:{}/inside",
    "gopher://127.0.0.1:{}/inside",
    "data:image/png;base64,AAAA",
    "not an address",
];

/// A provider's API that has turned against us: it names each address of the table, and redirects to it.
#[derive(Clone)]
struct Turncoat {
    port: u16,
    canary: u16,
}

fn address(at: usize, canary: u16) -> Option<String> {
    Some(TABLE.get(at)?.replace("{}", &canary.to_string()))
}

/// `0` to the end of the table name the address itself; from 1000 on a page of ours that redirects there.
async fn describe(State(turncoat): State<Turncoat>, Path(id): Path<usize>) -> Response {
    let url = match id.checked_sub(1000) {
        None => address(id, turncoat.canary),
        Some(at) => Some(format!("http://127.0.0.1:{}/redirect/{at}", turncoat.port)),
    };
    match url {
        Some(url) => Json(json!({ "url": url, "mime_type": "image/png", "id": id.to_string() })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn redirect(State(turncoat): State<Turncoat>, Path(at): Path<usize>) -> Response {
    match address(at, turncoat.canary) {
        Some(url) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Counts who knocks.
async fn canary() -> (u16, Arc<AtomicUsize>) {
    let knocks = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let counted = knocks.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(socket);
        }
    });
    (port, knocks)
}

async fn turncoat(canary: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let app = Router::new()
        .route("/v23.0/{id}", get(describe))
        .route("/redirect/{at}", get(redirect))
        .with_state(Turncoat { port, canary });
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

/// Somebody else each time: nobody writes too much.
fn stranger(id: usize) -> String {
    format!("+1555020{id:04}")
}

fn picture(id: usize) -> Value {
    let at = Clock::system().now().timestamp();
    let mut body = whatsapp_text(NUMBER_ID, &stranger(id), "Eve", &format!("wamid.{id}"), "", at);
    let message = &mut body["entry"][0]["changes"][0]["value"]["messages"][0];
    message["type"] = json!("image");
    message["image"] = json!({ "id": id.to_string(), "mime_type": "image/png" });
    message.as_object_mut().expect("an object").remove("text");
    body
}

/// How every file of a channel stands.
async fn files(deployment: &Deployment, channel: &str) -> Vec<Value> {
    let list = deployment.admin.get(&format!("/api/v1/conversations?channel={channel}&limit=100")).await.expect(200);
    let mut files = Vec::new();
    for conversation in list["data"].as_array().into_iter().flatten() {
        let id = conversation["id"].as_str().expect("an id");
        let messages = deployment.messages(&deployment.admin, id).await;
        files.extend(messages.iter().flat_map(|one| one["content"]["media"].as_array().cloned().unwrap_or_default()));
    }
    files
}

async fn no_address_inside_or_of_a_stranger_is_asked(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (canary, knocks) = canary().await;
    let api = turncoat(canary).await;
    let inbox = json!({
        "name": "turned", "channel": "whatsapp", "team": "support", "address": "+15550100009",
        "phone_number_id": NUMBER_ID, "app_secrets": [APP_SECRET], "verify_token": "v", "access_token": "secret-token",
        "api_base": format!("http://127.0.0.1:{api}/v23.0"),
    });
    deployment.admin.post("/api/v1/inboxes", inbox).await.expect(201);
    let node = deployment.nodes[0].base_url();
    // The last entry is no address at all; to redirect there is to name a page of the API itself.
    let ids: Vec<usize> = (0..TABLE.len()).chain((0..TABLE.len() - 1).map(|at| at + 1000)).collect();
    for id in &ids {
        let body = picture(*id).to_string().into_bytes();
        let signature = sign_meta(APP_SECRET, &body);
        let request = client::http().post(format!("{node}/webhooks/whatsapp")).body(body);
        let answer = request.header("x-hub-signature-256", &signature).send().await.expect("the node answers");
        assert_eq!(answer.status(), 200);
    }
    let url = format!("{node}/webhooks/twilio/sms");
    for at in 0..TABLE.len() {
        let media = address(at, canary).expect("of the table");
        let (sid, from) = (format!("MM{at:032}"), stranger(at));
        let form = [
            ("AccountSid", ACCOUNT_SID),
            ("To", SMS_ADDRESS),
            ("From", &from),
            ("MessageSid", &sid),
            ("Body", "Look"),
            ("NumMedia", "1"),
            ("MediaUrl0", &media),
            ("MediaContentType0", "image/png"),
        ];
        let signature = sign_twilio(AUTH_TOKEN, &url, &form);
        let answer = client::http().post(&url).header("x-twilio-signature", signature).form(&form).send().await;
        assert_eq!(answer.expect("the node answers").status(), 200);
    }
    // What is no address at all need not be a file.
    for (channel, expected) in [("whatsapp", ids.len()), ("sms", TABLE.len() - 1)] {
        let settled = eventually("every file was dealt with", WITH_RETRIES, || async {
            let files = files(&deployment, channel).await;
            (files.len() >= expected && files.iter().all(|file| file["status"] != "pending")).then_some(files)
        })
        .await;
        for file in settled {
            assert_eq!((&file["status"], &file["failure"]), (&json!("failed"), &json!("forbidden_host")), "{file}");
        }
    }
    assert_eq!(knocks.load(Ordering::SeqCst), 0, "somebody knocked at a door inside");
    let log = deployment.nodes[0].log();
    for secret in ["secret-token", "169.254.169.254", "meta-data", "evil.example"] {
        assert!(!log.contains(secret), "the log tells of {secret}");
    }
}
