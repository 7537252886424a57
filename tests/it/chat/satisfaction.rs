//! The question at the end of a chat: asked once, answered once, by the visitor whose conversation it was.

use patchbay_core::event::EventName;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Plan, Socket, both_plans};
use reqwest::Method;
use serde_json::{Value, json};

use super::site::{Site, Visitor};

both_plans! {
    a_visitor_is_asked_once_how_it_was_and_everybody_who_should_learns_the_answer;
    what_is_no_answer_to_the_question_is_refused;
    the_comment_of_an_erased_person_is_gone_and_the_rating_stays;
}

/// A visitor who wrote something and was answered, and the conversation, which is closed for a reason.
async fn closed(site: &Site, node: usize, reason: &str) -> (Visitor, String) {
    let mut visitor = site.visitor(node);
    visitor.come(None).await;
    visitor.say("My machine leaks").await;
    let conversation = site.taken(&visitor.address()).await;
    site.answer(&conversation, "It is mended").await;
    close(site, &conversation, reason).await;
    (visitor, conversation)
}

async fn close(site: &Site, conversation: &str, reason: &str) {
    let path = format!("/api/v1/conversations/{conversation}/close");
    site.agent.post(&path, json!({ "close_reason": reason })).await.expect(200);
}

/// What the visitor's page learns of its conversation.
async fn shown(visitor: &Visitor) -> Value {
    let answer = visitor.request(Method::GET, "messages").send().await.expect("the node answers");
    let page: Value = answer.json().await.expect("a list is JSON");
    page["conversation"].clone()
}

/// Status and body of the answer to a rating.
async fn rate(visitor: &Visitor, body: Value) -> (u16, Value) {
    let answer = visitor.call("satisfaction", body).await;
    (answer.status().as_u16(), answer.json().await.expect("an answer is JSON"))
}

async fn a_visitor_is_asked_once_how_it_was_and_everybody_who_should_learns_the_answer(plan: Plan) {
    let site = Site::open(plan).await;
    let mut desk = Socket::open(&site.agent, None).await;
    let last = site.deployment.nodes.len() - 1;
    let (visitor, conversation) = closed(&site, last, "resolved").await;
    eventually("the visitor is asked", PATIENCE, || async {
        (shown(&visitor).await["asks_satisfaction"] == true).then_some(())
    })
    .await;

    let said = json!({ "conversation_id": conversation, "rating": 4, "comment": " Quick and friendly\u{0} " });
    let (status, kept) = rate(&visitor, said.clone()).await;
    assert_eq!((status, &kept["rating"], &kept["comment"]), (201, &json!(4), &json!("Quick and friendly")));
    assert_eq!(rate(&visitor, said).await, (200, kept.clone()), "the same again changes nothing");
    let (status, refused) = rate(&visitor, json!({ "conversation_id": conversation, "rating": 1 })).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("ALREADY_EXISTS")));
    assert_eq!(shown(&visitor).await["asks_satisfaction"], false);

    let told = desk.await_event(EventName::ConversationRated.as_str()).await;
    let satisfaction = &told["data"]["conversation"]["satisfaction"];
    assert_eq!((&satisfaction["rating"], &satisfaction["comment"]), (&json!(4), &kept["comment"]));
    let path = format!("/api/v1/conversations/{conversation}");
    let seen = site.agent.get(&path).await.expect(200);
    assert_eq!(seen["satisfaction"]["rating"], 4);
    assert_eq!(seen["version"], told["data"]["conversation"]["version"]);
    let contact = seen["contact"]["id"].as_str().expect("a contact has an id");
    let context = site.agent.get(&format!("/api/v1/contacts/{contact}/context")).await.expect(200);
    assert_eq!(context["conversations"][0]["satisfaction"]["comment"], "Quick and friendly");
    let export = site.deployment.admin.get(&format!("/api/v1/contacts/{contact}/export")).await.expect(200);
    assert_eq!(export["conversations"][0]["conversation"]["satisfaction"]["rating"], 4);

    // Opened and closed again, it is not asked a second time.
    visitor.say("It leaks again").await;
    eventually("it is open again", PATIENCE, || async { (shown(&visitor).await["status"] == "open").then_some(()) })
        .await;
    let lead = &site.deployment.admin;
    if lead.get(&path).await.expect(200)["status"] == "queued" {
        site.taken(&visitor.address()).await;
    }
    lead.post(&format!("{path}/close"), json!({ "close_reason": "resolved" })).await.expect(200);
    let again = shown(&visitor).await;
    assert_eq!((&again["status"], &again["asks_satisfaction"]), (&json!("closed"), &json!(false)));

    let (other, second) = closed(&site, 0, "resolved").await;
    assert_eq!(rate(&other, json!({ "conversation_id": second, "rating": 1 })).await.0, 201);
    let report = lead.get("/api/v1/reports/csat?team=support").await.expect(200);
    let row = &report["data"][0];
    assert_eq!((&report["report"], &row["team"]["slug"]), (&json!("csat"), &json!("support")));
    for said in [row, &report["total"]] {
        assert_eq!((&said["answers"], &said["content"], &said["csat"]), (&json!(2), &json!(1), &json!(0.5)));
        assert_eq!((&said["average_rating"], &said["rated_1"], &said["rated_4"]), (&json!(2.5), &json!(1), &json!(1)));
    }
}

