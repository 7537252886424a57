//! Whatever way the same events come in (any split into batches, any order, any of them again), the same is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::directory::Directory;
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::item::Item;
use patchbay_dispatch::{Config, Dispatch};
use patchbay_http::Gate;
use patchbay_hub::intake::{Inbound, Intake};
use patchbay_hub::{Hub, HubConfig};
use patchbay_ingress::replay::Replay;
use patchbay_store::Engine;
use patchbay_store::inboxes::{self, InboxRow};
use patchbay_tests::{TestDatabase, source_tree};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use tokio_util::sync::CancellationToken;

/// How many ways are tried; more by `ORDERS`.
const WAYS: u64 = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_split_order_and_repetition_of_the_vectors_stores_the_same() {
    let items = items_of_vectors().await;
    assert!(items.len() > 30, "only {} items in the vectors", items.len());
    let whole: Vec<Vec<Item>> = items.iter().map(|item| vec![item.clone()]).collect();
    let expected = stored(whole).await;
    assert!(!expected.is_empty());
    let ways = std::env::var("ORDERS").ok().and_then(|text| text.parse().ok()).unwrap_or(WAYS);
    for seed in 0..ways {
        let mut random = StdRng::seed_from_u64(seed);
        let mut shuffled = items.clone();
        let again: Vec<Item> = items.iter().filter(|_| random.random_bool(0.4)).cloned().collect();
        shuffled.extend(again);
        shuffled.shuffle(&mut random);
        let mut batches = Vec::new();
        while !shuffled.is_empty() {
            let size = random.random_range(1..=shuffled.len().min(40));
            batches.push(shuffled.split_off(shuffled.len() - size));
        }
        assert_eq!(stored(batches).await, expected, "seed {seed}");
    }
}

/// What the vectors' requests come to: messages and statuses, each once. Consent is left out: there the last word counts.
async fn items_of_vectors() -> Vec<Item> {
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    for file in source_tree::files("tests/vectors", &["json"]) {
        let Ok(vector) = serde_json::from_str::<Value>(&file.text) else { continue };
        let is_messaging = matches!(vector["channel"].as_str(), Some("whatsapp" | "twilio" | "sms"));
        if !is_messaging {
            continue;
        }
        let system = Replay::new(&vector["config"]);
        let several = vector["requests"].as_array().cloned().unwrap_or_default();
        for request in several.iter().chain(vector.get("request").filter(|request| request.is_object())) {
            system.send_value(request).await;
        }
        for delivery in system.sink().take_deliveries() {
            for item in delivery.items {
                let key = match &item {
                    Item::Message(message) => format!("m {} {}", message.channel, message.channel_message_id),
                    Item::Status(status) => {
                        format!(
                            "s {} {}",
                            status.channel_message_id,
                            serde_json::to_value(status.status).unwrap_or_default()
                        )
                    }
                    Item::Event(_) => continue,
                };
                items.entry(key).or_insert(item);
            }
        }
    }
    items.into_values().collect()
}

