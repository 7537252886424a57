//! Calls: proven, answered so that the caller can leave a message, and kept where the customer's texts are.

use patchbay_core::channel::Channel;
use patchbay_tests::deployment::CUSTOMER;
use patchbay_tests::settings::{ACCOUNT_SID, AUTH_TOKEN, SMS_ADDRESS};
use patchbay_tests::webhook::sign_twilio;
use patchbay_tests::{Deployment, Plan, Socket, both_plans, client};
use reqwest::Method;
use serde_json::{Value, json};

both_plans! {
    a_call_is_answered_and_stands_in_the_conversation;
    what_a_caller_says_is_heard_as_a_text_is;
}

/// What Twilio posts while a call goes on: status, content type and body of the answer.
async fn post(deployment: &Deployment, path: &str, token: &str, more: &[(&str, &str)]) -> (u16, String, String) {
    let url = format!("{}{path}", deployment.nodes[0].base_url());
    let mut form = vec![
        ("AccountSid", ACCOUNT_SID),
        ("CallSid", "CA00000000000000000000000000000001"),
        ("Direction", "inbound"),
        ("From", CUSTOMER),
        ("To", SMS_ADDRESS),
    ];
    form.extend(more);
    let signature = sign_twilio(token, &url, &form);
    let answer = client::http().post(&url).header("x-twilio-signature", signature).form(&form).send().await;
    let answer = answer.expect("the node answers");
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.expect("a body"))
}

async fn a_call_is_answered_and_stands_in_the_conversation(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let (status, kind, twiml) =
        post(&deployment, "/webhooks/twilio/voice", AUTH_TOKEN, &[("CallStatus", "ringing")]).await;
    assert_eq!(status, 200);
    assert!(kind.starts_with("text/xml"), "{kind}");
    assert!(twiml.starts_with("<Response><Say>") && twiml.contains("/webhooks/twilio/voice/voicemail"), "{twiml}");
    let recording = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE00000000000000000000000000000001";
    let left = [("CallStatus", "in-progress"), ("RecordingUrl", recording), ("RecordingDuration", "7")];
    let (status, _, twiml) = post(&deployment, "/webhooks/twilio/voice/voicemail", AUTH_TOKEN, &left).await;
    assert_eq!((status, twiml.as_str()), (200, "<Response><Say>Thank you. Goodbye.</Say><Hangup/></Response>"));
    let ended = [("CallStatus", "completed"), ("CallDuration", "61")];
    for _ in 0..2 {
        let (status, _, body) = post(&deployment, "/webhooks/twilio/voice/status", AUTH_TOKEN, &ended).await;
        assert_eq!((status, body.as_str()), (204, ""));
    }
    let (status, ..) = post(&deployment, "/webhooks/twilio/voice", "not the token", &[("CallStatus", "ringing")]).await;
    assert_eq!(status, 401);

    let conversation = deployment.conversation(&deployment.admin, CUSTOMER, Channel::Sms).await;
    let messages = deployment.messages(&deployment.admin, conversation["id"].as_str().expect("an id")).await;
    let shown: Vec<_> = messages
        .iter()
        .map(|message| {
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (word(&message["channel"]), word(&message["content"]["type"]), word(&message["content"]["text"]))
        })
        .collect();
    let expected =
        [("voice", "text", "Incoming call"), ("voice", "audio", ""), ("voice", "text", "Call ended after 1:01")];
    assert_eq!(shown, expected.map(|(channel, kind, text)| (channel.to_owned(), kind.to_owned(), text.to_owned())));
    assert_eq!(messages[1]["channel_message_id"], "RE00000000000000000000000000000001");
    assert_eq!(messages[1]["content"]["metadata"]["duration_seconds"], 7);
}

/// That it rings is not what the call is about: the words are, and an emergency among them waits for no menu.
async fn what_a_caller_says_is_heard_as_a_text_is(plan: Plan) {
    let deployment = Deployment::start(plan).await;
    let inboxes = deployment.admin.get("/api/v1/inboxes").await.expect(200);
    let listed = inboxes["data"].as_array().expect("a list");
    let inbox = listed.iter().find(|inbox| inbox["name"] == "sms-main").expect("an inbox for SMS");
    let path = format!("/api/v1/inboxes/{}", inbox["id"].as_str().expect("an id"));
    deployment.admin.call(Method::PATCH, &path, Some(json!({ "triage": "menu" })), &[]).await.expect(200);
    let mut screen = Socket::open(&deployment.admin, None).await;
    post(&deployment, "/webhooks/twilio/voice", AUTH_TOKEN, &[("CallStatus", "ringing")]).await;
    let rang = screen.await_event("message.received").await;
    let id = rang["data"]["message"]["conversation_id"].as_str().expect("a conversation").to_owned();
    let words = [("CallStatus", "in-progress"), ("SpeechResult", "I smell gas in the kitchen"), ("Confidence", "0.93")];
    let (status, ..) = post(&deployment, "/webhooks/twilio/voice/gather?turn=1", AUTH_TOKEN, &words).await;
    assert_eq!(status, 200);
    let is_emergency =
        |frame: &Value| frame["event"] == "alert.raised" && frame["data"]["alert"]["code"] == "EMERGENCY";
    let frame = screen.await_frame(is_emergency).await;
    assert_eq!(frame["data"]["alert"]["conversation_id"], json!(id));
    let shown = deployment.admin.get(&format!("/api/v1/conversations/{id}")).await.expect(200);
    assert_eq!(shown["priority"], "urgent");
}
