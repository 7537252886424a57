//! How long the intake takes for the items of one webhook, by their number: dedupe, contacts, conversations, messages and
//! events, in a commit that is on disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::clock::Clock;
use patchbay_core::directory::Directory;
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::item::{Content, Item, MessageItem, Sender};
use patchbay_dispatch::Dispatch;
use patchbay_http::Gate;
use patchbay_hub::intake::{Inbound, Intake};
use patchbay_hub::{Hub, HubConfig};
use patchbay_store::Engine;
use patchbay_tests::TestDatabase;
use patchbay_tests::settings::WHATSAPP_ADDRESS;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

const CONTACTS: u64 = 5_000;

fn intake(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime can be made");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = runtime.block_on(TestDatabase::fresh(engine));
        let stop = CancellationToken::new();
        let (intake, inbox) = runtime.block_on(start(&database, &stop));
        let next = AtomicU64::new(0);
        let mut group = criterion.benchmark_group(format!("intake/{engine:?}"));
        for size in [1_u64, 16, 64, 256] {
            group.throughput(Throughput::Elements(size));
            group.bench_with_input(BenchmarkId::from_parameter(size), &size, |bencher, size| {
                bencher.to_async(&runtime).iter(|| {
                    let first = next.fetch_add(*size, Ordering::Relaxed);
                    let inbound = inbound(inbox, first, *size);
                    async { intake.accept(vec![inbound]).await.expect("the intake accepts") }
                });
            });
        }
        group.finish();
        stop.cancel();
    }
}

fn inbound(inbox_id: InboxId, first: u64, size: u64) -> Inbound {
    let now = Clock::system().now();
    let items = (first..first + size)
        .map(|number| {
            Item::Message(MessageItem {
                channel: Channel::Whatsapp,
                channel_message_id: format!("wamid.{number}"),
                account: WHATSAPP_ADDRESS.to_owned(),
                direction: Direction::Inbound,
                sender: Sender {
                    kind: SenderType::Customer,
                    address: format!("+1555{:07}", number % CONTACTS),
                    name: Some("A customer".to_owned()),
                },
                content: Content::text("Is my appointment still on for Tuesday at nine?"),
                reply_to: None,
                timestamp: now,
                status: "received".to_owned(),
                metadata: serde_json::Map::new(),
            })
        })
        .collect();
    Inbound { inbox_id, items, received_at: now, span: None }
}

async fn start(database: &TestDatabase, stop: &CancellationToken) -> (Intake, InboxId) {
    let db = database.open().await;
    let inbox = Inbox {
        id: InboxId::new(),
        name: "whatsapp-main".to_owned(),
        channel: Channel::Whatsapp,
        team_id: None,
        triage: patchbay_core::inbox::Triage::Direct,
        account_id: None,
        address: WHATSAPP_ADDRESS.to_owned(),
        provider: Provider::Unserved,
    };
    let id = inbox.id;
    let now = Clock::system().now();
    let mut tx = db.begin().await.expect("a transaction begins");
    tx.query(
        "insert into inboxes (id, name, channel, address, triage, provider, settings, origin, is_active, version,
                created_at, updated_at)
         values ($1, 'whatsapp-main', 'whatsapp', $2, 'direct', 'whatsapp_cloud', '{}', 'settings', $3, 1, $4, $4)",
    )
    .bind(id)
    .bind(WHATSAPP_ADDRESS)
    .bind(true)
    .bind(now)
    .execute()
    .await
    .expect("the inbox is stored");
    tx.commit().await.expect("the inbox is stored");
    let directory = Directory { inboxes: BTreeMap::from([(id, Arc::new(inbox))]), ..Directory::default() };
    let hub = Hub {
        dispatch: Dispatch::new(db.clone(), patchbay_dispatch::Config::default()),
        db,
        gate: Gate {
            keys: None,
            directory: Arc::new(Arc::new(directory).into()),
            clock: Clock::system(),
            allowed_origins: Arc::new([]),
            rates: patchbay_http::ActorRates::default(),
            development: patchbay_http::DevelopmentHeaders::Refused,
        },
        files: Arc::new(object_store::memory::InMemory::new()),
        config: Arc::new(HubConfig::default()),
    };
    let (intake, _shards) = Intake::start(hub, stop);
    (intake, id)
}

criterion_group!(benches, intake);
criterion_main!(benches);
