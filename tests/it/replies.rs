//! Replies of agents over HTTP. On one node over SQLite and on one over PostgreSQL.

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Deployment, Plan, both_databases};
use serde_json::{Value, json};

both_databases! {
    a_reply_waits_for_a_look_when_somebody_else_wrote_meanwhile;
}

async fn a_reply_waits_for_a_look_when_somebody_else_wrote_meanwhile(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    deployment.hear(CUSTOMER, Channel::Sms, "Hello").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Sms).await;
    let id = conversation["id"].as_str().expect("an id").to_owned();
    ann.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
    let path = format!("/api/v1/conversations/{id}/messages");
    let reply = |text: &str, seen: i64| {
        let content = json!({ "type": "text", "text": text });
        json!({ "client_message_id": RecordId::new().0, "content": content, "seen_seq": seen })
    };
    let last = |messages: &[Value]| messages.iter().filter_map(|message| message["seq"].as_i64()).max().unwrap_or(0);
    let seen = last(&deployment.messages(&ann, &id).await);
    ann.post(&path, reply("First", seen)).await.expect(201);
    // What Ann wrote herself is no news to her.
    ann.post(&path, reply("Second", seen)).await.expect(201);
    deployment.hear(CUSTOMER, Channel::Sms, "One more thing").await;
    let before = eventually("the customer's message is here", PATIENCE, || async {
        let messages = deployment.messages(&ann, &id).await;
        messages.iter().any(|message| message["content"]["text"] == "One more thing").then_some(messages)
    })
    .await;
    let refused = ann.post(&path, reply("Third", seen)).await.expect(409);
    assert_eq!(refused["error"]["code"], "CONVERSATION_MOVED", "{refused}");
    let why = &refused["error"]["policy_error"];
    assert_eq!(why["dimension"], "concurrency", "{refused}");
    assert_eq!((&why["seen_seq"], &why["last_seq"]), (&json!(seen), &json!(last(&before))), "{refused}");
    let after = deployment.messages(&ann, &id).await;
    assert_eq!(after.len(), before.len(), "nothing was written");
    let row = ann.get(&format!("/api/v1/conversations/{id}")).await.expect(200);
    assert_eq!(row["last_seq"], json!(last(&before)));
    ann.post(&path, reply("Third", last(&before))).await.expect(201);
}
