//! Misbehaviour on request, and how webhooks are tried again.

use std::time::{Duration, Instant};

use patchbay_core::channel::Channel;
use patchbay_simulator::{DeliveryState, Faults, Provider, WindowRule};
use serde_json::{Value, json};

use crate::bench::{ACCOUNT, AUTH, Bench, DANA, NUMBER_ID, OUR_SMS, Received, SOON, TOKEN, bench_with};

async fn bench() -> Bench {
    bench_with(|config| config.window = WindowRule::Ignored).await
}

fn hello() -> Value {
    json!({ "messaging_product": "whatsapp", "to": DANA, "type": "text", "text": { "body": "hello" } })
}

const SMS: [(&str, &str); 3] = [("To", DANA), ("From", OUR_SMS), ("Body", "hello")];

#[tokio::test]
async fn the_next_sends_get_429_with_retry_after_and_are_not_accepted() {
    let bench = bench().await;
    let handle = &bench.simulator.handle;
    for provider in [Provider::Meta, Provider::Twilio] {
        handle.set_faults(provider, Faults { too_many_requests: 1, retry_after_s: 3, ..Faults::default() });
    }
    let graph = bench.client.post(bench.url(&format!("/v23.0/{NUMBER_ID}/messages"))).bearer_auth(TOKEN);
    let refused = graph.json(&hello()).send().await.expect("an answer");
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().ok()), (429, Some("3")));
    let twilio = bench.client.post(bench.url(&format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")));
    let refused = twilio.basic_auth(ACCOUNT, Some(AUTH)).form(&SMS).send().await.expect("an answer");
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().ok()), (429, Some("3")));
    assert_eq!(handle.sent_count(Provider::Meta) + handle.sent_count(Provider::Twilio), 0);
    assert_eq!(bench.graph(&hello()).await.0, 200);
    assert_eq!(bench.twilio(&SMS).await.0, 201);
}

#[tokio::test]
async fn server_errors_come_before_or_after_acceptance() {
    let bench = bench().await;
    let handle = &bench.simulator.handle;
    let faults = Faults { server_errors: 1, server_errors_after_accept: 1, ..Faults::default() };
    handle.set_faults(Provider::Meta, faults.clone());
    handle.set_faults(Provider::Twilio, faults);
    assert_eq!(bench.graph(&hello()).await.1["error"]["code"], 131_016);
    assert_eq!(handle.sent_count(Provider::Meta), 0);
    assert_eq!(bench.graph(&hello()).await.0, 500);
    assert_eq!(handle.sent_count(Provider::Meta), 1);
    assert_eq!(bench.twilio(&SMS).await.1["code"], 20_503);
    assert_eq!(bench.twilio(&SMS).await.1["code"], 20_500);
    assert_eq!(handle.sent_count(Provider::Twilio), 1);
}

