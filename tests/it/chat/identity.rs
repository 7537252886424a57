//! Who a visitor is, and what becomes of what a visitor wrote who proves to be somebody.

use patchbay_tests::{Plan, both_plans};
use reqwest::Method;
use serde_json::{Value, json};

use super::site::{Site, Visitor, new_id, proof};

both_plans! {
    a_visitor_who_proves_to_be_a_user_keeps_the_conversation;
    one_person_has_one_open_conversation;
}

async fn a_visitor_who_proves_to_be_a_user_keeps_the_conversation(plan: Plan) {
    let site = Site::open(plan).await;
    let mut visitor = site.visitor(0);
    visitor.come(None).await;
    visitor.say("before").await;
    let before = site.conversation(&visitor.address()).await;
    let session = visitor.come(Some("cust-42")).await;
    assert_eq!((&session["identity_verified"], &session["user"]["id"]), (&json!(true), &json!("cust-42")));
    assert_eq!(session["conversation"]["id"], before["id"], "the conversation came along");
    visitor.say("after").await;
    let texts: Vec<Value> = visitor.history(0).await.iter().map(|one| one["content"]["text"].clone()).collect();
    assert_eq!(texts, [json!("before"), json!("after")]);
    let contact =
        site.deployment.admin.get(&format!("/api/v1/contacts/{}", before["contact"]["id"].as_str().unwrap())).await;
    let contact = contact.expect(200);
    assert_eq!(contact["display_name"], "Dana Whitfield");
    let proven = contact["identities"].as_array().unwrap().iter().find(|one| one["address"] == "user:cust-42").cloned();
    assert!(proven.unwrap()["verified_at"].is_string());

    // The same browser without a proof is somebody else: the computer may be shared.
    let known = visitor.id.clone();
    let session = visitor.come(None).await;
    assert_ne!(session["visitor_id"], json!(known));
    assert_eq!((&session["conversation"], &session["identity_verified"]), (&json!(null), &json!(false)));
    assert!(visitor.history(0).await.is_empty());
    // Another browser of the same person sees it all.
    let mut elsewhere = site.visitor(site.deployment.nodes.len() - 1);
    elsewhere.come(Some("cust-42")).await;
    assert_eq!(elsewhere.history(0).await.len(), 2);
}

async fn one_person_has_one_open_conversation(plan: Plan) {
    let site = Site::open(plan).await;
    let mut at_home = site.visitor(0);
    at_home.come(Some("cust-7")).await;
    at_home.say("from home").await;
    let home = site.conversation("user:cust-7").await;
    let mut at_work = site.visitor(0);
    at_work.come(None).await;
    at_work.say("from work").await;
    let work = site.conversation(&at_work.address()).await;
    let session = at_work.come(Some("cust-7")).await;
    assert_eq!(session["conversation"]["id"], home["id"]);
    let admin = &site.deployment.admin;
    let closed = admin.get(&format!("/api/v1/conversations/{}", work["id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&closed["status"], &closed["close_reason"]), (&json!("closed"), &json!("duplicate")));
    assert_eq!(closed["contact"]["id"], home["contact"]["id"], "it belongs to the same person");
    // A site's server writes in the same conversation, with the proof in the message itself.
    let body = json!({ "client_message_id": new_id(), "visitor_id": "v-1", "type": "text", "text": "direct",
                       "user": { "id": "cust-7" }, "identity": { "hash": proof("cust-7") } });
    let answer: Value = site.visitor(0).call("messages", body).await.json().await.unwrap();
    assert_eq!(answer["conversation_id"], home["id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_proof_is_refused_everywhere() {
    let site = Site::open(Plan::Laptop).await;
    let mut visitor = site.visitor(0);
    visitor.come(None).await;
    let wrong = json!({ "user": { "id": "cust-42" }, "identity": { "hash": proof("cust-1") } });
    let stranger = site.visitor(0);
    assert_eq!(stranger.call("sessions", wrong.clone()).await.status(), 401);
    let mut message = wrong;
    message["client_message_id"] = json!(new_id());
    message["visitor_id"] = json!(visitor.id);
    message["type"] = json!("text");
    message["text"] = json!("x");
    assert_eq!(stranger.call("messages", message).await.status(), 401);
    assert!(visitor.history(0).await.is_empty());
    for token in ["chat1.e30.x", "chat1.", &visitor.token[..visitor.token.len() - 2]] {
        let bad = Visitor { ..site.visitor(0) };
        let call = bad.request(Method::GET, "messages").bearer_auth(token).send().await.unwrap();
        assert_eq!(call.status(), 401, "{token}");
    }
    assert_eq!(stranger.request(Method::GET, "messages").send().await.unwrap().status(), 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_takes_up_a_conversation_by_a_guessed_id() {
    let site = Site::open(Plan::Laptop).await;
    let body = json!({ "client_message_id": new_id(), "visitor_id": "v-8c1f", "type": "text", "text": "from an app" });
    assert_eq!(site.visitor(0).call("messages", body).await.status(), 202);
    site.conversation("visitor:v-8c1f").await;
    let mut guesser = site.visitor(0);
    guesser.id = "v-8c1f".to_owned();
    let session = guesser.come(None).await;
    assert_ne!(session["visitor_id"], "v-8c1f");
    assert_eq!(session["conversation"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_for_the_answer_is_kept_as_a_claim() {
    let site = Site::open(Plan::Laptop).await;
    let mut visitor = site.visitor(0);
    let session = visitor.come(None).await;
    assert_eq!((&session["has_email"], &session["availability"]["online"]), (&json!(false), &json!(false)));
    assert_eq!(visitor.call("contact", json!({ "email": "nonsense" })).await.status(), 400);
    assert_eq!(visitor.call("contact", json!({ "email": " Dana@Example.test " })).await.status(), 204);
    assert_eq!(visitor.come(None).await["has_email"], true);
    visitor.say("Nobody there?").await;
    let conversation = site.conversation(&visitor.address()).await;
    let path = format!("/api/v1/contacts/{}", conversation["contact"]["id"].as_str().unwrap());
    let contact = site.deployment.admin.get(&path).await.expect(200);
    let claimed =
        contact["identities"].as_array().unwrap().iter().find(|one| one["channel"] == "email").cloned().unwrap();
    assert_eq!((&claimed["address"], &claimed["linked_by"]), (&json!("dana@example.test"), &json!("claimed")));
    assert_eq!(claimed["verified_at"], json!(null));
    // The next one who claims it does not take it away.
    let mut other = site.visitor(0);
    other.come(None).await;
    assert_eq!(other.call("contact", json!({ "email": "dana@example.test" })).await.status(), 204);
    assert_eq!(site.deployment.admin.get(&path).await.expect(200)["identities"], contact["identities"]);
}
