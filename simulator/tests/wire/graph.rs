//! The Graph API.

use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_simulator::{DeliveryState, Provider, Screen, Strangers, WindowRule};
use serde_json::{Value, json};

use crate::bench::{Bench, DANA, NUMBER_ID, OUR_WHATSAPP, SOON, TOKEN, answer, bench, bench_with, text};

fn text_to(to: &str, body: &str) -> Value {
    json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": to,
        "type": "text", "text": { "body": body, "preview_url": false },
        "biz_opaque_callback_data": "msg:17",
    })
}

fn with(extra: &Value) -> Value {
    let mut body = json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "to": "15550101234" });
    body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
    body
}

async fn open_bench() -> Bench {
    let bench = bench().await;
    bench.simulator.handle.open_window(OUR_WHATSAPP, DANA);
    bench
}

#[tokio::test]
async fn a_sent_text_is_reported_sent_then_delivered_and_appears_on_the_phone() {
    let bench = open_bench().await;
    let (status, answer) = bench.graph(&text_to("+1 555 010 1234", "Caf\u{e9} at 9/10?")).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["contacts"], json!([{ "input": "+1 555 010 1234", "wa_id": "15550101234" }]));
    let id = text(&answer["messages"][0]["id"]);
    assert!(id.starts_with("wamid."));

    let received = bench.settled().await;
    let statuses: Vec<_> = received.iter().flat_map(crate::bench::Received::statuses).collect();
    assert_eq!(statuses, [(id.clone(), "sent".to_owned()), (id.clone(), "delivered".to_owned())]);
    assert!(received.iter().all(|webhook| webhook.genuine && webhook.path == "/webhooks/whatsapp"));
    assert_eq!(received[0].list("statuses")[0]["biz_opaque_callback_data"], "msg:17");
    assert_eq!(received[0].list("statuses")[0]["recipient_id"], "15550101234");

    let thread = bench.simulator.handle.thread(DANA, Channel::Whatsapp);
    assert_eq!(thread.len(), 1);
    assert_eq!(thread[0].text.as_deref(), Some("Caf\u{e9} at 9/10?"));
    assert_eq!(thread[0].status, DeliveryState::Delivered);
    let sent = bench.simulator.handle.sent(Provider::Meta);
    assert_eq!((sent.len(), sent[0].our_id.as_deref()), (1, Some("msg:17")));
}

#[tokio::test]
async fn an_open_phone_reads_and_a_closed_one_reads_when_looked_at() {
    let bench = open_bench().await;
    bench.simulator.handle.set_screen(DANA, Screen::Open);
    bench.graph(&text_to(DANA, "one")).await;
    assert_eq!(bench.settled().await.last().expect("a webhook").statuses()[0].1, "read");

    bench.simulator.handle.set_screen(DANA, Screen::Closed);
    bench.graph(&text_to(DANA, "two")).await;
    assert_eq!(bench.settled().await.last().expect("a webhook").statuses()[0].1, "delivered");
    assert_eq!(bench.simulator.handle.read(DANA, Channel::Whatsapp), Ok(1));
    assert_eq!(bench.settled().await.last().expect("a webhook").statuses()[0].1, "read");
    assert_eq!(bench.simulator.handle.read(DANA, Channel::Whatsapp), Ok(0));
}

#[tokio::test]
async fn credentials_and_numbers_are_checked_before_anything_else() {
    let bench = bench().await;
    let post = |id: &str| bench.client.post(bench.url(&format!("/v23.0/{id}/messages"))).json(&text_to(DANA, "x"));
    let (status, body) = answer(post(NUMBER_ID)).await;
    assert_eq!((status, &body["error"]["code"]), (401, &json!(104)));
    let (status, body) = answer(post(NUMBER_ID).bearer_auth("wrong")).await;
    assert_eq!((status, &body["error"]["code"], &body["error"]["type"]), (401, &json!(190), &json!("OAuthException")));
    let (status, body) = answer(post("999").bearer_auth(TOKEN)).await;
    assert_eq!((status, &body["error"]["code"], &body["error"]["error_subcode"]), (400, &json!(100), &json!(33)));
    let old = bench.client.post(bench.url(&format!("/latest/{NUMBER_ID}/messages"))).bearer_auth(TOKEN);
    assert_eq!(answer(old.json(&text_to(DANA, "x"))).await.1["error"]["code"], 2500);
    assert_eq!(bench.simulator.handle.sent_count(Provider::Meta), 0);
    assert_eq!(bench.simulator.handle.requests(Provider::Meta).len(), 4);
}

