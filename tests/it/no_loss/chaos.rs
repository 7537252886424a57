//! Everything at once: customers on four channels, agents who answer on all of them, the server killed, the stores away,
//! providers that are slow, refuse, or take a message and do not say so, at random. Nothing is lost, nothing doubled, no
//! order within a conversation violated.

mod customers;
mod troubles;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_simulator::{Faults, Provider};
use patchbay_tests::deployment::PATIENT_WORKERS;
use patchbay_tests::services::free_port;
use patchbay_tests::settings::MAIL_ADDRESS;
use patchbay_tests::wait::eventually;
use patchbay_tests::{Caller, Deployment, Plan, client};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use customers::{Budget, Writer};
use troubles::trouble;

/// How many customers write on each channel.
const CUSTOMERS: u32 = 3;
const CHANNELS: [Channel; 4] = [Channel::Whatsapp, Channel::Sms, Channel::Email, Channel::Chat];
/// Events of a run; up to 10,000 by `CHAOS_EVENTS`.
const EVENTS: u64 = 200;
/// Conversations that agents answer: one for so many events, at least one on each channel.
const EVENTS_AN_ANSWERED: u64 = 500;
/// Conversations of one agent.
const HELD: u32 = 4;
/// Most answers to one customer: above 45 within minutes, WhatsApp makes them wait. Source: channels reference, 3.8.
const ANSWERS: usize = 40;
/// Longest wait for what was spooled or retried to arrive.
const RECOVERY: Duration = Duration::from_mins(5);
/// Longest wait for one request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Proves who a user of the web chat is.
const CHAT_SECRET: &str = "an-identity-secret-of-tests";