async fn what_is_no_answer_to_the_question_is_refused(plan: Plan) {
    let site = Site::open(plan).await;
    let (visitor, conversation) = closed(&site, 0, "resolved").await;
    for body in [
        json!({}),
        json!([]),
        json!({ "conversation_id": conversation }),
        json!({ "conversation_id": "mine", "rating": 3 }),
        json!({ "conversation_id": conversation, "rating": 0 }),
        json!({ "conversation_id": conversation, "rating": 6 }),
        json!({ "conversation_id": conversation, "rating": 3.5 }),
        json!({ "conversation_id": conversation, "rating": "5" }),
        json!({ "conversation_id": conversation, "rating": 5, "mood": "good" }),
        json!({ "conversation_id": conversation, "rating": 5, "comment": 7 }),
        json!({ "conversation_id": conversation, "rating": 5, "comment": "x".repeat(1001) }),
    ] {
        let (status, refused) = rate(&visitor, body.clone()).await;
        assert_eq!((status, &refused["error"]["code"]), (400, &json!("INVALID_REQUEST")), "{body}");
    }
    let good = json!({ "conversation_id": conversation, "rating": 5 });
    let mut stranger = site.visitor(0);
    assert_eq!(rate(&stranger, good.clone()).await.0, 401, "nobody");
    stranger.come(None).await;
    let (status, refused) = rate(&stranger, good.clone()).await;
    assert_eq!((status, &refused["error"]["code"]), (404, &json!("NOT_FOUND")), "another's");
    stranger.say("Mine goes on").await;
    let open = site.conversation(&stranger.address()).await;
    let (status, refused) = rate(&stranger, json!({ "conversation_id": open["id"], "rating": 5 })).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("INVALID_STATE_TRANSITION")), "not over");
    let page = stranger.request(Method::POST, "satisfaction").header("origin", "https://evil.example").json(&good);
    assert_eq!(page.send().await.expect("the node answers").status(), 403);

    let (spammer, spam) = closed(&site, 0, "spam").await;
    assert_eq!(shown(&spammer).await["asks_satisfaction"], false);
    assert_eq!(rate(&spammer, json!({ "conversation_id": spam, "rating": 5 })).await.0, 409);
    // Nothing of all this counted.
    assert_eq!(site.deployment.admin.get("/api/v1/reports/csat").await.expect(200)["total"]["answers"], 0);
    let answers = futures::future::join_all((0..8).map(|_| rate(&visitor, good.clone()))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1, "one of many at once is the one");
    assert!(answers.iter().all(|(status, _)| matches!(status, 200 | 201)));
}

async fn the_comment_of_an_erased_person_is_gone_and_the_rating_stays(plan: Plan) {
    let site = Site::open(plan).await;
    let (visitor, conversation) = closed(&site, 0, "resolved").await;
    let said = json!({ "conversation_id": conversation, "rating": 2, "comment": "My door code is 4711" });
    assert_eq!(rate(&visitor, said).await.0, 201);
    let admin = &site.deployment.admin;
    let path = format!("/api/v1/conversations/{conversation}");
    let contact = admin.get(&path).await.expect(200)["contact"]["id"].as_str().expect("an id").to_owned();
    admin.post(&format!("/api/v1/contacts/{contact}/erase"), json!({ "reason": "request 17" })).await.expect(200);
    eventually("the words are gone", PATIENCE, || async {
        let seen = admin.get(&path).await.expect(200);
        let feed = admin.get("/api/v1/events?after=&limit=100").await.expect(200).to_string();
        (seen["satisfaction"]["comment"].is_null() && !feed.contains("4711")).then_some(())
    })
    .await;
    assert_eq!(admin.get(&path).await.expect(200)["satisfaction"]["rating"], 2);
}
