//! The Twilio API.

use std::time::Duration;

use bytes::Bytes;
use patchbay_core::channel::Channel;
use patchbay_simulator::{Attachment, Provider, Saying, Strangers};
use serde_json::json;

use crate::bench::{ACCOUNT, AUTH, DANA, OUR_SMS, answer, bench, bench_with, text};

#[tokio::test]
async fn a_sent_sms_is_reported_to_its_own_callback_and_appears_on_the_phone() {
    let bench = bench().await;
    let callback = bench.callback_url("0195f3c2");
    let form = [("To", DANA), ("From", OUR_SMS), ("Body", "a+b & c"), ("StatusCallback", &callback)];
    let (status, created) = bench.twilio(&form).await;
    assert_eq!((status, &created["status"], &created["direction"]), (201, &json!("queued"), &json!("outbound-api")));
    let sid = text(&created["sid"]);
    assert_eq!(sid.len(), 34);

    let received = bench.settled().await;
    let states: Vec<_> = received.iter().filter_map(|webhook| webhook.param("MessageStatus")).collect();
    assert_eq!(states, ["sent", "delivered"]);
    assert!(received.iter().all(|webhook| webhook.genuine && webhook.path == "/webhooks/twilio/status/0195f3c2"));
    assert!(received.iter().all(|webhook| webhook.param("MessageSid") == Some(&sid)));
    let thread = bench.simulator.handle.thread(DANA, Channel::Sms);
    assert_eq!(thread[0].text.as_deref(), Some("a+b & c"));
    assert_eq!(bench.simulator.handle.sent(Provider::Twilio)[0].our_id.as_deref(), Some("0195f3c2"));

    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json");
    assert_eq!(bench.get(&path).await.1["status"], "delivered");
}

#[tokio::test]
async fn a_form_that_twilio_would_refuse_is_refused_with_twilio_s_code() {
    let bench = bench().await;
    let long = "x".repeat(1601);
    let cases: [(&[(&str, &str)], u64); 14] = [
        (&[("From", OUR_SMS), ("Body", "x")], 21_604),
        (&[("To", DANA), ("Body", "x")], 21_603),
        (&[("To", DANA), ("From", OUR_SMS)], 21_602),
        (&[("To", DANA), ("From", OUR_SMS), ("Body", "")], 21_602),
        (&[("To", DANA), ("From", OUR_SMS), ("Body", &long)], 21_617),
        (&[("To", "5550101234"), ("From", OUR_SMS), ("Body", "x")], 21_211),
        (&[("To", "+1"), ("From", OUR_SMS), ("Body", "x")], 21_211),
        (&[("To", DANA), ("From", "+15550109999"), ("Body", "x")], 21_606),
        (&[("To", OUR_SMS), ("From", OUR_SMS), ("Body", "x")], 21_266),
        (&[("To", DANA), ("From", OUR_SMS), ("MediaUrl", "nowhere")], 21_620),
        (&[("To", DANA), ("From", OUR_SMS), ("Body", "x"), ("StatusCallback", "/status")], 21_609),
        (&[("To", DANA), ("From", OUR_SMS), ("ContentSid", "HX1")], 21_655),
        (&[("To", DANA), ("MessagingServiceSid", "MG1"), ("Body", "x")], 21_701),
        (&[("To", "whatsapp:+15550101234"), ("From", "whatsapp:+15550100003"), ("Body", "x")], 63_007),
    ];
    for (form, code) in cases {
        let (status, body) = bench.twilio(form).await;
        assert_eq!((status, &body["code"]), (400, &json!(code)), "{form:?} got {body}");
        assert_eq!(body["more_info"], format!("https://www.twilio.com/docs/errors/{code}"));
    }
    assert_eq!(bench.simulator.handle.sent_count(Provider::Twilio), 0);
}