#[tokio::test]
async fn an_accepted_message_may_get_no_answer_while_its_callbacks_come() {
    let bench = bench().await;
    let handle = &bench.simulator.handle;
    handle.set_faults(Provider::Meta, Faults { timeout_after_accept: 1, hold_ms: 0, ..Faults::default() });
    let lost = bench.client.post(bench.url(&format!("/v23.0/{NUMBER_ID}/messages"))).bearer_auth(TOKEN);
    assert!(lost.json(&hello()).send().await.is_err(), "the connection closes without an answer");

    handle.set_faults(Provider::Twilio, Faults { timeout_after_accept: 1, ..Faults::default() });
    let lost = bench.client.post(bench.url(&format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")));
    let lost = lost.basic_auth(ACCOUNT, Some(AUTH)).form(&SMS).timeout(Duration::from_millis(150)).send().await;
    assert!(lost.is_err_and(|error| error.is_timeout()), "no answer within the client's patience");

    assert_eq!((handle.sent_count(Provider::Meta), handle.sent_count(Provider::Twilio)), (1, 1));
    let unanswered = handle.requests(Provider::Meta);
    assert_eq!((unanswered[0].status, unanswered[0].message_id.is_some()), (None, true));
    let delivered = |sent: &patchbay_simulator::Sent| sent.state == DeliveryState::Delivered;
    assert!(handle.wait_for(SOON, delivered).await.is_some());
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?To=%2B15550101234");
    assert_eq!(bench.get(&path).await.1["messages"].as_array().map(Vec::len), Some(1), "it can be looked up");
    assert_eq!(bench.graph(&hello()).await.0, 200);
}

#[tokio::test]
async fn an_outage_refuses_every_call_and_a_delay_delays_sends() {
    let bench = bench().await;
    let handle = &bench.simulator.handle;
    handle.set_faults(Provider::Twilio, Faults { outage: true, ..Faults::default() });
    assert_eq!(bench.twilio(&SMS).await.0, 503);
    assert_eq!(bench.get(&format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")).await.0, 503);
    assert_eq!(bench.graph(&hello()).await.0, 200);
    handle.set_faults(Provider::Twilio, Faults { delay_ms: 80, ..Faults::default() });
    let start = Instant::now();
    assert_eq!(bench.twilio(&SMS).await.0, 201);
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn callbacks_can_be_doubled_reordered_and_lost() {
    let bench = bench().await;
    let handle = &bench.simulator.handle;
    let faults = Faults { duplicate_callbacks: 1, ..Faults::default() };
    handle.set_faults(Provider::Meta, faults);
    bench.graph(&hello()).await;
    assert_eq!(words(&bench.settled().await), ["sent", "sent", "delivered"]);

    handle.set_faults(Provider::Meta, Faults { reorder_callbacks: 1, ..Faults::default() });
    bench.graph(&hello()).await;
    assert_eq!(words(&bench.settled().await[3..]), ["delivered", "sent"]);

    handle.set_faults(Provider::Meta, Faults { drop_callbacks: 1, ..Faults::default() });
    bench.graph(&hello()).await;
    assert_eq!(words(&bench.settled().await[5..]), ["delivered"]);
    assert_eq!(handle.faults(Provider::Meta), Faults::default());
    assert_eq!(handle.thread(DANA, Channel::Whatsapp).len(), 3);
}

fn words(received: &[Received]) -> Vec<String> {
    received.iter().flat_map(Received::statuses).map(|(_, word)| word).collect()
}

#[tokio::test]
async fn a_message_fails_with_the_chosen_code() {
    let bench = bench().await;
    bench
        .simulator
        .handle
        .set_faults(Provider::Meta, Faults { fail_messages: 1, fail_code: 131_049, ..Faults::default() });
    assert_eq!(bench.graph(&hello()).await.0, 200);
    let received = bench.settled().await;
    assert_eq!(received[0].list("statuses")[0]["errors"][0]["code"], 131_049);
}

#[tokio::test]
async fn a_wrong_signature_is_refused_by_us_and_tried_again_only_by_meta() {
    let bench = bench_with(|config| config.retries.attempts = 3).await;
    let handle = &bench.simulator.handle;
    for provider in [Provider::Meta, Provider::Twilio] {
        handle.set_faults(provider, Faults { bad_signatures: 1, ..Faults::default() });
    }
    handle.say(DANA, Channel::Whatsapp, "forged").expect("a phone");
    handle.say(DANA, Channel::Sms, "forged").expect("a phone");
    let received = bench.settled().await;
    assert!(received.iter().all(|webhook| !webhook.genuine));
    let refused = |provider| {
        let webhooks = handle.webhooks(provider);
        webhooks.iter().filter(|webhook| webhook.status == Some(401)).count()
    };
    assert_eq!((refused(Provider::Meta), refused(Provider::Twilio)), (3, 1));
    assert_eq!(handle.thread(DANA, Channel::Sms)[0].status, DeliveryState::Failed);
}

#[tokio::test]
async fn meta_tries_again_until_it_gets_200_and_twilio_does_not() {
    let bench = bench().await;
    let handle = &bench.simulator.handle;
    bench.answer_with(&[500, 204, 503]);
    handle.say(DANA, Channel::Whatsapp, "patience").expect("a phone");
    let received = bench.settled().await;
    assert_eq!(received.len(), 4);
    assert!(received.windows(2).all(|pair| pair[0].raw == pair[1].raw), "the same bytes every time");
    assert_eq!(handle.thread(DANA, Channel::Whatsapp)[0].status, DeliveryState::Delivered);

    bench.answer_with(&[500]);
    handle.say(DANA, Channel::Sms, "once").expect("a phone");
    assert_eq!(bench.settled().await.len(), 5);
    assert_eq!(handle.thread(DANA, Channel::Sms)[0].status, DeliveryState::Failed);
}

#[tokio::test]
async fn twilio_repeats_as_the_callback_s_fragment_says_under_one_token() {
    let bench = bench_with(|config| config.timing.delivered = Duration::from_millis(300)).await;
    bench.answer_with(&[500, 500, 200, 200]);
    let callback = format!("{}#rc=2&rp=5xx,rt", bench.callback_url("9"));
    let form = [("To", DANA), ("From", OUR_SMS), ("Body", "x"), ("StatusCallback", &callback)];
    assert_eq!(bench.twilio(&form).await.0, 201);
    let received = bench.settled().await;
    assert_eq!(
        received.iter().filter(|webhook| webhook.param("MessageStatus") == Some("sent")).count() + 1,
        received.len()
    );
    assert_eq!(received.len(), 4);
    assert!(received.iter().all(|webhook| webhook.genuine), "the fragment is not signed");
    assert!(received[0].group.is_some() && received.iter().all(|webhook| webhook.group == received[0].group));
}

#[tokio::test]
async fn a_connection_that_fails_is_tried_once_more_by_twilio() {
    let bench = bench_with(|config| config.twilio[0].webhook_url = "http://127.0.0.1:9/sms".to_owned()).await;
    bench.simulator.handle.say(DANA, Channel::Sms, "anybody?").expect("a phone");
    bench.settled().await;
    let attempts = bench.simulator.handle.webhooks(Provider::Twilio);
    assert_eq!(
        attempts.iter().map(|webhook| (webhook.attempt, webhook.status)).collect::<Vec<_>>(),
        [(1, None), (2, None)]
    );
}

#[tokio::test]
async fn shutdown_ends_held_connections_and_waiting_webhooks() {
    let bench = bench_with(|config| config.timing.sent = Duration::from_mins(1)).await;
    let handle = bench.simulator.handle.clone();
    handle.set_faults(Provider::Meta, Faults { timeout_after_accept: 1, hold_ms: 600_000, ..Faults::default() });
    let (client, url) = (bench.client.clone(), bench.url(&format!("/v23.0/{NUMBER_ID}/messages")));
    let held = tokio::spawn(async move { client.post(url).bearer_auth(TOKEN).json(&hello()).send().await });
    assert!(handle.wait_for(SOON, |_| true).await.is_some());
    let start = Instant::now();
    bench.simulator.shutdown().await;
    assert!(held.await.expect("no panic").is_err());
    assert!(start.elapsed() < Duration::from_secs(4));
}
