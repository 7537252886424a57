//! Mail comes in by webhook and by SMTP: it finds its conversation, keeps its files and its page, and is refused when it
//! is not proven.

mod automatic;
mod certificate;
mod hostile;
mod receiver;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use patchbay_core::clock::Clock;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan, both_plans, client};
use serde_json::Value;
use sha2::Sha256;

both_plans! {
    mails_find_their_conversations;
    a_page_is_shown_without_what_could_hurt;
}

const KEY: &str = "mailgun-signing-key-of-the-tests";
pub(crate) const INBOX: &str = r#"
[[inbox]]
name = "support-mail"
channel = "email"
team = "support"
address = "support@ours.test"
inbound = "mailgun"
signing_keys = ["mailgun-signing-key-of-the-tests"]
reply_domain = "reply.ours.test"
reply_token_secret = "a-secret-for-reply-addresses"
"#;

/// A mail to support, as Mailgun forwards it raw.
pub(crate) async fn forward(deployment: &Deployment, token: &str, headers: &str, body: &str) -> u16 {
    let timestamp = Clock::system().now().timestamp().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).expect("a key of any length will do");
    mac.update(timestamp.as_bytes());
    mac.update(token.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let mime = format!("From: Dana <dana@client.test>\r\nTo: support@ours.test\r\n{headers}\r\n\r\n{body}");
    let form = [
        ("recipient", "support@ours.test"),
        ("sender", "dana@client.test"),
        ("timestamp", &timestamp),
        ("token", token),
        ("signature", &signature),
        ("body-mime", &mime),
    ];
    let url = format!("{}/webhooks/email/mailgun/mime", deployment.nodes[0].base_url());
    client::http().post(url).form(&form).send().await.expect("the node answers").status().as_u16()
}

async fn conversations(caller: &Caller) -> Vec<Value> {
    let listed = caller.get("/api/v1/conversations?channel=email&limit=100").await.expect(200);
    listed["data"].as_array().cloned().unwrap_or_default()
}

/// So many conversations by mail, the oldest first.
pub(crate) async fn wait_for(caller: &Caller, count: usize) -> Vec<Value> {
    let mut found = eventually("the conversations are there", PATIENCE, || async {
        let found = conversations(caller).await;
        (found.len() == count).then_some(found)
    })
    .await;
    found.sort_by_key(|conversation| conversation["created_at"].as_str().unwrap_or_default().to_owned());
    found
}

async fn mails_find_their_conversations(plan: Plan) {
    let deployment = Deployment::start_with(plan, INBOX).await;
    let admin = &deployment.admin;
    assert_eq!(forward(&deployment, "t1", "Subject: Visit\r\nMessage-ID: <m1@client.test>", "First.").await, 200);
    let first = wait_for(admin, 1).await.remove(0);
    assert_eq!((first["channel"].as_str(), first["subject"].as_str()), (Some("email"), Some("Visit")));
    // An answer to the first, the same subject out of the blue, and the first once more.
    let answer = "Subject: Re: Visit\r\nMessage-ID: <m2@client.test>\r\nReferences: <m0@x.test> <m1@client.test>";
    assert_eq!(forward(&deployment, "t2", answer, "Second.\r\n\r\n> First.").await, 200);
    assert_eq!(forward(&deployment, "t3", "Subject: Re: Visit\r\nMessage-ID: <m3@client.test>", "Other.").await, 200);
    assert_eq!(forward(&deployment, "t4", "Subject: Visit\r\nMessage-ID: <m1@client.test>", "First.").await, 200);
    // The token was used with another body: acknowledged, and nothing is kept of it.
    assert_eq!(forward(&deployment, "t4", "Subject: Visit\r\nMessage-ID: <m9@client.test>", "Evil.").await, 200);
    let both = wait_for(admin, 2).await;
    let messages = deployment.messages(admin, both[0]["id"].as_str().expect("an id")).await;
    let texts: Vec<&str> = messages.iter().filter_map(|message| message["content"]["text"].as_str()).collect();
    assert_eq!(texts, ["First.", "Second."]);
    assert_eq!(messages[1]["metadata"]["thread"]["via"], "references");
    assert_eq!(messages[1]["metadata"]["thread"]["conversation"], both[0]["id"]);
    let other = deployment.messages(admin, both[1]["id"].as_str().expect("an id")).await;
    assert_eq!(other[0]["content"]["text"], "Other.");
}

async fn a_page_is_shown_without_what_could_hurt(plan: Plan) {
    let deployment = Deployment::start_with(plan, INBOX).await;
    let picture = STANDARD.encode(b"\x89PNG\r\n\x1a\n0000");
    let body = format!(
        "--b\r\nContent-Type: text/html\r\n\r\n<p onclick=\"x()\">Leak <img src=\"cid:leak\"><img src=\"https://spy.test/x\"></p><script>x()</script>\r\n\
         --b\r\nContent-Type: application/octet-stream; name=leak.png\r\nContent-ID: <leak>\r\nContent-Transfer-Encoding: base64\r\n\r\n{picture}\r\n--b--\r\n"
    );
    let headers = "Subject: Page\r\nMessage-ID: <p1@client.test>\r\nContent-Type: multipart/related; boundary=b";
    assert_eq!(forward(&deployment, "p1", headers, &body).await, 200);
    let admin = &deployment.admin;
    let conversation = wait_for(admin, 1).await.remove(0);
    let message = deployment.messages(admin, conversation["id"].as_str().expect("an id")).await.remove(0);
    assert_eq!(message["content"]["text"], "Leak");
    let file = &message["content"]["media"][0];
    assert_eq!((file["status"].as_str(), file["inline"].as_bool()), (Some("ready"), Some(true)), "{message}");
    assert_eq!(file["mime_type"], "image/png", "what the content tells for sure counts more than the claim");
    let id = message["message_id"].as_str().or(message["id"].as_str()).expect("an id").to_owned();
    let fetch = |path: String| {
        let url = format!("{}{path}", deployment.nodes[0].base_url());
        client::http().get(url).bearer_auth(admin.token()).send()
    };
    let page = fetch(format!("/api/v1/messages/{id}/html")).await.expect("the node answers");
    let policy = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("sandbox") && policy.contains("default-src 'none'"), "{policy}");
    let html = page.text().await.expect("a page");
    assert!(html.contains(&format!("data:image/png;base64,{picture}")), "{html}");
    assert!(!html.contains("script") && !html.contains("onclick") && !html.contains("spy.test"), "{html}");
    let raw = fetch(format!("/api/v1/messages/{id}/raw")).await.expect("the node answers");
    assert!(raw.text().await.expect("a mail").contains("Message-ID: <p1@client.test>"));
    let media = fetch(format!("/api/v1/media/{}", file["media_id"].as_str().expect("an id"))).await.expect("an answer");
    assert_eq!(media.bytes().await.expect("a file").as_ref(), b"\x89PNG\r\n\x1a\n0000");
}
