//! The visitor's socket: who gets one, and what it misses when it breaks (nothing).

use std::time::Duration;

use patchbay_tests::{Plan, both_plans};
use serde_json::{Value, json};

use super::site::{PAGE, Site};

both_plans! {
    a_socket_goes_on_where_it_was;
}

async fn a_socket_goes_on_where_it_was(plan: Plan) {
    let site = Site::open(plan).await;
    let mut visitor = site.visitor(site.deployment.nodes.len() - 1);
    visitor.come(None).await;
    visitor.say("1").await;
    let conversation = site.taken(&visitor.address()).await;
    let mut seen: Vec<i64> = Vec::new();
    for round in 0..4 {
        let after = seen.last().copied().unwrap_or(0);
        let mut line = visitor.socket(&format!("?after_seq={after}&conversation_id={conversation}")).await;
        line.event("hello").await;
        // While it is open, and while it is not.
        site.answer(&conversation, &format!("open {round}")).await;
        visitor.say(&format!("visitor {round}")).await;
        let wanted = 1 + (round + 1) * 2 + round * 2;
        while seen.last().copied().unwrap_or(0) < wanted {
            let frame = line.event("message").await;
            seen.push(frame["seq"].as_i64().expect("a message has a place"));
        }
        drop(line);
        site.answer(&conversation, &format!("closed {round}")).await;
        visitor.say(&format!("away {round}")).await;
    }
    let after = seen.last().copied().unwrap_or(0);
    let mut line = visitor.socket(&format!("?after_seq={after}&conversation_id={conversation}")).await;
    for _ in 0..2 {
        seen.push(line.event("message").await["seq"].as_i64().expect("a message has a place"));
    }
    assert_eq!(seen, (1..=17).collect::<Vec<_>>(), "none lost, none twice");
    // A conversation that the page does not know begins at its beginning.
    let other = patchbay_core::ids::ConversationId::new();
    let mut line = visitor.socket(&format!("?after_seq=17&conversation_id={other}")).await;
    assert_eq!(line.event("message").await["seq"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_session_on_an_allowed_page_gets_a_socket() {
    let site = Site::open(Plan::Laptop).await;
    let mut visitor = site.visitor(0);
    visitor.come(None).await;
    let ticket = format!("patchbay.chat.v1, ticket.{}", visitor.token);
    assert_eq!(visitor.try_socket("", Some(&ticket), Some("https://evil.example")).await.err(), Some(403));
    assert_eq!(visitor.try_socket("", Some(&ticket), Some("null")).await.err(), Some(403));
    let forged = visitor.try_socket("", Some("patchbay.chat.v1, ticket.chat1.e30.x"), Some(PAGE)).await;
    assert_eq!(forged.expect("the reason comes as a close code").end().await, 4401);
    let mut mute = visitor.try_socket("", None, Some(PAGE)).await.expect("it may still say who it is");
    mute.send(json!({ "type": "ping" })).await;
    assert_eq!(mute.end().await, 4401);
    // No page at all, and the session in the first frame.
    let mut line = visitor.try_socket("", None, None).await.expect("an app is no page");
    line.send(json!({ "type": "hello", "session_token": visitor.token })).await;
    assert_eq!(line.event("hello").await["data"]["visitor_id"], json!(visitor.id));
    line.send(json!({ "type": "ping", "id": 7 })).await;
    assert_eq!(line.event("pong").await["data"]["id"], 7);
    for bad in [json!([]), json!({ "type": "subscribe" }), json!({ "type": "read", "up_to_seq": "x" })] {
        line.send(bad).await;
        assert!(line.event("error").await["data"]["code"].is_string());
    }
    // Another person's session does not take a socket over.
    let mut other = site.visitor(0);
    other.come(None).await;
    line.send(json!({ "type": "renew", "session_token": visitor.token })).await;
    line.send(json!({ "type": "renew", "session_token": other.token })).await;
    assert_eq!(line.end().await, 4401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_says_goodbye_with_1012() {
    let mut site = Site::open(Plan::Laptop).await;
    let mut visitor = site.visitor(0);
    visitor.come(None).await;
    let mut line = visitor.socket("").await;
    line.event("hello").await;
    let ended = tokio::spawn(async move { line.end().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    site.deployment.nodes[0].terminate().await;
    assert_eq!(ended.await.expect("the socket ends"), 1012);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_shown_to_whom_it_was_sent() {
    let site = Site::open(Plan::Laptop).await;
    let (mut visitor, mut thief) = (site.visitor(0), site.visitor(0));
    visitor.come(None).await;
    thief.come(None).await;
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 64]].concat();
    let upload = |who: &super::site::Visitor| {
        who.request(reqwest::Method::POST, "attachments")
            .header("content-type", "text/html")
            .header("x-filename", "..%2Fleak.png")
            .body(png.clone())
    };
    let kept: Value = upload(&visitor).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(
        (&kept["mime_type"], &kept["filename"], &kept["size"]),
        (&json!("image/png"), &json!("leak.png"), &json!(72))
    );
    let attach = |id: &Value| {
        json!({ "client_message_id": super::site::new_id(), "type": "image", "text": "see photo",
                "attachments": [{ "id": id, "url": "http://169.254.169.254/latest", "mime_type": "image/png" }] })
    };
    assert_eq!(thief.call("messages", attach(&kept["id"])).await.status(), 202);
    let stolen = thief.history(0).await;
    assert_eq!(
        (&stolen[0]["content"]["media"][0]["status"], &stolen[0]["content"]["media_url"]),
        (&json!("failed"), &json!(null))
    );
    assert_eq!(visitor.call("messages", attach(&kept["id"])).await.status(), 202);
    let own = visitor.history(0).await;
    let url = own[0]["content"]["media_url"].as_str().expect("the file can be had");
    let base = site.deployment.nodes[0].base_url();
    let file = patchbay_tests::client::http().get(format!("{base}{url}")).send().await.expect("an answer");
    assert_eq!((file.status().as_u16(), file.bytes().await.expect("bytes").as_ref()), (200, png.as_slice()));
    let broken = url.replace("signature=", "signature=00");
    let file = patchbay_tests::client::http().get(format!("{base}{broken}")).send().await.expect("an answer");
    assert_eq!(file.status(), 404);
    let mut anonymous = site.visitor(0);
    anonymous.token = String::new();
    assert_eq!(upload(&anonymous).send().await.expect("an answer").status(), 401);
}
