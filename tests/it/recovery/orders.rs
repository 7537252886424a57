//! Whatever way the same events come in (any split into batches, any order, any of them again), the same is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::clock::Clock;
use patchbay_core::consent::is_no_such_address;
use patchbay_core::directory::Directory;
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::item::{Content, ErrorClass, EventItem, Item, MessageItem, Sender, StatusItem};
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
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tokio_util::sync::CancellationToken;

/// How many ways are tried on each engine; more by `ORDERS`.
const WAYS: u64 = 6;
/// What the feed of events must have of every channel, so that the test cannot become empty.
const FEWEST: [(Channel, usize); 5] =
    [(Channel::Whatsapp, 30), (Channel::Sms, 20), (Channel::Voice, 5), (Channel::Email, 35), (Channel::Chat, 5)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_split_order_and_repetition_of_the_vectors_stores_the_same_on_sqlite() {
    every_way_ends_the_same(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_split_order_and_repetition_of_the_vectors_stores_the_same_on_postgres() {
    every_way_ends_the_same(Engine::Postgres).await;
}

async fn every_way_ends_the_same(engine: Engine) {
    let (ours, items) = events_of_vectors().await;
    for (channel, fewest) in FEWEST {
        let count = items.iter().filter(|item| channel_of(item) == channel).count();
        assert!(count >= fewest, "only {count} events by {channel} in the vectors");
    }
    let one_by_one: Vec<Vec<Item>> = items.iter().map(|item| vec![item.clone()]).collect();
    let expected = stored(engine, &ours, one_by_one).await;
    assert!(expected.len() > items.len() / 2, "little is stored: {expected:?}");
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
        let found = stored(engine, &ours, batches).await;
        let missing: Vec<_> = expected.difference(&found).collect();
        let more: Vec<_> = found.difference(&expected).collect();
        assert!(missing.is_empty() && more.is_empty(), "seed {seed}: not stored {missing:#?}, but {more:#?}");
    }
}

/// What the vectors' requests come to, each once, and the messages of ours that their reports are about.
///
/// Four things are left out, because there the order decides by right: words about consent where somebody said both (the
/// last word counts; YES is one after a withdrawal), that nobody is at an address (whoever writes from it is), a new number
/// of somebody (it is theirs if they were known before; numbers get recycled), and failures that are tried again (what
/// follows is about another try).
async fn events_of_vectors() -> (Vec<Item>, Vec<Item>) {
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    for file in source_tree::files("tests/vectors", &["json"]) {
        let Ok(vector) = serde_json::from_str::<Value>(&file.text) else { continue };
        let system = Replay::new(&vector["config"]);
        let several = vector["requests"].as_array().cloned().unwrap_or_default();
        for request in several.iter().chain(vector.get("request").filter(|request| request.is_object())) {
            system.send_value(request).await;
        }
        for delivery in system.sink().take_deliveries() {
            for item in delivery.items {
                items.entry(name(&item)).or_insert(item);
            }
        }
    }
    let mut words: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in items.values() {
        if let Item::Event(event) = item
            && is_consent(event)
        {
            words.entry(event.address.clone().unwrap_or_default()).or_default().insert(event.kind.clone());
        }
    }
    items.retain(|_, item| match item {
        Item::Message(message) => {
            !message.content.text.as_deref().is_some_and(|text| text.trim().eq_ignore_ascii_case("yes"))
        }
        Item::Event(event) if event.kind == "contact.phone_changed" => false,
        Item::Status(status) => status
            .errors
            .iter()
            .all(|error| error.class != ErrorClass::Retryable && !is_no_such_address(status.channel, &error.code)),
        Item::Event(event) if is_consent(event) => words[event.address.as_deref().unwrap_or_default()].len() == 1,
        Item::Event(_) => true,
    });
    let ours: BTreeMap<String, Item> = items
        .values()
        .filter_map(|item| match item {
            Item::Status(status) => Some((status.channel_message_id.clone(), Item::Message(sent(status)))),
            _ => None,
        })
        .collect();
    (ours.into_values().collect(), items.into_values().collect())
}

fn is_consent(event: &EventItem) -> bool {
    matches!(event.kind.as_str(), "opt_in" | "opt_out" | "email.complaint")
}

/// What makes an item another one.
fn name(item: &Item) -> String {
    match item {
        Item::Message(message) => format!("m {} {} {}", message.channel, message.account, message.key()),
        Item::Status(status) => {
            format!("s {} {} {}", status.channel, status.channel_message_id, status.provider_status)
        }
        Item::Event(event) => format!("e {}", json!(event)),
    }
}

/// The message of ours that a report is about, as our own staff sent it.
fn sent(status: &StatusItem) -> MessageItem {
    let recipient = status.recipient.clone().unwrap_or_else(|| "+15550109999".to_owned());
    MessageItem {
        channel: status.channel,
        channel_message_id: status.channel_message_id.clone(),
        account: status.account.clone(),
        direction: Direction::Outbound,
        sender: Sender { kind: SenderType::Agent, address: status.account.clone(), name: None },
        content: Content::text("Ours"),
        reply_to: None,
        timestamp: chrono::DateTime::UNIX_EPOCH,
        status: "sent".to_owned(),
        metadata: serde_json::Map::from_iter([("recipient".to_owned(), recipient.into())]),
    }
}

fn channel_of(item: &Item) -> Channel {
    match item {
        Item::Message(message) => message.channel,
        Item::Status(status) => status.channel,
        Item::Event(event) => event.channel,
    }
}

/// The inbox an item comes to: one for each channel, the calls with the texts, and one for each mailbox.
fn inbox_of(item: &Item) -> String {
    match (channel_of(item), item) {
        (Channel::Voice, _) => Channel::Sms.to_string(),
        (Channel::Email, Item::Message(message)) => format!("email {}", message.account),
        (Channel::Email, Item::Status(_)) => "email".to_owned(),
        (Channel::Email, Item::Event(event)) => format!("email {}", event.account.as_deref().unwrap_or_default()),
        (channel, _) => channel.to_string(),
    }
}

/// Writes the batches into a fresh database, after our own messages, and tells what is stored, without what the order
/// decides by right: ids, the places of messages, and which of two names a contact was met with.
async fn stored(engine: Engine, ours: &[Item], batches: Vec<Vec<Item>>) -> BTreeSet<String> {
    let database = TestDatabase::fresh(engine).await;
    let db = database.open().await;
    let clock = Clock::manual(chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("a time"));
    let mut known = BTreeMap::new();
    let mut tx = db.begin().await.expect("begins");
    for item in ours.iter().chain(batches.iter().flatten()) {
        let name = inbox_of(item);
        if known.contains_key(&name) {
            continue;
        }
        let channel = if channel_of(item) == Channel::Voice { Channel::Sms } else { channel_of(item) };
        let row = inbox(&name, channel, &clock);
        inboxes::insert(&mut tx, &row).await.expect("an inbox");
        let inbox = Inbox {
            id: row.id,
            name: row.name,
            channel,
            team_id: None,
            triage: patchbay_core::inbox::Triage::Direct,
            account_id: None,
            address: row.address,
            provider: Provider::Unserved,
        };
        known.insert(name, Arc::new(inbox));
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
    for batch in std::iter::once(ours.to_vec()).chain(batches) {
        let mut by_inbox: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        for item in batch {
            by_inbox.entry(inbox_of(&item)).or_default().push(item);
        }
        let inbound = by_inbox
            .into_iter()
            .map(|(name, items)| Inbound { inbox_id: known[&name].id, items, received_at: clock.now(), span: None })
            .collect();
        intake.accept(inbound).await.expect("stored");
    }
    stop.cancel();
    for shard in shards {
        shard.await.expect("the shard ends in order");
    }
    db.close().await;
    told(&database).await
}

fn inbox(name: &str, channel: Channel, clock: &Clock) -> InboxRow {
    InboxRow {
        id: InboxId::new(),
        name: name.to_owned(),
        channel,
        address: name.to_owned(),
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

/// What is stored, a line for each fact. The same text for both engines.
const FACTS: &[&str] = &[
    "select 'message ' || i.name || ' ' || m.channel || ' ' || m.channel_message_id || ' ' || v.contact_address || ' '
            || m.direction || ' ' || m.content_type || ' ' || coalesce(m.text, '') || ' ' || m.status || ' '
            || cast(m.occurred_at as text) || ' ' || coalesce(m.reply_to, '')
     from messages m join inboxes i on i.id = m.inbox_id join conversations v on v.id = m.conversation_id",
    "select 'report ' || m.channel_message_id || ' ' || s.status || ' ' || s.provider_status || ' ' || s.errors
     from message_statuses s join messages m on m.id = s.message_id",
    "select 'identity ' || c.channel || ' ' || c.address || ' '
            || case when c.opted_out_at is null then '' else 'out' end
     from channel_identities c",
    "select 'person ' || string_agg(address, ',' order by address) from (
         select contact_id, channel || ':' || address as address from channel_identities) owned group by contact_id",
    "select 'conversation ' || i.name || ' ' || v.contact_address || ' ' || v.status || ' ' || coalesce(v.subject, '') || ' '
            || cast(v.last_seq as text) || ' ' || cast(v.inbound_count as text) || ' '
            || coalesce(cast(v.window_expires_at as text), '') || ' ' || coalesce(cast(v.last_inbound_at as text), '')
            || ' ' || (select string_agg(m.channel_message_id, ',' order by m.channel_message_id)
                       from messages m where m.conversation_id = v.id)
     from conversations v join inboxes i on i.id = v.inbox_id",
    "select 'files ' || i.name || ' ' || m.channel_message_id || ' ' || f.mime_type || ' ' || f.status || ' '
            || coalesce(f.sha256, '') || ' ' || cast(count(*) as text)
     from media_files f join messages m on m.id = f.message_id join inboxes i on i.id = m.inbox_id
     group by i.name, m.conversation_id, m.channel_message_id, f.mime_type, f.status, f.sha256",
    "select 'key ' || i.name || ' ' || k.channel_message_id from message_keys k join inboxes i on i.id = k.inbox_id",
    "select distinct 'consent ' || e.channel || ' ' || e.address || ' ' || e.decision || ' ' || e.scope || ' ' || e.reason
     from consent_entries e",
    "select 'suppressed ' || s.channel || ' ' || s.address || ' ' || s.scope || ' ' || s.reason from suppressions s",
    "select 'parked ' || p.channel_message_id from parked_changes p",
    "select 'parked ' || p.channel_message_id from parked_statuses p",
    "select 'quarantined ' || reason || ' ' || coalesce(fingerprint, '') from quarantine",
    "select 'gap ' || v.contact_address from conversations v
     where (select count(*) from messages m where m.conversation_id = v.id) <> v.last_seq",
];

async fn told(database: &TestDatabase) -> BTreeSet<String> {
    let mut lines: Vec<(&str, Option<String>)> = Vec::new();
    match database.engine() {
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(database.url()).await.expect("SQLite opens");
            for fact in FACTS {
                let found = sqlx::query_scalar(*fact).fetch_all(&mut connection).await;
                lines.extend(found.expect("the statement fits the schema").into_iter().map(|line| (*fact, line)));
            }
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(database.url()).await.expect("PostgreSQL answers");
            for fact in FACTS {
                let found = sqlx::query_scalar(*fact).fetch_all(&mut connection).await;
                lines.extend(found.expect("the statement fits the schema").into_iter().map(|line| (*fact, line)));
            }
        }
    }
    let mut told = BTreeSet::new();
    for (fact, line) in lines {
        let line = line.unwrap_or_else(|| panic!("something is missing: {fact}"));
        assert!(!line.starts_with("gap"), "a conversation's numbers have a gap: {line}");
        assert!(told.insert(line.clone()), "twice: {line}");
    }
    told
}
