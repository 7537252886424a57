//! The API of the phones' page.

use patchbay_core::channel::Channel;
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{Inbox, Provider, WhatsAppCloud};
use patchbay_core::secret::Secret;
use patchbay_simulator::{PhoneSeed, SimulatorConfig};
use serde_json::{Value, json};

use crate::bench::{Bench, DANA, OUR_WHATSAPP, SOON, answer, bench, bench_with, text};

async fn post(bench: &Bench, path: &str, body: &Value) -> (u16, Value) {
    answer(bench.client.post(bench.url(path)).json(body)).await
}

async fn phones(bench: &Bench) -> Value {
    answer(bench.client.get(bench.url("/sim/api/phones"))).await.1
}

#[tokio::test]
async fn a_phone_s_message_goes_through_the_signed_webhook_and_stands_in_its_thread() {
    let bench = bench().await;
    let path = format!("/sim/api/phones/{DANA}/messages");
    let (status, body) = post(&bench, &path, &json!({ "channel": "whatsapp", "text": "Heater \u{1f525} a/b" })).await;
    assert_eq!(status, 202, "{body}");
    let id = text(&body["data"]["id"]);
    let received = bench.settled().await;
    assert!(received[0].genuine && received[0].raw.is_ascii());
    assert!(String::from_utf8_lossy(&received[0].raw).contains(r"\ud83d\udd25 a\/b"));
    let message = &received[0].list("messages")[0];
    assert_eq!((&message["from"], &message["text"]["body"]), (&json!("15550101234"), &json!("Heater \u{1f525} a/b")));
    assert_eq!(message["timestamp"], "1772719200");

    let listed = phones(&bench).await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(2), "one for each channel");
    let phone = &listed["data"][0];
    assert_eq!(
        (&phone["address"], &phone["name"], &phone["channel"]),
        (&json!(DANA), &json!("Dana Whitfield"), &json!("whatsapp"))
    );
    let shown = &phone["thread"][0];
    assert_eq!((&shown["id"], &shown["from"], &shown["status"]), (&json!(id), &json!("phone"), &json!("delivered")));
    assert_eq!((&shown["text"], &shown["media"]), (&json!("Heater \u{1f525} a/b"), &json!([])));
}

#[tokio::test]
async fn a_picture_from_a_phone_can_be_seen_on_the_page() {
    let bench = bench().await;
    let media = json!({ "mime_type": "image/png", "filename": "leak.png", "base64": "UE5HIQ==" });
    let path = format!("/sim/api/phones/{DANA}/messages");
    post(&bench, &path, &json!({ "channel": "whatsapp", "text": "leak", "media": media })).await;
    let message = bench.settled().await[0].list("messages")[0].clone();
    assert_eq!((&message["type"], &message["image"]["caption"]), (&json!("image"), &json!("leak")));
    let url = text(&phones(&bench).await["data"][0]["thread"][0]["media"][0]["url"]);
    let file = bench.client.get(bench.url(&url)).send().await.expect("an answer");
    assert_eq!(file.headers()["x-content-type-options"], "nosniff");
    assert_eq!(file.bytes().await.expect("a body"), "PNG!");
}

#[tokio::test]
async fn what_a_phone_cannot_do_is_refused() {
    let bench = bench_with(|config| {
        config.phones.push(PhoneSeed::new("+15550101777", "Sam", &[Channel::Sms]));
    })
    .await;
    let say = |address: &str, body: Value| {
        let (bench, path) = (&bench, format!("/sim/api/phones/{address}/messages"));
        async move { post(bench, &path, &body).await.0 }
    };
    assert_eq!(say("+1999", json!({ "channel": "sms", "text": "x" })).await, 404);
    assert_eq!(say("+15550101777", json!({ "channel": "whatsapp", "text": "x" })).await, 422);
    assert_eq!(say(DANA, json!({ "channel": "sms" })).await, 422);
    assert_eq!(say(DANA, json!({ "channel": "sms", "text": "x".repeat(1601) })).await, 422);
    assert_eq!(say(DANA, json!({ "channel": "sms", "text": "x", "to": "+1000" })).await, 422);
    assert_eq!(say(DANA, json!({ "channel": "sms", "text": "x", "colour": "red" })).await, 422);
    assert_eq!(say(DANA, json!({ "channel": "sms", "media": { "mime_type": "image/png", "base64": "%" } })).await, 422);
    assert!(bench.settled().await.is_empty());
}

#[tokio::test]
async fn faults_are_set_and_shown_and_unknown_ones_refused() {
    let bench = bench().await;
    let url = bench.url("/sim/api/faults");
    let (status, body) = answer(bench.client.put(&url).json(&json!({ "meta": { "too_many_requests": 2 } }))).await;
    assert_eq!((status, &body["data"]["meta"]["too_many_requests"]), (200, &json!(2)));
    assert_eq!(body["data"]["twilio"]["too_many_requests"], 0);
    assert_eq!(answer(bench.client.get(&url)).await.1, body);
    assert_eq!(answer(bench.client.put(&url).json(&json!({ "meta": { "gremlins": 1 } }))).await.0, 422);
    assert_eq!(answer(bench.client.put(&url).json(&json!({ "fax": {} }))).await.0, 422);
}