#[tokio::test]
async fn a_body_that_meta_would_refuse_is_refused_with_meta_s_code() {
    let bench = open_bench().await;
    let button = |title: &str| json!({ "type": "reply", "reply": { "id": title, "title": title } });
    let buttons = |buttons: Vec<Value>| {
        json!({ "type": "interactive", "interactive": {
            "type": "button", "body": { "text": "Pick" }, "action": { "buttons": buttons } } })
    };
    let rows = |count: usize| {
        let rows: Vec<Value> = (0..count).map(|n| json!({ "id": n.to_string(), "title": "row" })).collect();
        json!({ "type": "interactive", "interactive": { "type": "list", "body": { "text": "Pick" },
            "action": { "button": "Open", "sections": [{ "title": "One", "rows": rows }] } } })
    };
    let template = |name: &str, parameters: Vec<&str>| {
        let parameters: Vec<Value> = parameters.iter().map(|t| json!({ "type": "text", "text": t })).collect();
        json!({ "type": "template", "template": { "name": name, "language": { "code": "en_US" },
            "components": [{ "type": "body", "parameters": parameters }] } })
    };
    let cases: Vec<(Value, u64)> = vec![
        (json!([]), 100),
        (json!({ "to": DANA, "type": "text", "text": { "body": "x" } }), 100),
        (json!({ "messaging_product": "sms", "to": DANA }), 100),
        (json!({ "messaging_product": "whatsapp", "type": "text", "text": { "body": "x" } }), 100),
        (with(&json!({ "to": "12" , "text": { "body": "x" } })), 131_009),
        (with(&json!({ "to": OUR_WHATSAPP, "text": { "body": "x" } })), 131_021),
        (with(&json!({ "recipient": "US.123", "text": { "body": "x" } })), 100),
        (with(&json!({ "recipient_type": "team", "text": { "body": "x" } })), 100),
        (with(&json!({ "type": "smoke", "smoke": {} })), 100),
        (with(&json!({ "type": "text" })), 131_008),
        (with(&json!({ "type": "text", "text": { "body": "" } })), 131_008),
        (with(&json!({ "type": "text", "text": { "body": "x".repeat(4097) } })), 100),
        (with(&json!({ "type": "text", "text": { "body": "x", "colour": "red" } })), 100),
        (with(&json!({ "type": "image", "image": {} })), 131_008),
        (with(&json!({ "type": "image", "image": { "id": "404" } })), 131_009),
        (with(&json!({ "type": "image", "image": { "link": "ftp://x" } })), 131_009),
        (with(&json!({ "type": "audio", "audio": { "link": "https://x.test/a", "caption": "no" } })), 100),
        (with(&buttons(vec![])), 131_009),
        (with(&buttons(vec![button("a"), button("b"), button("c"), button("d")])), 131_009),
        (with(&buttons(vec![button("a title that is far too long")])), 100),
        (with(&rows(11)), 131_009),
        (with(&template("unknown", vec![])), 132_001),
        (with(&template("appointment_update", vec!["Dana"])), 132_000),
        (with(&json!({ "text": { "body": "x" }, "biz_opaque_callback_data": "x".repeat(513) })), 100),
        (json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.unknown" }), 100),
    ];
    for (body, code) in cases {
        let (status, answer) = bench.graph(&body).await;
        assert!((400..500).contains(&status), "{body} got {status}");
        assert_eq!(answer["error"]["code"], code, "{body} got {answer}");
        assert!(answer["error"]["message"].is_string() && answer["error"]["fbtrace_id"].is_string());
    }
    for good in [
        with(&buttons(vec![button("Yes"), button("No")])),
        with(&rows(10)),
        with(&template("appointment_update", vec!["Dana", "Monday"])),
        with(&json!({ "type": "location", "location": { "latitude": 0, "longitude": "1.5" } })),
        with(&json!({ "type": "document", "document": { "link": "https://x.test/a.pdf", "filename": "a.pdf" } })),
    ] {
        assert_eq!(bench.graph(&good).await.0, 200, "{good}");
    }
    assert_eq!(bench.simulator.handle.sent_count(Provider::Meta), 5);
}

#[tokio::test]
async fn outside_the_window_a_free_text_fails_later_and_a_template_arrives() {
    let bench = bench().await;
    assert_eq!(bench.graph(&text_to(DANA, "hello")).await.0, 200);
    let received = bench.settled().await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].list("statuses")[0]["status"], "failed");
    assert_eq!(received[0].list("statuses")[0]["errors"][0]["code"], 131_047);
    assert_eq!(bench.simulator.handle.thread(DANA, Channel::Whatsapp).len(), 0);

    let template =
        json!({ "type": "template", "template": { "name": "hello_world", "language": { "code": "en_US" } } });
    assert_eq!(bench.graph(&with(&template)).await.0, 200);
    assert_eq!(bench.settled().await.last().expect("a webhook").statuses()[0].1, "delivered");
}

