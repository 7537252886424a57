//! A conversation from its first word to its end.

use std::time::{Duration, Instant};

use patchbay_core::event::EventName;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Plan, Socket, both_plans};
use serde_json::json;

use super::site::{Site, new_id};

both_plans! {
    a_visitor_and_an_agent_talk_both_ways;
    a_retry_is_the_same_message;
    a_closed_conversation_is_opened_by_the_visitor;
}

async fn a_visitor_and_an_agent_talk_both_ways(plan: Plan) {
    let site = Site::open(plan).await;
    let last = site.deployment.nodes.len() - 1;
    let mut visitor = site.visitor(last);
    let session = visitor.come(None).await;
    assert_eq!((&session["identity_verified"], &session["conversation"]), (&json!(false), &json!(null)));
    let mut desk = Socket::open(&site.agent, None).await;
    let mut line = visitor.socket("").await;
    line.event("hello").await;

    let since = Instant::now();
    let receipt = visitor.say("My machine leaks").await;
    let heard = desk.await_event(EventName::MessageReceived.as_str()).await;
    assert!(since.elapsed() < Duration::from_secs(3), "the agent hears it soon");
    assert_eq!(heard["data"]["message"]["content"]["text"], "My machine leaks");
    assert_eq!(heard["data"]["message"]["message_id"], receipt["message_id"]);
    assert_eq!(line.event("message").await["seq"], 1);

    let conversation = site.taken(&visitor.address()).await;
    desk.send(&json!({ "type": "typing.start", "conversation_id": conversation })).await;
    let typing = line.event("typing").await;
    assert_eq!((&typing["data"]["active"], &typing["data"]["agent"]["name"]), (&json!(true), &json!("Agnes")));
    line.send(json!({ "type": "typing.start" })).await;
    let typing =
        desk.await_frame(|frame| frame["event"] == "agent.typing" && frame["data"]["mode"] == "customer").await;
    assert_eq!(typing["data"]["conversation_id"], json!(conversation));

    let since = Instant::now();
    let sent = site.answer(&conversation, "We come tomorrow").await;
    let answer = line.event("message").await;
    assert!(since.elapsed() < Duration::from_secs(3), "the visitor hears it soon");
    assert_eq!((&answer["seq"], &answer["data"]["content"]["text"]), (&json!(2), &json!("We come tomorrow")));
    assert_eq!(answer["data"]["sender"], json!({ "type": "agent", "name": "Agnes", "avatar_url": null }));

    let id = sent["message_id"].clone();
    let reaches = |wanted: &'static str| {
        let (site, id, conversation) = (&site, &id, &conversation);
        eventually(wanted, PATIENCE, move || async move {
            let messages = site.deployment.messages(&site.agent, conversation).await;
            messages.iter().find(|one| one["message_id"] == *id && one["status"] == wanted).map(|_| ())
        })
    };
    reaches("delivered").await;
    line.send(json!({ "type": "read", "up_to_seq": 2 })).await;
    reaches("read").await;
    assert_eq!(visitor.history(0).await.len(), 2);
    assert_eq!(visitor.come(None).await["conversation"]["unread_count"], 0);
}

async fn a_retry_is_the_same_message(plan: Plan) {
    let site = Site::open(plan).await;
    let (mut one, mut other) = (site.visitor(0), site.visitor(0));
    one.come(None).await;
    other.come(None).await;
    let id = new_id();
    let first = one.say_as(&id, "once").await;
    assert!(first["message_id"].is_string());
    let again: Vec<_> = futures::future::join_all((0..5).map(|_| one.say_as(&id, "once"))).await;
    assert!(again.iter().all(|receipt| *receipt == first), "{again:?}");
    assert_ne!(other.say_as(&id, "another's").await["message_id"], first["message_id"]);
    assert_eq!(one.history(0).await.len(), 1);
    assert_eq!(other.history(0).await.len(), 1);
}

async fn a_closed_conversation_is_opened_by_the_visitor(plan: Plan) {
    let site = Site::open(plan).await;
    let mut visitor = site.visitor(0);
    visitor.come(None).await;
    visitor.say("Hello").await;
    let conversation = site.taken(&visitor.address()).await;
    let mut line = visitor.socket("").await;
    line.event("hello").await;
    let close = json!({ "close_reason": "resolved" });
    site.agent.post(&format!("/api/v1/conversations/{conversation}/close"), close).await.expect(200);
    loop {
        if line.event("conversation").await["data"]["status"] == "closed" {
            break;
        }
    }
    let receipt = visitor.say("One more thing").await;
    assert_eq!(receipt["conversation_id"], json!(conversation));
    assert_eq!(visitor.come(None).await["conversation"]["status"], "open");
}