#[tokio::test]
async fn the_page_is_told_what_happens_as_it_happens() {
    let bench = bench().await;
    let mut events = bench.client.get(bench.url("/sim/api/events")).send().await.expect("an answer");
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    bench.simulator.handle.say(DANA, Channel::Sms, "hello").expect("a phone");
    let mut seen = String::new();
    while !seen.contains("\"delivered\"") {
        let chunk = tokio::time::timeout(SOON, events.chunk()).await.expect("in time").expect("a stream");
        seen.push_str(&String::from_utf8_lossy(&chunk.expect("the stream goes on")));
    }
    assert!(seen.contains("event: message\n") && seen.contains("event: status\n"), "{seen}");
    assert!(seen.contains("\"text\":\"hello\""), "{seen}");
}

#[tokio::test]
async fn reset_forgets_everything_but_the_phones() {
    let bench = bench().await;
    bench.simulator.handle.say(DANA, Channel::Sms, "STOP").expect("a phone");
    bench.settled().await;
    assert_eq!(post(&bench, "/sim/api/reset", &json!({})).await.0, 204);
    let listed = phones(&bench).await;
    assert!(listed["data"].as_array().expect("phones").iter().all(|phone| phone["thread"] == json!([])));
    let wire = answer(bench.client.get(bench.url("/sim/api/wire"))).await.1;
    assert_eq!(wire["data"], json!({ "requests": [], "webhooks": [] }));
    assert!(!bench.simulator.handle.is_opted_out(crate::bench::OUR_SMS, DANA));
}

#[tokio::test]
async fn reading_on_the_page_turns_the_ticks() {
    let bench = bench().await;
    bench.simulator.handle.open_window(OUR_WHATSAPP, DANA);
    bench
        .graph(&json!({ "messaging_product": "whatsapp", "to": DANA, "type": "text", "text": { "body": "hi" } }))
        .await;
    bench.settled().await;
    let path = format!("/sim/api/phones/{DANA}/read");
    let (status, body) = post(&bench, &path, &json!({ "channel": "whatsapp" })).await;
    assert_eq!((status, &body["data"]["read"]), (200, &json!(1)));
    assert_eq!(bench.settled().await.last().expect("a webhook").statuses()[0].1, "read");
}

#[tokio::test]
async fn threads_keep_only_their_newest_messages() {
    let bench = bench_with(|config| config.limits.thread = 3).await;
    for n in 0..5 {
        bench.simulator.handle.say(DANA, Channel::Sms, &n.to_string()).expect("a phone");
    }
    let texts: Vec<_> = bench.simulator.handle.thread(DANA, Channel::Sms).into_iter().filter_map(|m| m.text).collect();
    assert_eq!(texts, ["2", "3", "4"]);
}

#[test]
fn the_demo_has_its_own_secrets_each_time_and_invented_numbers() {
    let (one, two) = (SimulatorConfig::demo("http://127.0.0.1:8080/"), SimulatorConfig::demo("http://127.0.0.1:8080"));
    assert_eq!(one.whatsapp[0].webhook_url, "http://127.0.0.1:8080/webhooks/whatsapp");
    assert_eq!(one.twilio[0].webhook_url, two.twilio[0].webhook_url);
    assert_ne!(one.whatsapp[0].app_secret.expose(), two.whatsapp[0].app_secret.expose());
    assert!(one.phones.iter().all(|phone| phone.address.starts_with("+155501")));
}

#[test]
fn configured_inboxes_get_their_provider_s_side() {
    let inbox = |channel, address: &str, provider| Inbox {
        id: InboxId::new(),
        name: "main".to_owned(),
        channel,
        team_id: None,
        triage: patchbay_core::inbox::Triage::Direct,
        account_id: None,
        address: address.to_owned(),
        provider,
    };
    let whatsapp = WhatsAppCloud {
        phone_number_id: "11".to_owned(),
        app_secrets: vec![Secret::new("newest"), Secret::new("old")],
        verify_token: Secret::new("v"),
        access_token: Secret::new("bearer"),
        business_account_id: None,
        api_base: String::new(),
    };
    let inboxes = [
        inbox(Channel::Whatsapp, "+15550001111", Provider::WhatsAppCloud(whatsapp)),
        inbox(Channel::Email, "a@example.test", Provider::Unserved),
    ];
    let config = SimulatorConfig::for_inboxes("http://127.0.0.1:8080/", &inboxes);
    assert_eq!((config.whatsapp.len(), config.twilio.len()), (1, 0));
    let number = &config.whatsapp[0];
    assert_eq!((number.app_secret.expose(), number.access_token.expose()), ("newest", "bearer"));
    assert_eq!(number.webhook_url, "http://127.0.0.1:8080/webhooks/whatsapp");
}