#[tokio::test]
async fn the_window_closes_24_hours_after_the_customer_s_last_message() {
    let bench = bench_with(|config| config.window = WindowRule::Synchronous).await;
    let handle = &bench.simulator.handle;
    assert_eq!(bench.graph(&text_to(DANA, "too early")).await.1["error"]["code"], 131_047);
    handle.say(DANA, Channel::Whatsapp, "hello").expect("a phone");
    assert_eq!(bench.graph(&text_to(DANA, "in time")).await.0, 200);
    handle.clock().advance(Duration::from_hours(24));
    assert_eq!(bench.graph(&text_to(DANA, "too late")).await.1["error"]["code"], 131_047);
    handle.say(DANA, Channel::Whatsapp, "still there?").expect("a phone");
    assert_eq!(bench.graph(&text_to(DANA, "yes")).await.0, 200);
}

#[tokio::test]
async fn pair_limit_and_throughput_are_refused_with_their_codes() {
    let bench = bench_with(|config| {
        config.window = WindowRule::Ignored;
        config.limits.pair_burst = 2;
        config.limits.throughput_per_second = 4;
    })
    .await;
    assert_eq!(bench.graph(&text_to(DANA, "1")).await.0, 200);
    assert_eq!(bench.graph(&text_to(DANA, "2")).await.0, 200);
    assert_eq!(bench.graph(&text_to(DANA, "3")).await.1["error"]["code"], 131_056);
    assert_eq!(bench.graph(&text_to("+15550101999", "4")).await.0, 200);
    let (status, body) = bench.graph(&text_to("+15550101999", "5")).await;
    assert_eq!((status, &body["error"]["code"]), (429, &json!(130_429)));
}

#[tokio::test]
async fn somebody_without_whatsapp_is_reported_undeliverable() {
    let bench = bench_with(|config| {
        config.window = WindowRule::Ignored;
        config.strangers = Strangers::Unreachable;
    })
    .await;
    bench.graph(&text_to("+15550101999", "anybody?")).await;
    let received = bench.settled().await;
    assert_eq!(received[0].list("statuses")[0]["errors"][0]["code"], 131_026);
}

#[tokio::test]
async fn marking_read_turns_the_customer_s_ticks() {
    let bench = bench().await;
    let handle = &bench.simulator.handle;
    handle.say(DANA, Channel::Whatsapp, "first").expect("a phone");
    let second = handle.say(DANA, Channel::Whatsapp, "second").expect("a phone");
    bench.settled().await;
    assert!(handle.thread(DANA, Channel::Whatsapp).iter().all(|shown| shown.status == DeliveryState::Delivered));
    let read = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": second,
        "typing_indicator": { "type": "text" } });
    assert_eq!(bench.graph(&read).await, (200, json!({ "success": true })));
    assert!(handle.thread(DANA, Channel::Whatsapp).iter().all(|shown| shown.status == DeliveryState::Read));
}

