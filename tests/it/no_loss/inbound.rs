//! Every acknowledged message is stored exactly once, and the feed tells each exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use patchbay_tests::deployment::customer;
use patchbay_tests::settings::{APP_SECRET, PHONE_NUMBER_ID};
use patchbay_tests::wait::eventually;
use patchbay_tests::webhook::{sign_meta, whatsapp_text};
use patchbay_tests::{Deployment, Plan, client};
use tokio::task::JoinSet;
use tokio::time::sleep;

const SENDERS: u32 = 8;
/// Longest wait for what was spooled to be in the database.
const DRAIN: Duration = Duration::from_mins(1);

/// Customers who write without pause, each the next message when the last was acknowledged; what was not is sent again,
/// as a provider would.
struct Traffic {
    stop: Arc<AtomicBool>,
    senders: JoinSet<Vec<String>>,
}

impl Traffic {
    fn start(base_url: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            senders.spawn(write(base_url.to_owned(), sender, Arc::clone(&stop)));
        }
        Self { stop, senders }
    }

    /// Ids of everything that was acknowledged.
    async fn finish(self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.senders.join_all().await.into_iter().flatten().collect()
    }
}

async fn write(base_url: String, sender: u32, stop: Arc<AtomicBool>) -> Vec<String> {
    let client = client::http();
    let url = format!("{base_url}/webhooks/whatsapp");
    let at = patchbay_core::clock::Clock::system().now().timestamp();
    let mut acknowledged = Vec::new();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let id = format!("wamid.{sender}.{number}");
        let from = customer(sender);
        let body = whatsapp_text(PHONE_NUMBER_ID, &from, "Maya", &id, &format!("n={number}."), at).to_string();
        let signature = sign_meta(APP_SECRET, body.as_bytes());
        let request = client.post(&url).header("x-hub-signature-256", signature).body(body);
        match request.timeout(Duration::from_secs(10)).send().await {
            Ok(answer) if answer.status().is_success() => {
                acknowledged.push(id);
                number += 1;
            }
            _ => sleep(Duration::from_millis(20)).await,
        }
    }
    acknowledged
}

/// Every message of every conversation: how often each provider id is stored.
async fn stored(deployment: &Deployment) -> BTreeMap<String, usize> {
    let mut stored = BTreeMap::new();
    let list = deployment.admin.get("/api/v1/conversations?limit=100").await.expect(200);
    for conversation in list["data"].as_array().expect("a list has data") {
        let id = conversation["id"].as_str().expect("a conversation has an id");
        let messages = deployment.messages(&deployment.admin, id).await;
        let sequences: Vec<i64> = messages.iter().filter_map(|message| message["seq"].as_i64()).collect();
        let expected: Vec<i64> = (1..).take(sequences.len()).collect();
        assert_eq!(sequences, expected, "a conversation's sequence has a gap or a double");
        for message in messages {
            let id = message["channel_message_id"].as_str().expect("an inbound message has a provider id").to_owned();
            *stored.entry(id).or_default() += 1;
        }
    }
    stored
}

/// How often the feed tells each message, read from its beginning.
async fn told(deployment: &Deployment) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = deployment.admin.get(&format!("/api/v1/events?after={after}&limit=100")).await.expect(200);
        let events = page["data"].as_array().expect("a list has data").clone();
        for event in &events {
            if event["event"] == "message.received" {
                let text = event["data"].to_string();
                let (_, rest) = text.split_once("\"channel_message_id\":\"").expect("the event carries the message");
                let id = rest.split('"').next().expect("the id ends").to_owned();
                *told.entry(id).or_default() += 1;
            }
        }
        match events.last().and_then(|event| event["cursor"].as_str()) {
            Some(cursor) => cursor.clone_into(&mut after),
            None => return told,
        }
    }
}

/// Checks the books once all acknowledged messages had the time to arrive.
async fn check(deployment: &Deployment, acknowledged: &BTreeSet<String>) {
    assert!(acknowledged.len() > 100, "only {} messages were acknowledged: no load", acknowledged.len());
    eventually("everything acknowledged is stored", DRAIN, || async {
        let stored = stored(deployment).await;
        acknowledged.iter().all(|id| stored.contains_key(id)).then_some(())
    })
    .await;
    let stored = stored(deployment).await;
    let doubled: Vec<_> = stored.iter().filter(|(_, count)| **count != 1).collect();
    assert!(doubled.is_empty(), "stored more than once: {doubled:?}");
    let told = told(deployment).await;
    let doubled: Vec<_> = told.iter().filter(|(_, count)| **count != 1).collect();
    assert!(doubled.is_empty(), "told more than once: {doubled:?}");
    let untold: Vec<_> = stored.keys().filter(|id| !told.contains_key(*id)).collect();
    assert!(untold.is_empty(), "stored and never told: {untold:?}");
}

async fn kill_repeatedly(plan: Plan) {
    let mut deployment = Deployment::start(plan).await;
    let traffic = Traffic::start(deployment.nodes[0].base_url());
    for _ in 0..6 {
        sleep(Duration::from_millis(rand::random_range(150..700))).await;
        deployment.nodes[0].kill();
        deployment.nodes[0].restart().await;
    }
    sleep(Duration::from_millis(500)).await;
    let acknowledged = traffic.finish().await;
    check(&deployment, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_on_sqlite_has_every_acknowledged_message_once() {
    kill_repeatedly(Plan::Laptop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_on_postgres_has_every_acknowledged_message_once() {
    kill_repeatedly(Plan::TwoNodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_away_for_ten_seconds_loses_nothing() {
    let mut deployment = Deployment::start(Plan::Breakable).await;
    let traffic = Traffic::start(deployment.nodes[0].base_url());
    sleep(Duration::from_secs(1)).await;
    let postgres = deployment.postgres.as_mut().expect("the plan has its own PostgreSQL");
    postgres.stop();
    sleep(Duration::from_secs(10)).await;
    postgres.start().await;
    sleep(Duration::from_secs(2)).await;
    let acknowledged = traffic.finish().await;
    check(&deployment, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_postgres_is_away_keeps_its_spool() {
    let mut deployment = Deployment::start(Plan::Breakable).await;
    let traffic = Traffic::start(deployment.nodes[0].base_url());
    sleep(Duration::from_secs(1)).await;
    deployment.postgres.as_mut().expect("the plan has its own PostgreSQL").stop();
    sleep(Duration::from_secs(5)).await;
    deployment.nodes[0].kill();
    deployment.postgres.as_mut().expect("the plan has its own PostgreSQL").start().await;
    deployment.nodes[0].restart().await;
    sleep(Duration::from_secs(1)).await;
    let acknowledged = traffic.finish().await;
    check(&deployment, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_away_for_ten_seconds_loses_nothing() {
    let mut deployment = Deployment::start(Plan::Breakable).await;
    let traffic = Traffic::start(deployment.nodes[0].base_url());
    sleep(Duration::from_secs(1)).await;
    let redis = deployment.redis.as_mut().expect("the plan has its own Redis");
    redis.stop();
    sleep(Duration::from_secs(10)).await;
    redis.start().await;
    sleep(Duration::from_secs(1)).await;
    let acknowledged = traffic.finish().await;
    check(&deployment, &acknowledged).await;
}