/// Writes the batches into a fresh database and tells what is stored, without what the order decides by right: ids, the
/// places of messages, and which of two names a contact was met with.
async fn stored(batches: Vec<Vec<Item>>) -> BTreeSet<String> {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let db = database.open().await;
    let clock = Clock::manual(chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("a time"));
    let mut known = BTreeMap::new();
    let mut tx = db.begin().await.expect("begins");
    for channel in Channel::ALL {
        let row = inbox(*channel, &clock);
        inboxes::insert(&mut tx, &row).await.expect("an inbox");
        let inbox = Inbox {
            id: row.id,
            name: row.name,
            channel: *channel,
            team_id: None,
            triage: patchbay_core::inbox::Triage::Direct,
            account_id: None,
            address: row.address,
            provider: Provider::Unserved,
        };
        known.insert(*channel, Arc::new(inbox));
    }
    tx.commit().await.expect("commits");
    let directory = Directory {
        inboxes: known.values().map(|inbox| (inbox.id, Arc::clone(inbox))).collect(),
        ..Directory::default()
    };
    let hub = Hub {
        dispatch: Dispatch::new(db.clone(), Config::default()),
        db: db.clone(),
        gate: Gate {
            keys: None,
            directory: Arc::new(Arc::new(directory).into()),
            clock: clock.clone(),
            allowed_origins: Arc::from([]),
            rates: patchbay_http::ActorRates::default(),
            development: patchbay_http::DevelopmentHeaders::Refused,
        },
        files: Arc::new(object_store::memory::InMemory::new()),
        config: Arc::new(HubConfig::default()),
    };
    let stop = CancellationToken::new();
    let (intake, shards) = Intake::start(hub, &stop);
    for batch in batches {
        let mut by_channel: BTreeMap<Channel, Vec<Item>> = BTreeMap::new();
        for item in batch {
            let channel = match &item {
                Item::Message(message) => message.channel,
                Item::Status(status) => status.channel,
                Item::Event(event) => event.channel,
            };
            by_channel.entry(channel).or_default().push(item);
        }
        let inbound = by_channel
            .into_iter()
            .map(|(channel, items)| Inbound { inbox_id: known[&channel].id, items, received_at: clock.now() })
            .collect();
        intake.accept(inbound).await.expect("stored");
    }
    stop.cancel();
    for shard in shards {
        shard.await.expect("the shard ends in order");
    }
    db.close().await;
    told(database.url()).await
}

fn inbox(channel: Channel, clock: &Clock) -> InboxRow {
    InboxRow {
        id: InboxId::new(),
        name: channel.to_string(),
        channel,
        address: "+15550002222".into(),
        team_id: None,
        account_id: None,
        triage: "direct".into(),
        provider: "unserved".into(),
        settings: json!({}),
        origin: "settings".into(),
        is_active: true,
        version: 1,
        created_at: clock.now(),
        updated_at: clock.now(),
    }
}

async fn told(url: &str) -> BTreeSet<String> {
    let mut connection = SqliteConnection::connect(url).await.expect("SQLite opens");
    let statements = [
        "select 'message ' || i.name || ' ' || m.channel_message_id || ' ' || m.direction || ' ' || m.content_type || ' '
                || coalesce(m.text, '') || ' ' || m.status || ' ' || m.occurred_at || ' ' || v.contact_address
         from messages m join inboxes i on i.id = m.inbox_id join conversations v on v.id = m.conversation_id",
        "select 'identity ' || c.channel || ' ' || c.address from channel_identities c",
        "select 'person ' || group_concat(address, ',') from (
             select contact_id, channel || ':' || address as address from channel_identities order by 1, 2) group by contact_id",
        "select 'conversation ' || i.name || ' ' || v.contact_address || ' ' || v.status || ' ' || v.last_seq || ' '
                || v.inbound_count || ' ' || coalesce(v.window_expires_at, '') || ' ' || coalesce(v.last_inbound_at, '')
         from conversations v join inboxes i on i.id = v.inbox_id",
        "select 'files ' || m.channel_message_id || ' ' || count(*) || ' ' || coalesce(group_concat(distinct f.mime_type), '')
         from media_files f join messages m on m.id = f.message_id group by m.id",
        "select 'key ' || k.channel_message_id from message_keys k",
        "select 'gap ' || v.id from conversations v
         where (select count(*) from messages m where m.conversation_id = v.id) <> v.last_seq",
        "select 'quarantined ' || reason || ' ' || coalesce(fingerprint, '') from quarantine",
    ];
    let mut told = BTreeSet::new();
    for statement in statements {
        for row in sqlx::query(statement).fetch_all(&mut connection).await.expect("the statement fits the schema") {
            let line: String = row.get(0);
            assert!(!line.starts_with("gap"), "a conversation's numbers have a gap");
            assert!(told.insert(line.clone()), "twice: {line}");
        }
    }
    told
}