#[tokio::test]
async fn media_goes_up_and_comes_down_in_two_steps_for_five_minutes() {
    let bench = open_bench().await;
    let boundary = "x-boundary";
    let form = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage/png\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
         Content-Type: image/png\r\n\r\nPNG!\r\n--{boundary}--\r\n"
    );
    let upload = bench.client.post(bench.url(&format!("/v23.0/{NUMBER_ID}/media"))).bearer_auth(TOKEN);
    let upload = upload.header("content-type", format!("multipart/form-data; boundary={boundary}")).body(form);
    let (status, body) = answer(upload).await;
    assert_eq!(status, 200, "{body}");
    let id = text(&body["id"]);
    assert_eq!(bench.graph(&with(&json!({ "type": "image", "image": { "id": id } }))).await.0, 200);

    let (_, described) = answer(bench.client.get(bench.url(&format!("/v23.0/{id}"))).bearer_auth(TOKEN)).await;
    assert_eq!((&described["file_size"], &described["mime_type"]), (&json!(4), &json!("image/png")));
    let url = text(&described["url"]);
    let fetch = || bench.client.get(&url).header("user-agent", "patchbay");
    assert_eq!(fetch().send().await.expect("an answer").status(), 401);
    let file = fetch().bearer_auth(TOKEN).send().await.expect("an answer");
    assert_eq!(file.bytes().await.expect("a body"), "PNG!");
    assert_eq!(bench.client.get(&url).bearer_auth(TOKEN).send().await.expect("an answer").status(), 400);
    bench.simulator.handle.clock().advance(Duration::from_secs(301));
    assert_eq!(fetch().bearer_auth(TOKEN).send().await.expect("an answer").status(), 404);

    let gone = bench.client.delete(bench.url(&format!("/v23.0/{id}"))).bearer_auth(TOKEN);
    assert_eq!(answer(gone).await.0, 200);
    assert_eq!(answer(bench.client.get(bench.url(&format!("/v23.0/{id}"))).bearer_auth(TOKEN)).await.0, 400);
}

#[tokio::test]
async fn changes_that_wait_travel_in_one_batch() {
    let bench = bench_with(|config| {
        config.window = WindowRule::Ignored;
        config.timing.meta_batch = 50;
        config.timing.sent = Duration::from_millis(100);
        config.timing.delivered = Duration::ZERO;
    })
    .await;
    for n in 0..10 {
        bench.graph(&text_to(&format!("+1555010200{n}"), "hello")).await;
    }
    let received = bench.settled().await;
    let count: usize = received.iter().map(|webhook| webhook.statuses().len()).sum();
    assert_eq!(count, 20);
    assert!(received.len() < 20, "{} posts", received.len());
    assert!(received.iter().any(|webhook| webhook.json["entry"][0]["changes"].as_array().map_or(0, Vec::len) > 1));
}

#[tokio::test]
async fn wait_for_finds_what_comes_later() {
    let bench = open_bench().await;
    let handle = bench.simulator.handle.clone();
    let waiting = tokio::spawn(async move { handle.wait_for(SOON, |sent| sent.text.as_deref() == Some("late")).await });
    bench.graph(&text_to(DANA, "late")).await;
    assert!(waiting.await.expect("no panic").is_some());
    assert!(bench.simulator.handle.wait_for(Duration::from_millis(20), |_| false).await.is_none());
}

#[tokio::test]
async fn a_linked_file_is_fetched_for_the_phone_and_a_dead_link_fails_the_message() {
    let bench = open_bench().await;
    let image = |name: &str| with(&json!({ "type": "image", "image": { "link": bench.file_url(name) } }));
    assert_eq!(bench.graph(&image("leak.png")).await.0, 200);
    bench.settled().await;
    let shown = bench.simulator.handle.thread(DANA, Channel::Whatsapp)[0].media[0].clone();
    assert_eq!(shown.mime_type.as_deref(), Some("image/png"));
    let file = bench.client.get(bench.url(&shown.url)).send().await.expect("an answer");
    assert_eq!(file.bytes().await.expect("a body"), "PNG!");

    assert_eq!(bench.graph(&image("none.png")).await.0, 200);
    let received = bench.settled().await;
    let last = received.last().expect("a webhook").list("statuses")[0].clone();
    assert_eq!((&last["status"], &last["errors"][0]["code"]), (&json!("failed"), &json!(131_053)));
}

#[tokio::test]
async fn uploads_may_be_large_and_other_bodies_may_not() {
    let bench = open_bench().await;
    let head = "--b\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n--b\r\n\
                Content-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\nContent-Type: video/mp4\r\n\r\n";
    let form = |bytes: usize| format!("{head}{}\r\n--b--\r\n", "x".repeat(bytes));
    let upload = |bytes: usize| {
        let request = bench.client.post(bench.url(&format!("/v23.0/{NUMBER_ID}/media"))).bearer_auth(TOKEN);
        answer(request.header("content-type", "multipart/form-data; boundary=b").body(form(bytes)))
    };
    assert_eq!(upload(4 << 20).await.0, 200);
    assert_eq!(upload(17 << 20).await.1["error"]["code"], 131_053);
    let (status, _) = bench.graph(&with(&json!({ "text": { "body": "x" }, "more": "x".repeat(300_000) }))).await;
    assert_eq!(status, 413);
}
