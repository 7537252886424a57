//! Messages that change after they came.

use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::{Deployment, Plan, both_databases};
use serde_json::{Value, json};

use super::{at_work, message_when, notify, webhook};

both_databases! {
    an_edit_and_a_withdrawal_look_the_same_in_any_order;
    a_new_number_is_another_address_of_the_contact;
}

fn edit(id: &str, target: &str, text: &str, at: i64) -> Value {
    webhook(CUSTOMER, id, |value| {
        let message = &mut value["messages"][0];
        message["type"] = json!("edit");
        message["timestamp"] = json!(at.to_string());
        message["edit"] = json!({"original_message_id": target, "message": {"type": "text", "text": {"body": text}}});
    })
}

fn revoke(id: &str, target: &str, at: i64) -> Value {
    webhook(CUSTOMER, id, |value| {
        let message = &mut value["messages"][0];
        message["type"] = json!("revoke");
        message["timestamp"] = json!(at.to_string());
        message["revoke"] = json!({ "original_message_id": target });
    })
}

async fn an_edit_and_a_withdrawal_look_the_same_in_any_order(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation, _) = at_work(&deployment, CUSTOMER).await;
    let now = patchbay_core::clock::Clock::system().now().timestamp();
    let original = |target: &str| webhook(CUSTOMER, target, |_| {});
    let mut seen = Vec::new();
    for (round, order) in [[0, 1, 2, 1], [2, 1, 0, 2], [1, 0, 2, 0]].into_iter().enumerate() {
        let target = format!("wamid.edited.{round}");
        let steps = [
            original(&target),
            edit("wamid.edit.1", &target, "Hello there", now + 1),
            edit("wamid.edit.2", &target, "Hello, all of you", now + 2),
        ];
        for step in order {
            notify(&deployment, &steps[step]).await;
        }
        let message = message_when(&deployment, &ann, &conversation, |message| {
            message["channel_message_id"] == target
                && message["content"]["metadata"]["history"].as_array().is_some_and(|history| history.len() == 2)
        })
        .await;
        assert_eq!(message["content"]["text"], "Hello, all of you");
        assert_eq!(message["content"]["metadata"]["original_text"], "Hello");
        seen.push(message["content"].clone());
    }
    assert!(seen.iter().all(|content| content == &seen[0]), "{seen:?}");

    for (round, order) in [[0, 1], [1, 0]].into_iter().enumerate() {
        let target = format!("wamid.revoked.{round}");
        let steps = [original(&target), revoke("wamid.revoke", &target, now + 3)];
        for step in order {
            notify(&deployment, &steps[step]).await;
        }
        let message = message_when(&deployment, &ann, &conversation, |message| {
            message["channel_message_id"] == target && message["content"]["metadata"]["revoked_at"].is_string()
        })
        .await;
        assert_eq!(message["content"]["text"], Value::Null, "what was withdrawn is not shown");
        assert_eq!(message["content"]["metadata"]["original_text"], "Hello", "and not lost");
    }
}

async fn a_new_number_is_another_address_of_the_contact(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation, _) = at_work(&deployment, CUSTOMER).await;
    let moved = webhook(CUSTOMER, "wamid.moved", |value| {
        value.as_object_mut().expect("an object").remove("contacts");
        value["messages"][0]["type"] = json!("system");
        value["messages"][0]["system"] =
            json!({"type": "user_changed_number", "wa_id": "15550199999", "body": "moved to +1 555 019 9999"});
    });
    notify(&deployment, &moved).await;
    let row = ann.get(&format!("/api/v1/conversations/{conversation}")).await.expect(200);
    let contact = row["contact"]["id"].as_str().expect("an id").to_owned();
    notify(&deployment, &webhook("+15550199999", "wamid.from.new", |_| {})).await;
    message_when(&deployment, &ann, &conversation, |message| message["channel_message_id"] == "wamid.from.new").await;
    let contact = ann.get(&format!("/api/v1/contacts/{contact}")).await.expect(200).to_string();
    assert!(contact.contains("+15550199999") && contact.contains(CUSTOMER), "{contact}");
}
