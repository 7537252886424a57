//! What the feed says of a batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::clock::Clock;
use patchbay_core::directory::Directory;
use patchbay_core::ids::ConversationId;
use patchbay_core::inbox::Provider;
use patchbay_core::item::{Content, EventItem, MessageItem, Sender};
use patchbay_dispatch::{Config, Dispatch};
use patchbay_http::Gate;
use patchbay_store::feed::{self, Position};
use patchbay_store::inboxes::{self, InboxRow};
use patchbay_store::{Db, Engine, contacts, conversations};
use patchbay_test_database::TestDatabase;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::state::{Hub, HubConfig};

fn message(id: &str, clock: &Clock) -> Item {
    Item::Message(MessageItem {
        channel: Channel::Sms,
        channel_message_id: id.into(),
        account: "+15550002222".into(),
        direction: Direction::Inbound,
        sender: Sender { kind: SenderType::Customer, address: "+15550107788".into(), name: Some("Maya".into()) },
        content: Content::text("Hello"),
        reply_to: None,
        timestamp: clock.now(),
        status: "received".into(),
        metadata: Map::new(),
    })
}

async fn hub(db: Db, clock: Clock) -> (Hub, InboxId) {
    let (id, now) = (InboxId::new(), clock.now());
    let row = InboxRow {
        id,
        name: "sms-main".into(),
        channel: Channel::Sms,
        address: "+15550002222".into(),
        team_id: None,
        account_id: None,
        triage: "direct".into(),
        provider: "unserved".into(),
        settings: json!({}),
        origin: "settings".into(),
        is_active: true,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut tx = db.begin().await.expect("begins");
    inboxes::insert(&mut tx, &row).await.expect("an inbox");
    tx.commit().await.expect("commits");
    let inbox = Inbox {
        id,
        name: row.name,
        channel: row.channel,
        team_id: None,
        triage: patchbay_core::inbox::Triage::Direct,
        account_id: None,
        address: row.address,
        provider: Provider::Unserved,
    };
    let directory = Directory { inboxes: BTreeMap::from([(id, Arc::new(inbox))]), ..Directory::default() };
    let hub = Hub {
        dispatch: Dispatch::new(db.clone(), Config::default()),
        db,
        gate: Gate {
            keys: None,
            directory: Arc::new(Arc::new(directory).into()),
            clock,
            allowed_origins: Arc::from([]),
            rates: patchbay_http::ActorRates::default(),
            development: patchbay_http::DevelopmentHeaders::Refused,
        },
        files: Arc::new(object_store::memory::InMemory::new()),
        config: Arc::new(HubConfig::default()),
    };
    (hub, id)
}

/// Name, version and last sequence of the conversation in every event so far.
async fn told(db: &Db) -> Vec<(String, i64, i64)> {
    let mut tx = db.read().await.expect("reads");
    let batch = feed::after(&mut tx, Position::START, 100).await.expect("reads the feed");
    let figures = |event: feed::StoredEvent| {
        let data: Value = serde_json::from_str(&event.payload).expect("JSON");
        let figure = |name: &str| data["conversation"][name].as_i64().expect("a number");
        (event.name, figure("version"), figure("last_seq"))
    };
    batch.events.into_iter().map(figures).collect()
}

async fn database() -> (TestDatabase, Db) {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let db = database.open().await;
    (database, db)
}

/// What the customer says, in the order of `texts`; a `STOP` comes with the event that the codec makes of it.
fn says(texts: &[&str], clock: &Clock) -> Vec<Item> {
    let mut items = Vec::new();
    for text in texts {
        let id = format!("SM.{}.{text}", items.len());
        let Item::Message(mut said) = message(&id, clock) else { continue };
        said.content = Content::text(*text);
        let address = said.sender.address.clone();
        items.push(Item::Message(said));
        if *text == "STOP" {
            items.push(Item::Event(EventItem {
                channel: Channel::Sms,
                kind: "opt_out".into(),
                account: Some("+15550002222".into()),
                address: Some(address),
                data: Map::from_iter([("keyword".into(), json!("STOP")), ("id".into(), json!(id))]),
                timestamp: clock.now(),
            }));
        }
    }
    items
}

#[tokio::test]
async fn the_last_word_of_a_batch_decides_whether_the_customer_wants_messages() {
    for (texts, is_opted_out) in [
        (&["STOP"][..], true),
        (&["STOP", "YES"], false),
        (&["YES", "STOP"], true),
        (&["STOP", "yes ", "STOP"], true),
        (&["YES"], false),
    ] {
        let (_database, db) = database().await;
        let clock = Clock::system();
        let (hub, inbox_id) = hub(db.clone(), clock.clone()).await;
        let stop = CancellationToken::new();
        let (intake, _shards) = Intake::start(hub, &stop);
        let batch = Inbound { inbox_id, items: says(texts, &clock), received_at: clock.now(), span: None };
        intake.accept(vec![batch]).await.expect("stored");
        let mut tx = db.read().await.expect("reads");
        let found = contacts::opted_out(&mut tx, Channel::Sms, "+15550107788").await.expect("reads");
        assert_eq!(found, is_opted_out, "{texts:?}");
        stop.cancel();
    }
}

#[tokio::test]
async fn what_staff_wrote_elsewhere_leaves_nothing_unread() {
    let (_database, db) = database().await;
    let clock = Clock::system();
    let (hub, inbox_id) = hub(db.clone(), clock.clone()).await;
    let stop = CancellationToken::new();
    let (intake, _shards) = Intake::start(hub, &stop);
    let Item::Message(mut echo) = message("SM2", &clock) else { panic!("it is a message") };
    echo.metadata.insert("recipient".into(), json!(echo.sender.address));
    (echo.direction, echo.sender.kind) = (Direction::Outbound, SenderType::Agent);
    let items = vec![message("SM1", &clock), Item::Message(echo), message("SM3", &clock)];
    intake.accept(vec![Inbound { inbox_id, items, received_at: clock.now(), span: None }]).await.expect("stored");
    let mut tx = db.read().await.expect("reads");
    let batch = feed::after(&mut tx, Position::START, 1).await.expect("reads the feed");
    let id: ConversationId = batch.events[0].conversation_id.expect("of a conversation");
    let row = conversations::by_id(&mut tx, id).await.expect("reads").expect("is there");
    assert_eq!((row.last_seq, row.inbound_count, row.read_inbound_count), (3, 2, 1));
    stop.cancel();
}

#[tokio::test]
async fn every_event_of_a_batch_shows_the_conversation_as_the_batch_left_it() {
    let (_database, db) = database().await;
    let clock = Clock::system();
    let (hub, inbox_id) = hub(db.clone(), clock.clone()).await;
    let stop = CancellationToken::new();
    let (intake, shards) = Intake::start(hub, &stop);
    let batch = |ids: [&str; 2]| {
        vec![Inbound {
            inbox_id,
            items: ids.map(|id| message(id, &clock)).into(),
            received_at: clock.now(),
            span: None,
        }]
    };
    intake.accept(batch(["SM1", "SM2"])).await.expect("stored");
    intake.accept(batch(["SM2", "SM3"])).await.expect("stored");
    intake.accept(batch(["SM4", "SM5"])).await.expect("stored");
    let expected = [
        ("conversation.new", 1, 2),
        ("message.received", 1, 2),
        ("message.received", 1, 2),
        ("message.received", 2, 3),
        ("message.received", 3, 5),
        ("message.received", 3, 5),
    ];
    assert_eq!(told(&db).await, expected.map(|(name, version, seq)| (name.to_owned(), version, seq)));
    let mut tx = db.read().await.expect("reads");
    let batch = feed::after(&mut tx, Position::START, 1).await.expect("reads the feed");
    let id: ConversationId = batch.events[0].conversation_id.expect("of a conversation");
    let row = conversations::by_id(&mut tx, id).await.expect("reads").expect("is there");
    assert_eq!((row.version, row.last_seq, row.inbound_count), (3, 5, 5));
    stop.cancel();
    for shard in shards {
        shard.await.expect("ends in order");
    }
}

#[tokio::test]
async fn a_line_is_one_contact_however_it_is_spelled() {
    let (_database, db) = database().await;
    let clock = Clock::system();
    let (hub, inbox_id) = hub(db.clone(), clock.clone()).await;
    let stop = CancellationToken::new();
    let (intake, _shards) = Intake::start(hub, &stop);
    let from = |id: &str, address: &str| {
        let Item::Message(mut said) = message(id, &clock) else { panic!("it is a message") };
        said.sender.address = address.into();
        Item::Message(said)
    };
    // Mexico with and without its 1, in two batches; Brazil with and without its 9, in one.
    let batches = [
        vec![from("SM1", "+525512345678")],
        vec![from("SM2", "+5215512345678")],
        vec![from("SM3", "+5511987654321"), from("SM4", "+551187654321"), from("SM5", "+551187654322")],
    ];
    for items in batches {
        intake.accept(vec![Inbound { inbox_id, items, received_at: clock.now(), span: None }]).await.expect("stored");
    }
    let mut tx = db.read().await.expect("reads");
    let numbers = ["+525512345678", "+5215512345678", "+5511987654321", "+551187654321", "+551187654322"];
    let known = contacts::by_phone_numbers(&mut tx, &numbers).await.expect("reads");
    let of = |number: &str| known.iter().find(|row| row.address == number).expect("is known").contact_id;
    assert_eq!(known.len(), numbers.len());
    assert_eq!(of(numbers[0]), of(numbers[1]));
    assert_eq!(of(numbers[2]), of(numbers[3]));
    assert_ne!(of(numbers[3]), of(numbers[4]), "another line");
    stop.cancel();
}
