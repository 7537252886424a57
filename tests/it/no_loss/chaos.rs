//! Everything at once: customers on both channels, agents who answer, the server killed, PostgreSQL and Redis away,
//! providers that fail, at random. Nothing is lost, nothing doubled, no order within a conversation violated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_simulator::{Author, Faults, Provider};
use patchbay_tests::deployment::customer;
use patchbay_tests::settings::{ACCOUNT_SID, APP_SECRET, AUTH_TOKEN, PHONE_NUMBER_ID, SMS_ADDRESS};
use patchbay_tests::wait::eventually;
use patchbay_tests::webhook::{sign_meta, sign_twilio, whatsapp_text};
use patchbay_tests::{Caller, Deployment, Plan, client};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How many customers write on each channel.
const CUSTOMERS: u32 = 4;
/// Events of a run; up to 10,000 by `CHAOS_EVENTS`.
const EVENTS: u64 = 200;
/// How long trouble lasts at most.
const TROUBLE: Duration = Duration::from_mins(4);
/// Longest wait for what was spooled or retried to arrive.
const RECOVERY: Duration = Duration::from_mins(3);

/// What is left to be said, shared by all who speak.
#[derive(Clone)]
struct Budget(Arc<AtomicU64>);

impl Budget {
    fn take(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

/// A customer writes until nothing is left to be said: each message again until it is acknowledged, and now and then
/// once more. Answers the ids in their order.
async fn write(base_url: String, channel: Channel, sender: u32, budget: Budget) -> (Channel, u32, Vec<String>) {
    let client = client::http();
    let at = patchbay_core::clock::Clock::system().now().timestamp();
    let (mut acknowledged, mut number) = (Vec::new(), 0);
    while budget.take() {
        let id = format!("{}.{sender}.{number:05}", if channel == Channel::Sms { "SMchaos" } else { "wamid.chaos" });
        let text = format!("n={number}.");
        let mut again = rand::random_range(0..10) == 0;
        loop {
            let request = match channel {
                Channel::Sms => sms(&client, &base_url, &customer(sender), &id, &text),
                _ => whatsapp(&client, &base_url, &customer(sender), &id, &text, at),
            };
            match request.timeout(Duration::from_secs(10)).send().await {
                Ok(answer) if answer.status().is_success() && again => again = false,
                Ok(answer) if answer.status().is_success() => break,
                _ => sleep(Duration::from_millis(20)).await,
            }
        }
        acknowledged.push(id);
        number += 1;
    }
    (channel, sender, acknowledged)
}

fn whatsapp(
    client: &reqwest::Client,
    base: &str,
    from: &str,
    id: &str,
    text: &str,
    at: i64,
) -> reqwest::RequestBuilder {
    let body = whatsapp_text(PHONE_NUMBER_ID, from, "Maya", id, text, at).to_string();
    let signature = sign_meta(APP_SECRET, body.as_bytes());
    client.post(format!("{base}/webhooks/whatsapp")).header("x-hub-signature-256", signature).body(body)
}

fn sms(client: &reqwest::Client, base: &str, from: &str, id: &str, text: &str) -> reqwest::RequestBuilder {
    let url = format!("{base}/webhooks/twilio/sms");
    let fields = [
        ("AccountSid", ACCOUNT_SID),
        ("Body", text),
        ("From", from),
        ("MessageSid", id),
        ("NumMedia", "0"),
        ("To", SMS_ADDRESS),
    ];
    let signature = sign_twilio(AUTH_TOKEN, &url, &fields);
    client.post(url).header("x-twilio-signature", signature).form(&fields)
}

/// An agent answers a conversation until nothing is left to be said. Answers the texts in their order.
async fn answer(caller: Caller, conversation: String, budget: Budget) -> Vec<String> {
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let mut said = Vec::new();
    while said.len() < 40 && budget.take() {
        let text = format!("a={}.", said.len());
        let body = json!({"content": {"type": "text", "text": text}, "client_message_id": RecordId::new().0});
        loop {
            match caller.try_call(reqwest::Method::POST, &path, Some(body.clone()), &[]).await {
                Ok(taken) if taken.status.is_success() => break,
                _ => sleep(Duration::from_millis(50)).await,
            }
        }
        said.push(text);
        sleep(Duration::from_millis(rand::random_range(0..60))).await;
    }
    said
}

/// One trouble after the other, as long as somebody speaks.
async fn trouble(deployment: &mut Deployment, over: &AtomicBool) {
    let until = Instant::now() + TROUBLE;
    while !over.load(Ordering::SeqCst) && Instant::now() < until {
        sleep(Duration::from_millis(rand::random_range(200..900))).await;
        match rand::random_range(0..6) {
            0 | 1 => {
                deployment.nodes[0].kill();
                deployment.nodes[0].restart().await;
            }
            2 => {
                let postgres = deployment.postgres.as_mut().expect("the plan has its own PostgreSQL");
                postgres.stop();
                sleep(Duration::from_millis(rand::random_range(100..1_500))).await;
                postgres.start().await;
            }
            3 => {
                let redis = deployment.redis.as_mut().expect("the plan has its own Redis");
                redis.stop();
                sleep(Duration::from_millis(rand::random_range(100..1_000))).await;
                redis.start().await;
            }
            4 => {
                let faults = Faults { too_many_requests: 1, server_errors: 1, ..Faults::default() };
                deployment.phones.set_faults(Provider::Meta, faults);
            }
            _ => {
                let faults = Faults { timeout_after_accept: 1, duplicate_callbacks: 2, ..Faults::default() };
                deployment.phones.set_faults(Provider::Twilio, faults);
            }
        }
    }
}

fn texts(messages: &[Value]) -> Vec<String> {
    messages.iter().map(|message| message["content"]["text"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_loses_nothing_doubles_nothing_and_keeps_every_order() {
    let mut deployment = Deployment::start(Plan::Breakable).await;
    let admin = deployment.admin.clone();
    let ann = deployment.sign_in("Ann", "support_agent").await;
    let mut conversations = BTreeMap::new();
    for (channel, sender) in [(Channel::Whatsapp, CUSTOMERS), (Channel::Sms, CUSTOMERS + 1)] {
        deployment.hear(&customer(sender), channel, "Hello").await;
        let conversation = deployment.conversation(&ann, &customer(sender), channel).await;
        let id = conversation["id"].as_str().expect("an id").to_owned();
        ann.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
        conversations.insert((channel, sender), id);
    }
    let events = std::env::var("CHAOS_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(EVENTS);
    let budget = Budget(Arc::new(AtomicU64::new(events.min(10_000))));
    let base = deployment.nodes[0].base_url().to_owned();
    let (mut writers, mut agents) = (JoinSet::new(), JoinSet::new());
    for sender in 0..CUSTOMERS {
        for channel in [Channel::Whatsapp, Channel::Sms] {
            writers.spawn(write(base.clone(), channel, sender, budget.clone()));
        }
    }
    for (place, id) in &conversations {
        let (place, speaking) = (*place, answer(ann.clone(), id.clone(), budget.clone()));
        agents.spawn(async move { (place, speaking.await) });
    }
    let over = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&over);
    let speaking = tokio::spawn(async move {
        let (heard, said) = (writers.join_all().await, agents.join_all().await);
        done.store(true, Ordering::SeqCst);
        (heard, said)
    });
    trouble(&mut deployment, &over).await;
    let (heard, said) = speaking.await.expect("everybody finishes");
    for provider in [Provider::Meta, Provider::Twilio] {
        deployment.phones.set_faults(provider, Faults::default());
    }

    let expected: usize = heard.iter().map(|(_, _, ids)| ids.len()).sum();
    eventually("everything acknowledged is stored", RECOVERY, || async {
        let mut stored = 0;
        for (channel, sender, _) in &heard {
            let conversation = find(&admin, *channel, &customer(*sender)).await?;
            stored += deployment.messages(&admin, &conversation).await.len();
        }
        (stored >= expected).then_some(())
    })
    .await;
    for (channel, sender, ids) in &heard {
        let Some(conversation) = find(&admin, *channel, &customer(*sender)).await else {
            assert!(ids.is_empty(), "{channel} {sender} is missing");
            continue;
        };
        let messages = deployment.messages(&admin, &conversation).await;
        let stored: Vec<&str> =
            messages.iter().map(|message| message["channel_message_id"].as_str().expect("an id")).collect();
        assert_eq!(stored, *ids, "{channel} {sender}: each once, in the order they were acknowledged");
        let places: BTreeSet<i64> = messages.iter().filter_map(|message| message["seq"].as_i64()).collect();
        assert_eq!(places.len(), messages.len());
        assert_eq!(places.last().copied(), i64::try_from(messages.len()).ok(), "no gap");
    }
    for ((channel, sender), expected) in said {
        let conversation = &conversations[&(channel, sender)];
        // A message that was given up says so; every other one is on the phone.
        let settled = eventually("every answer is settled", RECOVERY, || async {
            let messages = deployment.messages(&admin, conversation).await;
            let outbound: Vec<Value> =
                messages.into_iter().filter(|message| message["direction"] == "outbound").collect();
            let under_way = ["pending", "sending", "unknown"];
            let is_under_way = |message: &Value| under_way.iter().any(|status| message["status"] == *status);
            (!outbound.iter().any(is_under_way)).then_some(outbound)
        })
        .await;
        assert_eq!(texts(&settled), expected, "{channel}: each answer is stored once, in order");
        let delivered: Vec<Value> = settled.into_iter().filter(|message| message["status"] != "failed").collect();
        let thread = deployment.phones.thread(&customer(sender), channel);
        let shown: Vec<String> =
            thread.into_iter().filter(|shown| shown.from == Author::Business).filter_map(|shown| shown.text).collect();
        let mut once = shown.clone();
        once.dedup();
        assert_eq!(once, shown, "{channel}: an answer came twice");
        let sent = texts(&delivered);
        let mut places = shown.iter();
        let in_order = sent.iter().all(|text| places.any(|shown| shown == text));
        assert!(in_order, "{channel}: {sent:?} are not all on the phone in their order: {shown:?}");
    }
}

async fn find(caller: &Caller, channel: Channel, address: &str) -> Option<String> {
    let list = caller.get(&format!("/api/v1/conversations?channel={channel}&limit=100")).await.expect(200);
    let found = list["data"].as_array()?.iter().find(|one| one["contact"]["address"] == address)?;
    found["id"].as_str().map(str::to_owned)
}
