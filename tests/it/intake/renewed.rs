//! Messages of a type that an earlier version did not know.

use chrono::TimeDelta;
use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::item::ContentType;
use patchbay_store::messages;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::PHONE_NUMBER_ID;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::webhook::whatsapp_text;
use patchbay_tests::{Deployment, Plan, both_databases, node};
use serde_json::{Value, json};

use super::{meta, text};

both_databases! {
    what_was_not_understood_is_shown_once_it_comes_again;
}

const JOURNAL: &str = "[journal]\nkey = \"abababababababababababababababababababababababababababababababab\"\n";

/// Leaves a message as a version left it that did not know its type.
async fn unlearn(deployment: &Deployment, id: &str) {
    let db = deployment.database().open().await;
    let id = id.parse().expect("an id");
    // The fetching of its file changes it too.
    eventually("nobody else changes the message", PATIENCE, || async {
        let mut tx = db.begin().await.expect("a transaction");
        let mut row = messages::by_id(&mut tx, id).await.expect("an answer").expect("the message");
        row.content_type = ContentType::Unsupported;
        row.text = None;
        row.content = json!({"media": [], "metadata": {"unsupported": {"type": "news", "code": null, "raw": {}}}});
        messages::set_content(&mut tx, &row).await.ok()?;
        tx.commit().await.ok()
    })
    .await;
}

async fn only_message(deployment: &Deployment) -> Value {
    let conversation = deployment.conversation(&deployment.admin, CUSTOMER, Channel::Whatsapp).await;
    let mut messages = deployment.messages(&deployment.admin, text(&conversation, "id")).await;
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.remove(0)
}

async fn renewals(deployment: &Deployment) -> usize {
    let list = deployment.admin.get("/api/v1/audit?tool=message.renew").await.expect(200);
    list["data"].as_array().map_or(0, Vec::len)
}

async fn what_was_not_understood_is_shown_once_it_comes_again(plan: Plan) {
    let deployment = Deployment::start_with(plan, JOURNAL).await;
    let now = Clock::system().now();
    let mut body = whatsapp_text(PHONE_NUMBER_ID, CUSTOMER, "Maya", "wamid.news.1", "", now.timestamp());
    let message = &mut body["entry"][0]["changes"][0]["value"]["messages"][0];
    message["type"] = json!("image");
    message["image"] = json!({"id": "1234", "mime_type": "image/png", "sha256": "", "caption": "The gate"});
    meta(&deployment, &body).await;
    let id = text(&only_message(&deployment).await, "message_id").to_owned();

    // The provider sends it again.
    unlearn(&deployment, &id).await;
    assert_eq!(only_message(&deployment).await["content"]["type"], "unsupported");
    for _ in 0..2 {
        meta(&deployment, &body).await;
        let content = only_message(&deployment).await["content"].clone();
        assert_eq!((&content["type"], &content["text"]), (&json!("image"), &json!("The gate")), "{content}");
        assert!(content["media"][0]["media_id"].is_string(), "{content}");
        assert_eq!(renewals(&deployment).await, 1);
    }
    let told = deployment.admin.get("/api/v1/events?limit=100").await.expect(200);
    let told = told["data"].as_array().expect("a list").clone();
    let shows = |event: &&Value| event["event"] == "message.status" && event.to_string().contains("The gate");
    assert!(told.iter().filter(shows).count() > 0, "{told:?}");

    // An operator replays the journal.
    unlearn(&deployment, &id).await;
    let (from, to) = (now - TimeDelta::hours(1), now + TimeDelta::hours(1));
    for _ in 0..2 {
        let (from, to) = (from.to_rfc3339(), to.to_rfc3339());
        let output = node::run(deployment.folder(0), &["journal", "replay", "--from", &from, "--to", &to]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(only_message(&deployment).await["content"]["text"], "The gate");
        assert_eq!(renewals(&deployment).await, 2);
    }
}
