//! By the Cloud API.

use patchbay_core::channel::Channel;
use patchbay_simulator::{Provider, Shown};
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Deployment, Plan, Socket, both_databases};
use serde_json::{Value, json};

use super::{accepted, at_work, conversation_of, message_when, notify, post, webhook};

both_databases! {
    things_to_press_and_places_reach_the_phone_as_meta_wants_them;
    what_meta_would_refuse_is_refused_with_its_place;
    a_reaction_and_a_quote_name_a_message_of_the_conversation;
    the_customer_sees_that_it_was_read_and_that_somebody_types;
    a_customer_without_a_number_is_one_contact_and_gets_answers;
}

async fn things_to_press_and_places_reach_the_phone_as_meta_wants_them(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation, _) = at_work(&deployment, CUSTOMER).await;
    let cases = [
        (
            json!({"type": "interactive", "text": "Shall we come?", "metadata": {"interactive": {"kind": "button",
                "buttons": [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}]}}}),
            json!({"type": "button", "body": {"text": "Shall we come?"}, "action": {"buttons": [
                {"type": "reply", "reply": {"id": "yes", "title": "Yes"}},
                {"type": "reply", "reply": {"id": "no", "title": "No"}}]}}),
        ),
        (
            json!({"type": "interactive", "text": "When?", "metadata": {"interactive": {"kind": "list",
                "button": "Times", "sections": [{"rows": [{"id": "9", "title": "9 am", "description": "early"}]}]}}}),
            json!({"type": "list", "body": {"text": "When?"}, "action": {"button": "Times",
                "sections": [{"rows": [{"id": "9", "title": "9 am", "description": "early"}]}]}}),
        ),
        (
            json!({"type": "interactive", "text": "Pay here", "metadata": {"interactive": {"kind": "cta_url",
                "display_text": "Pay", "url": "https://example.test/pay"}}}),
            json!({"type": "cta_url", "body": {"text": "Pay here"}, "action": {"name": "cta_url",
                "parameters": {"display_text": "Pay", "url": "https://example.test/pay"}}}),
        ),
        (
            json!({"type": "interactive", "text": "Where are you?",
                "metadata": {"interactive": {"kind": "location_request_message"}}}),
            json!({"type": "location_request_message", "body": {"text": "Where are you?"},
                "action": {"name": "send_location"}}),
        ),
    ];
    for (content, expected) in cases {
        let sent = post(&ann, &conversation, json!({ "content": content })).await.expect(201);
        assert_eq!(sent["content"]["type"], "interactive");
        assert_eq!(sent["content"]["metadata"], content["metadata"]);
        let body = accepted(&deployment, &sent).await.body;
        assert_eq!((&body["type"], &body["interactive"]), (&json!("interactive"), &expected));
    }
    let place = json!({"latitude": 0.0, "longitude": -122.5, "name": "Gate 4"});
    let content = json!({"type": "location", "metadata": {"location": place}});
    let sent = post(&ann, &conversation, json!({ "content": content })).await.expect(201);
    assert_eq!(accepted(&deployment, &sent).await.body["location"], place);
    let delivered = |message: &Value| message["content"]["type"] == "location" && message["status"] == "delivered";
    message_when(&deployment, &ann, &conversation, delivered).await;
}

async fn what_meta_would_refuse_is_refused_with_its_place(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation, _) = at_work(&deployment, CUSTOMER).await;
    let rows: Vec<Value> = (0..11).map(|at| json!({"id": at.to_string(), "title": "row"})).collect();
    let press =
        |interactive: Value| json!({"type": "interactive", "text": "a", "metadata": {"interactive": interactive}});
    for (content, path) in [
        (press(json!({"kind": "button", "buttons": []})), "content.metadata.interactive.buttons"),
        (
            press(json!({"kind": "button", "buttons": [{"id": "a", "title": "x".repeat(21)}]})),
            "content.metadata.interactive.buttons.0.title",
        ),
        (
            press(json!({"kind": "list", "button": "b", "sections": [{"rows": rows}]})),
            "content.metadata.interactive.sections",
        ),
        (press(json!({"kind": "cta_url", "display_text": "b", "url": "ftp://x"})), "content.metadata.interactive.url"),
        (
            json!({"type": "location", "metadata": {"location": {"latitude": 91, "longitude": 0}}}),
            "content.metadata.location.latitude",
        ),
        (
            json!({"type": "reaction", "metadata": {"reaction": {"message_id": "wamid.nobody", "emoji": "👍"}}}),
            "content.metadata.reaction.message_id",
        ),
    ] {
        let refused = post(&ann, &conversation, json!({ "content": content })).await;
        assert_eq!(refused.body["error"]["validation_errors"][0]["path"], path, "{}", refused.body);
        refused.expect_error(400, "INVALID_REQUEST");
    }
    let answer =
        post(&ann, &conversation, json!({"content": {"type": "text", "text": "a"}, "reply_to": "wamid.nobody"}));
    answer.await.expect_error(400, "INVALID_REQUEST");
    assert_eq!(deployment.phones.sent_count(Provider::Meta), 0);
}

