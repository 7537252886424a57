//! The same channel through Twilio.

use patchbay_core::channel::Channel;
use patchbay_simulator::{Attachment, Provider, Saying, Shown};
use patchbay_tests::deployment::{CONTENT_SID, CUSTOMER, TWILIO_WHATSAPP};
use patchbay_tests::settings::{ACCOUNT_SID, AUTH_TOKEN};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan, Socket, both_databases};
use serde_json::{Value, json};

use super::{accepted, message_when, post, post_template};

both_databases! {
    a_conversation_is_held_in_both_directions;
    a_content_template_and_a_place_go_out_and_what_twilio_lacks_is_refused;
}

/// An inbox for the sender at Twilio, and an agent who has the conversation that a customer began there.
async fn at_work(deployment: &Deployment) -> (Caller, String, String, String) {
    let inbox = json!({
        "name": "whatsapp-twilio", "channel": "whatsapp", "team": "support", "address": TWILIO_WHATSAPP,
        "account_sid": ACCOUNT_SID, "auth_tokens": [AUTH_TOKEN], "api_base": deployment.simulator().base_url(),
    });
    let inbox = deployment.admin.post("/api/v1/inboxes", inbox).await.expect(201);
    let ann = deployment.sign_in("Ann", "support_agent").await;
    let saying =
        |text: &str| Saying { to: Some(TWILIO_WHATSAPP.into()), ..Saying::text(CUSTOMER, Channel::Whatsapp, text) };
    // The first webhooks may find an inbox that is not there yet: the last one counts.
    let (conversation, sid) = eventually("the inbox takes messages", PATIENCE, || async {
        let sid = deployment.phones.say_with(&saying("Hello")).expect("the phone writes");
        deployment.phones.settle(PATIENCE).await;
        let list = ann.get("/api/v1/conversations?channel=whatsapp").await.expect(200);
        let listed = list["data"].as_array()?.iter().find(|one| one["inbox"]["name"] == "whatsapp-twilio")?.clone();
        Some((listed["id"].as_str()?.to_owned(), sid))
    })
    .await;
    ann.post(&format!("/api/v1/conversations/{conversation}/take"), json!({})).await.expect(200);
    (ann, conversation, sid, inbox["id"].as_str().expect("an id").to_owned())
}

async fn a_conversation_is_held_in_both_directions(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation, sid, _) = at_work(&deployment).await;
    let row = ann.get(&format!("/api/v1/conversations/{conversation}")).await.expect(200);
    assert_eq!((&row["channel"], &row["contact"]["address"]), (&json!("whatsapp"), &json!(CUSTOMER)));
    assert!(row["window_expires_at"].is_string());
    let first = message_when(&deployment, &ann, &conversation, |message| message["channel_message_id"] == sid).await;
    assert_eq!(first["content"]["text"], "Hello");

    let file = Attachment { mime_type: "image/png".into(), filename: None, bytes: b"\x89PNG\r\n\x1a\n"[..].into() };
    let picture = Saying {
        to: Some(TWILIO_WHATSAPP.into()),
        media: Some(file),
        ..Saying::text(CUSTOMER, Channel::Whatsapp, "Look")
    };
    deployment.phones.say_with(&picture).expect("the phone writes");
    message_when(&deployment, &ann, &conversation, |message| message["content"]["media"][0]["status"] == "ready").await;

    let sent = post(&ann, &conversation, json!({"content": {"type": "text", "text": "On our way"}})).await.expect(201);
    let taken = accepted(&deployment, &sent).await;
    assert_eq!(taken.body["From"], format!("whatsapp:{TWILIO_WHATSAPP}"));
    assert_eq!(taken.body["To"], format!("whatsapp:{CUSTOMER}"));
    let is = |status: &'static str| {
        let id = sent["message_id"].clone();
        move |message: &Value| message["message_id"] == id && message["status"] == status
    };
    message_when(&deployment, &ann, &conversation, is("delivered")).await;
    deployment.phones.read(CUSTOMER, Channel::Whatsapp).expect("the phone is there");
    message_when(&deployment, &ann, &conversation, is("read")).await;

    let mut socket = Socket::open(&ann, None).await;
    socket.send(&json!({"type": "typing.start", "conversation_id": conversation})).await;
    eventually("the customer sees somebody typing", PATIENCE, || async {
        deployment
            .phones
            .shown()
            .iter()
            .any(|Shown { provider, what, .. }| *provider == Provider::Twilio && what == "typing")
            .then_some(())
    })
    .await;
}

async fn a_content_template_and_a_place_go_out_and_what_twilio_lacks_is_refused(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (ann, conversation, _, inbox) = at_work(&deployment).await;
    let path = format!("/api/v1/inboxes/{inbox}/templates/sync");
    deployment.admin.post(&path, json!({})).await.expect(202);
    let template = eventually("the templates were read", PATIENCE, || async {
        let list = deployment.admin.get("/api/v1/templates?inbox=whatsapp-twilio").await.expect(200);
        list["data"].as_array()?.first().cloned()
    })
    .await;
    assert_eq!((&template["name"], &template["provider_id"]), (&json!("visit_reminder"), &json!(CONTENT_SID)));
    assert_eq!((&template["status"], &template["param_count"]), (&json!("APPROVED"), &json!(2)));
    let body = json!({"template_name": "visit_reminder", "language": "en", "params": ["Maya", "at nine"]});
    let sent = post_template(&ann, &conversation, body).await.expect(201);
    let taken = accepted(&deployment, &sent).await;
    assert_eq!(taken.body["ContentSid"], CONTENT_SID);
    assert_eq!(taken.text.as_deref(), Some("Hello Maya, see you at nine."));

    let place =
        json!({"type": "location", "metadata": {"location": {"latitude": 1.5, "longitude": 2, "name": "Gate"}}});
    let sent = post(&ann, &conversation, json!({ "content": place })).await.expect(201);
    assert_eq!(accepted(&deployment, &sent).await.body["PersistentAction"], "geo:1.5,2|Gate");

    let buttons = json!({"interactive": {"kind": "button", "buttons": [{"id": "a", "title": "A"}]}});
    let content = json!({"type": "interactive", "text": "Choose", "metadata": buttons});
    post(&ann, &conversation, json!({ "content": content })).await.expect_error(409, "CHANNEL_REFUSED");
    let messages = deployment.messages(&ann, &conversation).await;
    let reaction = json!({"reaction": {"message_id": messages[0]["message_id"], "emoji": "👍"}});
    let content = json!({"type": "reaction", "metadata": reaction});
    post(&ann, &conversation, json!({ "content": content })).await.expect_error(409, "CHANNEL_REFUSED");
}
