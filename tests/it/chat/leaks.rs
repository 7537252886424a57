//! What must never reach a visitor: notes, who writes them, other people's conversations, and pages that are not the site's.

use std::time::Duration;

use patchbay_tests::{Plan, Socket};
use reqwest::Method;
use serde_json::json;

use super::site::{PAGE, Site, Visitor};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_and_other_visitors_stay_where_they_are() {
    let site = Site::open(Plan::Laptop).await;
    let (mut one, mut other) = (site.visitor(0), site.visitor(0));
    one.come(None).await;
    other.come(None).await;
    one.say("mine").await;
    other.say("the other's").await;
    let conversation = site.taken(&one.address()).await;
    let theirs = site.taken(&other.address()).await;
    let mut line = one.socket("").await;
    line.event("hello").await;
    let mut desk = Socket::open(&site.agent, None).await;
    desk.send(&json!({ "type": "typing.start", "conversation_id": conversation, "mode": "note" })).await;
    desk.send(&json!({ "type": "typing.start", "conversation_id": theirs })).await;
    let note = json!({ "text": "SECRET-NOTE: difficult customer" });
    site.agent.post(&format!("/api/v1/conversations/{conversation}/notes"), note).await.expect(201);
    site.agent
        .post(&format!("/api/v1/conversations/{conversation}/tags"), json!({ "tag": "secret-tag" }))
        .await
        .expect(200);
    site.answer(&theirs, "SECRET-ANSWER for the other").await;
    site.answer(&conversation, "public answer").await;
    let frames = line.rest(Duration::from_millis(1500)).await;
    let shown = serde_json::to_string(&frames).unwrap();
    assert!(shown.contains("public answer"), "{shown}");
    let history = serde_json::to_string(&one.history(0).await).unwrap();
    let session = one.come(None).await.to_string();
    let (other_id, agent) = (other.id.as_str(), site.agent.get("/api/v1/me").await.expect(200));
    for secret in ["SECRET", "secret-tag", "the other's", other_id, &theirs, "\"event\":\"typing\"", "example.test\""] {
        for text in [&shown, &history, &session] {
            assert!(!text.contains(secret), "{secret} leaked: {text}");
        }
    }
    let agent_id = agent["user"]["id"].as_str().or(agent["id"].as_str()).unwrap_or("no id").to_owned();
    assert!(!shown.contains(&agent_id) && !history.contains(&agent_id), "who exactly answers is ours to know");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_pages_of_the_site_read_answers() {
    let site = Site::open(Plan::Laptop).await;
    let mut visitor = site.visitor(0);
    visitor.come(None).await;
    let header = |answer: &reqwest::Response, name: &str| {
        answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    let good = visitor.request(Method::GET, "messages").send().await.unwrap();
    assert_eq!(header(&good, "access-control-allow-origin").as_deref(), Some(PAGE));
    assert_eq!(header(&good, "access-control-allow-credentials"), None);
    assert!(header(&good, "vary").unwrap().to_lowercase().contains("origin"));
    let base = site.deployment.nodes[0].base_url();
    let client = patchbay_tests::client::http();
    for path in ["messages", "sessions", "attachments", "read", "contact"] {
        let url = format!("{base}/chat/website/{path}");
        let ask = |origin: &str| {
            client
                .request(Method::OPTIONS, &url)
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .send()
        };
        let allowed = ask(PAGE).await.unwrap();
        assert_eq!(
            (allowed.status().as_u16(), header(&allowed, "access-control-allow-origin").as_deref()),
            (204, Some(PAGE))
        );
        let refused = ask("https://evil.example").await.unwrap();
        assert_eq!((refused.status().as_u16(), header(&refused, "access-control-allow-origin")), (403, None));
        let foreign =
            client.post(&url).header("origin", "https://evil.example").bearer_auth(&visitor.token).body("{}").send();
        let foreign = foreign.await.unwrap();
        assert_eq!((foreign.status().as_u16(), header(&foreign, "access-control-allow-origin")), (403, None));
    }
    let frame = client.get(format!("{base}/widget/?inbox=website")).send().await.unwrap();
    let policy = header(&frame, "content-security-policy").unwrap_or_default();
    if !policy.is_empty() {
        assert!(policy.contains(&format!("frame-ancestors 'self' {PAGE}")), "{policy}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_in_our_words() {
    let site = Site::open(Plan::Laptop).await;
    let mut visitor = site.visitor(0);
    visitor.come(None).await;
    let post = |who: &Visitor, path: &str, body: &'static str| {
        who.request(Method::POST, path).header("content-type", "application/json").body(body).send()
    };
    for (path, body, status) in [
        ("messages", "{", 400),
        ("messages", "[]", 400),
        ("messages", "{\"type\":\"text\",\"text\":\"x\"}", 400),
        ("sessions", "[]", 400),
        ("sessions", "{\"user\":7}", 400),
        ("read", "{}", 400),
        ("read", "{\"up_to_seq\":-1}", 400),
        ("contact", "{}", 400),
    ] {
        let answer = post(&visitor, path, body).await.unwrap();
        assert_eq!(answer.status(), status, "{path} {body}");
        let error: serde_json::Value = answer.json().await.unwrap();
        assert!(error["error"]["code"].is_string() && error["error"]["correlation_id"].is_string(), "{error}");
    }
    let long = json!({ "client_message_id": super::site::new_id(), "type": "text", "text": "x".repeat(201) });
    assert_eq!(visitor.call("messages", long).await.status(), 413);
    let nowhere = visitor.request(Method::GET, "../nowhere/messages").send().await.unwrap();
    assert_eq!(nowhere.status(), 404);
    let bad = visitor.request(Method::GET, "messages?after_seq=x").send().await.unwrap();
    assert_eq!(bad.status(), 400);
}