async fn a_reaction_and_a_quote_name_a_message_of_the_conversation(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation, wamid) = at_work(&deployment, CUSTOMER).await;
    let messages = deployment.messages(&ann, &conversation).await;
    let first = messages[0]["message_id"].as_str().expect("an id");
    let quote = json!({"content": {"type": "text", "text": "This one"}, "reply_to": first});
    let sent = post(&ann, &conversation, quote).await.expect(201);
    assert_eq!(sent["reply_to"], wamid);
    assert_eq!(accepted(&deployment, &sent).await.body["context"]["message_id"], wamid);

    for emoji in [json!("👍"), Value::Null] {
        let reaction = json!({"type": "reaction", "metadata": {"reaction": {"message_id": first, "emoji": emoji}}});
        let sent = post(&ann, &conversation, json!({ "content": reaction })).await.expect(201);
        let stored = &sent["content"]["metadata"]["reaction"];
        assert_eq!((&stored["message_id"], &stored["removed"]), (&json!(wamid), &json!(emoji.is_null())));
        let body = accepted(&deployment, &sent).await.body;
        let expected = json!({"message_id": wamid, "emoji": emoji.as_str().unwrap_or_default()});
        assert_eq!((&body["reaction"], &body["context"]), (&expected, &Value::Null));
    }

    // And the customer's own, which opens no window and answers nothing.
    let target = sent["message_id"].clone();
    let ours = message_when(&deployment, &ann, &conversation, |message| {
        message["message_id"] == target && message["channel_message_id"].is_string()
    })
    .await;
    let target = ours["channel_message_id"].as_str().expect("an id").to_owned();
    let body = webhook(CUSTOMER, "wamid.reaction", |value| {
        value["messages"][0]["type"] = json!("reaction");
        value["messages"][0]["reaction"] = json!({"message_id": target, "emoji": "🎉"});
    });
    notify(&deployment, &body).await;
    let theirs =
        message_when(&deployment, &ann, &conversation, |message| message["channel_message_id"] == "wamid.reaction")
            .await;
    assert_eq!(theirs["content"]["type"], "reaction");
    assert_eq!((&theirs["reply_to"], &theirs["content"]["text"]), (&json!(target), &json!("🎉")));
}

async fn the_customer_sees_that_it_was_read_and_that_somebody_types(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation, _) = at_work(&deployment, CUSTOMER).await;
    let last = deployment.hear(CUSTOMER, Channel::Whatsapp, "Are you there?").await;
    message_when(&deployment, &ann, &conversation, |message| message["channel_message_id"] == last).await;
    assert_eq!(deployment.phones.shown(), [], "nobody has read anything yet");
    ann.post(&format!("/api/v1/conversations/{conversation}/read"), json!({})).await.expect(200);
    let shown = |what: &str| Shown { provider: Provider::Meta, message_id: last.clone(), what: what.into() };
    eventually("the message is marked read", PATIENCE, || async {
        deployment.phones.shown().contains(&shown("read")).then_some(())
    })
    .await;
    ann.post(&format!("/api/v1/conversations/{conversation}/read"), json!({})).await.expect(200);
    let mut socket = Socket::open(&ann, None).await;
    for mode in ["note", "reply", "reply"] {
        socket.send(&json!({"type": "typing.start", "id": mode, "conversation_id": conversation, "mode": mode})).await;
        socket.await_frame(|frame| frame["id"] == mode).await;
    }
    eventually("the customer sees somebody typing", PATIENCE, || async {
        deployment.phones.shown().contains(&shown("typing")).then_some(())
    })
    .await;
    assert_eq!(deployment.phones.shown(), [shown("read"), shown("typing")], "each once");
    assert_eq!(deployment.phones.sent_count(Provider::Meta), 0, "none of it is a message");
}

async fn a_customer_without_a_number_is_one_contact_and_gets_answers(plan: Plan) {
    const USER_ID: &str = "US.13491208655302741918";
    let deployment = Deployment::start(plan).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    let nameless = webhook("", "wamid.1", |value| {
        value["contacts"] = json!([{"profile": {"name": "Maya", "username": "maya"}, "user_id": USER_ID}]);
        value["messages"][0]["from_user_id"] = json!(USER_ID);
        value["messages"][0].as_object_mut().expect("an object").remove("from");
    });
    notify(&deployment, &nameless).await;
    let conversation = conversation_of(&deployment, &ann, USER_ID).await;
    ann.post(&format!("/api/v1/conversations/{conversation}/take"), json!({})).await.expect(200);
    let sent = post(&ann, &conversation, json!({"content": {"type": "text", "text": "Hello Maya"}})).await.expect(201);
    let body = accepted(&deployment, &sent).await.body;
    assert_eq!((&body["recipient"], &body["to"]), (&json!(USER_ID), &Value::Null));

    // The same person with a number: the same contact, and the same conversation.
    let numbered = webhook(CUSTOMER, "wamid.2", |value| {
        value["contacts"][0]["user_id"] = json!(USER_ID);
        value["messages"][0]["from_user_id"] = json!(USER_ID);
    });
    notify(&deployment, &numbered).await;
    message_when(&deployment, &ann, &conversation, |message| message["channel_message_id"] == "wamid.2").await;
    let row = ann.get(&format!("/api/v1/conversations/{conversation}")).await.expect(200);
    let contact = row["contact"]["id"].as_str().expect("an id");
    let contact = ann.get(&format!("/api/v1/contacts/{contact}")).await.expect(200);
    let text = contact.to_string();
    assert!(text.contains(USER_ID) && text.contains(CUSTOMER), "{text}");
}