/// An agent answers a conversation until nothing is left to be said. Answers the texts in their order.
async fn answer(caller: Caller, conversation: String, budget: Budget) -> Vec<String> {
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let mut said = Vec::new();
    while said.len() < ANSWERS && budget.take() {
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

/// A mailbox that our receiver serves, and a site with a chat.
fn places(smtp: u16) -> String {
    format!(
        "listen_smtp = \"127.0.0.1:{smtp}\"\n[[inbox]]\nname = \"chaos-mail\"\nchannel = \"email\"\nteam = \"support\"\n\
         address = \"{MAIL_ADDRESS}\"\ninbound = \"smtp\"\nsmtp_url = \"{{relay}}\"\ndkim = \"off\"\n[[inbox]]\n\
         name = \"chaos-site\"\nchannel = \"chat\"\nteam = \"support\"\nidentity_mode = \"hmac\"\n\
         identity_secrets = [\"{CHAT_SECRET}\"]\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_loses_nothing_doubles_nothing_and_keeps_every_order() {
    Box::pin(chaos(Plan::Breakable)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_on_a_laptop_loses_nothing_doubles_nothing_and_keeps_every_order() {
    Box::pin(chaos(Plan::Laptop)).await;
}

async fn chaos(plan: Plan) {
    let smtp = free_port();
    let mut deployment = Deployment::start_with_workers(plan, &places(smtp), PATIENT_WORKERS).await;
    let admin = deployment.admin.clone();
    let events = std::env::var("CHAOS_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(EVENTS).min(10_000);
    let answered = u32::try_from(events / EVENTS_AN_ANSWERED).unwrap_or(u32::MAX).max(4);
    let base = deployment.nodes[0].base_url().to_owned();
    let writer = |channel, number| Writer { channel, number, base: base.clone(), smtp, client: client::http() };
    let mut desk = deployment.sign_in("Ann", "support_agent").await;
    let mut asked = Vec::new();
    for number in 0..answered {
        // An agent holds so many at once and no more.
        if number > 0 && number % HELD == 0 {
            desk = deployment.sign_in(&format!("Ann{number}"), "support_agent").await;
        }
        let channel = CHANNELS[usize::try_from(number).expect("small") % CHANNELS.len()];
        let customer = writer(channel, CUSTOMERS + number);
        customer.begin(&deployment).await;
        let conversation = deployment.conversation(&desk, &customer.address(), channel).await;
        let id = conversation["id"].as_str().expect("an id").to_owned();
        desk.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
        asked.push((customer, id, desk.clone()));
    }
    let budget = Budget(Arc::new(AtomicU64::new(events)));
    let (mut writers, mut agents) = (JoinSet::new(), JoinSet::new());
    for number in 0..CUSTOMERS {
        for channel in CHANNELS {
            writers.spawn(writer(channel, number).write(budget.clone()));
        }
    }
    for (customer, id, agent) in asked {
        let speaking = answer(agent, id.clone(), budget.clone());
        agents.spawn(async move { (customer, id, speaking.await) });
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
    for provider in [Provider::Meta, Provider::Twilio, Provider::Mail] {
        deployment.phones.set_faults(provider, Faults::default());
    }

    for (writer, ids) in heard.iter().filter(|(_, ids)| !ids.is_empty()) {
        all_is_stored(&deployment, &admin, writer, ids).await;
    }
    for (customer, conversation, expected) in said {
        all_is_shown(&deployment, &admin, (&customer, &conversation), expected).await;
    }
}

/// Everything that was acknowledged to a customer is there, once, in its order.
async fn all_is_stored(deployment: &Deployment, admin: &Caller, writer: &Writer, ids: &[String]) {
    let (channel, address) = (writer.channel, writer.address());
    let conversation = eventually("everything acknowledged is stored", RECOVERY, || async {
        let found = find(admin, channel, &address).await?;
        let stored = found["last_seq"].as_u64().and_then(|seq| usize::try_from(seq).ok());
        (stored >= Some(ids.len())).then_some(found)
    })
    .await;
    let messages = deployment.messages(admin, conversation["id"].as_str().expect("an id")).await;
    let stored: Vec<&str> =
        messages.iter().map(|message| message["channel_message_id"].as_str().expect("an id")).collect();
    assert_eq!(stored, *ids, "{channel} {address}: each once, in the order they were acknowledged");
    let places: BTreeSet<i64> = messages.iter().filter_map(|message| message["seq"].as_i64()).collect();
    assert_eq!(places.len(), messages.len());
    assert_eq!(places.last().copied(), i64::try_from(messages.len()).ok(), "no gap");
}

/// Every answer is stored once, in its order, and so is what the customer sees of them. Only what says that it was given
/// up, or that nobody knows, may be missing.
async fn all_is_shown(
    deployment: &Deployment,
    admin: &Caller,
    (customer, conversation): (&Writer, &str),
    expected: Vec<String>,
) {
    let channel = customer.channel;
    // Nobody can be asked what became of a mail: there, not to know is an end.
    let under_way: &[&str] =
        if channel == Channel::Email { &["pending", "sending"] } else { &["pending", "sending", "unknown"] };
    let settled = eventually("every answer is settled", RECOVERY, || async {
        let messages = deployment.messages(admin, conversation).await;
        let outbound: Vec<Value> = messages.into_iter().filter(|message| message["direction"] == "outbound").collect();
        let is_under_way = |message: &Value| under_way.iter().any(|status| message["status"] == *status);
        (!outbound.iter().any(is_under_way)).then_some(outbound)
    })
    .await;
    let text = |message: &Value| message["content"]["text"].as_str().unwrap_or_default().to_owned();
    let stored: Vec<String> = settled.iter().map(text).collect();
    assert_eq!(stored, expected, "{channel}: each answer is stored once, in order");
    let is_open = |message: &Value| ["failed", "unknown"].iter().any(|status| message["status"] == *status);
    let sent: Vec<String> = settled.iter().filter(|message| !is_open(message)).map(text).collect();
    // The provider said that it has them; how long they are on their way to the phone is its own affair.
    let shown = eventually("every answer that was sent arrives", RECOVERY, || async {
        let shown = customer.sees(&deployment.phones).await;
        sent.iter().all(|text| shown.contains(text)).then_some(shown)
    })
    .await;
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for text in &shown {
        *times.entry(text).or_default() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "{channel}: an answer came twice: {shown:?}");
    let mut places = shown.iter();
    let in_order = sent.iter().all(|text| places.any(|shown| shown == text));
    assert!(in_order, "{channel}: {sent:?} do not stand in their order: {shown:?}");
}

/// The one conversation of somebody on a channel.
async fn find(caller: &Caller, channel: Channel, address: &str) -> Option<Value> {
    let list = caller.get(&format!("/api/v1/conversations?channel={channel}&limit=100")).await.expect(200);
    let mut found = list["data"].as_array()?.iter().filter(|one| one["contact"]["address"] == address);
    let conversation = found.next()?.clone();
    assert!(found.next().is_none(), "{channel} {address}: one conversation became two");
    Some(conversation)
}