#[tokio::test]
async fn only_the_account_s_own_credentials_open_its_resources() {
    let bench = bench().await;
    let url = bench.url(&format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    for request in [bench.client.get(&url), bench.client.get(&url).basic_auth(ACCOUNT, Some("wrong"))] {
        let (status, body) = answer(request).await;
        assert_eq!((status, &body["code"]), (401, &json!(20_003)));
    }
    let other = bench.url("/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json");
    assert_eq!(answer(bench.client.get(other).basic_auth(ACCOUNT, Some(AUTH))).await.0, 401);
    assert_eq!(bench.get("/2010-04-01/Accounts/Nothing.json").await.1["code"], 20_404);
    let missing = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/SM0.json");
    assert_eq!(bench.get(&missing).await.1["code"], 20_404);
}

#[tokio::test]
async fn stop_holds_messages_back_until_start() {
    let bench = bench().await;
    let handle = &bench.simulator.handle;
    let send = || bench.twilio(&[("To", DANA), ("From", OUR_SMS), ("Body", "hello")]);
    handle.say(DANA, Channel::Sms, " stop ").expect("a phone");
    let received = bench.settled().await;
    assert_eq!(received[0].param("OptOutType"), Some("STOP"));
    assert!(received[0].genuine && received[0].path == "/webhooks/twilio/sms");
    assert!(handle.is_opted_out(OUR_SMS, DANA));
    assert_eq!(send().await.1["code"], 21_610);
    let thread = handle.thread(DANA, Channel::Sms);
    assert!(thread[1].text.as_deref().is_some_and(|text| text.contains("unsubscribed")));
    assert_eq!(handle.sent_count(Provider::Twilio), 0, "the carrier's own answer is none of ours");

    handle.say(DANA, Channel::Sms, "yes").expect("a phone");
    assert_eq!(bench.settled().await[1].param("OptOutType"), Some("START"));
    assert_eq!(send().await.0, 201);
    handle.say(DANA, Channel::Sms, "yes").expect("a phone");
    let last = bench.settled().await;
    let answers: Vec<_> = last.iter().filter(|webhook| webhook.param("Body") == Some("yes")).collect();
    assert_eq!(answers[1].param("OptOutType"), None, "a yes is a yes again");
}

#[tokio::test]
async fn messages_can_be_looked_up_by_number_and_time() {
    let bench = bench().await;
    bench.twilio(&[("To", DANA), ("From", OUR_SMS), ("Body", "first")]).await;
    bench.simulator.handle.clock().advance(Duration::from_hours(1));
    bench.twilio(&[("To", DANA), ("From", OUR_SMS), ("Body", "second")]).await;
    bench.twilio(&[("To", "+15550101999"), ("From", OUR_SMS), ("Body", "third")]).await;
    bench.simulator.handle.say(DANA, Channel::Sms, "from dana").expect("a phone");
    bench.settled().await;
    let list = |query: &str| {
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?{query}");
        let bench = &bench;
        async move {
            let (status, body) = bench.get(&path).await;
            assert_eq!(status, 200, "{body}");
            let found = body["messages"].as_array().cloned().unwrap_or_default();
            let bodies: Vec<String> = found.iter().map(|message| text(&message["body"])).collect();
            (bodies.join(","), body)
        }
    };
    assert_eq!(list("").await.0, "from dana,third,second,first");
    assert_eq!(list("To=%2B15550101234").await.0, "second,first");
    assert_eq!(list("From=%2B15550101234").await.0, "from dana");
    assert_eq!(list("To=%2B15550101234&DateSent%3E=2026-03-05T14:30:00Z").await.0, "second");
    assert_eq!(list("To=%2B15550101234&DateSent>=2026-03-05").await.0, "second,first");
    assert_eq!(list("DateSent<=2026-03-04").await.0, "");
    let (first, page) = list("PageSize=3").await;
    assert_eq!(first, "from dana,third,second");
    let next = text(&page["next_page_uri"]);
    assert_eq!(bench.get(&next).await.1["messages"][0]["body"], "first");
    assert_eq!(bench.get(&format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?DateSent=soon")).await.0, 400);
}

#[tokio::test]
async fn a_picture_is_fetched_with_credentials_and_stored_elsewhere_without() {
    let bench = bench().await;
    let media = Attachment { mime_type: "image/jpeg".to_owned(), filename: None, bytes: Bytes::from_static(b"JPEG") };
    let saying = Saying { media: Some(media), ..Saying::text(DANA, Channel::Sms, "look") };
    bench.simulator.handle.say_with(&saying).expect("a phone");
    let received = bench.settled().await;
    assert_eq!(received[0].param("NumMedia"), Some("1"));
    assert!(received[0].param("MessageSid").is_some_and(|sid| sid.starts_with("MM")));
    let url = received[0].param("MediaUrl0").expect("an address").to_owned();
    assert_eq!(bench.client.get(&url).send().await.expect("an answer").status(), 401);
    let fetched = bench.client.get(&url).basic_auth(ACCOUNT, Some(AUTH)).send().await.expect("an answer");
    // Same host here, so the client keeps its credentials over the redirect; the storage host refuses them.
    assert_eq!(fetched.status(), 400);
    let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let redirect = plain.get(&url).basic_auth(ACCOUNT, Some(AUTH)).send().await.expect("an answer");
    assert_eq!(redirect.status(), 307);
    let stored = redirect.headers()["location"].to_str().expect("text").to_owned();
    let file = plain.get(stored).send().await.expect("an answer");
    assert_eq!(file.bytes().await.expect("a body"), "JPEG");
}

#[tokio::test]
async fn an_unreachable_handset_is_reported_undelivered() {
    let bench = bench_with(|config| config.strangers = Strangers::Unreachable).await;
    let callback = bench.callback_url("7");
    let form = [("To", "+15550101999"), ("From", OUR_SMS), ("Body", "x"), ("StatusCallback", &callback)];
    assert_eq!(bench.twilio(&form).await.0, 201);
    let received = bench.settled().await;
    let last = received.last().expect("a callback");
    assert_eq!((last.param("MessageStatus"), last.param("ErrorCode")), (Some("undelivered"), Some("30003")));
}

#[tokio::test]
async fn a_messaging_service_picks_its_number_and_reports_queued() {
    let bench = bench_with(|config| config.twilio[0].messaging_service_sid = Some("MG1".to_owned())).await;
    let callback = bench.callback_url("8");
    let form = [("To", DANA), ("MessagingServiceSid", "MG1"), ("Body", "x"), ("StatusCallback", &callback)];
    let (_, created) = bench.twilio(&form).await;
    assert_eq!((&created["status"], &created["from"]), (&json!("accepted"), &json!(OUR_SMS)));
    let received = bench.settled().await;
    let states: Vec<_> = received.iter().filter_map(|webhook| webhook.param("MessageStatus")).collect();
    assert_eq!(states, ["queued", "sent", "delivered"]);
}

#[tokio::test]
async fn a_media_url_is_fetched_for_the_phone_and_a_dead_one_fails_the_message() {
    let bench = bench().await;
    let callback = bench.callback_url("9");
    for (name, state) in [("leak.png", "delivered"), ("none.png", "failed")] {
        let url = bench.file_url(name);
        let form = [("To", DANA), ("From", OUR_SMS), ("MediaUrl", url.as_str()), ("StatusCallback", &callback)];
        let (status, created) = bench.twilio(&form).await;
        assert_eq!((status, &created["num_media"]), (201, &json!("1")));
        let received = bench.settled().await;
        assert_eq!(received.last().and_then(|webhook| webhook.param("MessageStatus")), Some(state));
    }
    assert_eq!(bench.simulator.handle.thread(DANA, Channel::Sms).len(), 1);
}
