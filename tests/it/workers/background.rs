//! What happens behind the messages: files, the search index, snoozes, sweeps, the outbox.

use std::time::Duration;

use object_store::ObjectStoreExt as _;
use patchbay_core::channel::Channel;
use patchbay_core::conversation::{CloseReason, ConversationStatus};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{JobId, MediaId, MessageId, OutboxId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_simulator::{Attachment, Saying};
use patchbay_store::inbox_views::{self, Filter, Visible};
use patchbay_store::media::{self, MediaStatus};
use patchbay_store::messages::MessageRow;
use patchbay_store::outbox::{self, OutboxRow};
use patchbay_store::{conversations, feed, jobs, messages};
use patchbay_tests::{TestDatabase, both_engines};
use patchbay_workers::Workers;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::world::World;

const DANA: &str = "+15550107788";

both_engines! {
    a_received_file_is_fetched_and_kept_under_its_hash;
    a_file_on_a_strange_host_is_not_fetched;
    a_file_that_is_too_large_is_not_kept;
    what_was_said_can_be_found;
    a_snooze_ends_and_the_feed_says_so;
    a_customer_who_stops_answering_is_not_waited_for_forever;
    a_sweep_promises_the_next_one_once;
    the_outbox_is_relayed;
}

/// The message that came in last.
async fn received(world: &World) -> MessageRow {
    let mut tx = world.db.read().await.unwrap();
    let mut events = Vec::new();
    while events.is_empty() {
        events = feed::after(&mut tx, feed::Position::START, 100).await.unwrap().events;
    }
    let event = events.iter().rev().find(|event| event.payload.contains("\"inbound\"")).unwrap();
    let data: serde_json::Value = serde_json::from_str(&event.payload).unwrap();
    let id: MessageId = data["message"]["message_id"].as_str().unwrap().parse().unwrap();
    messages::by_id(&mut tx, id).await.unwrap().unwrap()
}

async fn say_picture(world: &World, channel: Channel, bytes: &'static [u8]) -> MediaId {
    let media = Attachment { mime_type: "image/png".into(), filename: None, bytes: bytes.into() };
    let saying = Saying { from: DANA.into(), channel, to: None, text: None, media: Some(media), reply_to: None };
    world.fakes.say_with(&saying).unwrap();
    world.settle().await;
    let message = received(world).await;
    message.content["media"][0]["media_id"].as_str().unwrap().parse().unwrap()
}

async fn a_received_file_is_fetched_and_kept_under_its_hash(database: TestDatabase) {
    let world = World::new(database).await;
    for channel in [Channel::Whatsapp, Channel::Sms] {
        let id = say_picture(&world, channel, b"\x89PNG a picture").await;
        world.drain().await;
        let mut tx = world.db.read().await.unwrap();
        let row = media::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!(row.status, MediaStatus::Ready, "{channel}");
        let key = row.storage_key.unwrap();
        assert!(key.ends_with(&row.sha256.unwrap()));
        let kept = world.deps.files.get(&key.as_str().into()).await.unwrap().bytes().await.unwrap();
        assert_eq!(&kept[..], b"\x89PNG a picture");
        let message = messages::by_id(&mut tx, row.message_id.unwrap()).await.unwrap().unwrap();
        assert_eq!(message.content["media"][0]["status"], "ready");
    }
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_file_on_a_strange_host_is_not_fetched(database: TestDatabase) {
    let world = World::new(database).await;
    let id = say_picture(&world, Channel::Sms, b"\x89PNG a picture").await;
    // The same job, pointed at a machine of ours.
    let mut tx = world.db.begin().await.unwrap();
    let now = world.clock.now();
    let lease = jobs::Lease { owner: "nobody", now, until: now + Duration::from_hours(1) };
    let taken = jobs::claim(&mut tx, lease, JobQueue::Default, 1).await.unwrap().remove(0);
    jobs::complete(&mut tx, &taken).await.unwrap();
    let mut payload = taken.payload;
    payload["url"] = json!("http://169.254.169.254/latest/meta-data");
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind: JobKind::FetchMedia,
        lane: None,
        dedupe_key: None,
        payload,
        run_at: now,
        max_attempts: 6,
    };
    jobs::enqueue(&mut tx, &world.ctx(), &job).await.unwrap();
    tx.commit().await.unwrap();
    world.drain().await;
    let mut tx = world.db.read().await.unwrap();
    assert_eq!(media::by_id(&mut tx, id).await.unwrap().unwrap().status, MediaStatus::Failed);
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_file_that_is_too_large_is_not_kept(database: TestDatabase) {
    let world = World::with(database, |config| config.max_media_bytes = 8).await;
    let id = say_picture(&world, Channel::Whatsapp, b"\x89PNG a picture").await;
    world.drain().await;
    let mut tx = world.db.read().await.unwrap();
    let row = media::by_id(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((row.status, row.storage_key), (MediaStatus::Failed, None));
}

async fn what_was_said_can_be_found(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.say(DANA, Channel::Whatsapp, "The cooler drips on the floor").unwrap();
    world.settle().await;
    let message = received(&world).await;
    while Workers::index(&world.deps).await.unwrap() == 0 {}
    let filter = Filter { visible: Visible::All, ..Filter::default() };
    let mut tx = world.db.read().await.unwrap();
    for (words, found) in [("cooler", 1), ("floor cool", 1), ("Dana", 1), ("15550107788", 1), ("heater", 0)] {
        let rows = inbox_views::page(&mut tx, &filter, Some(words), None, 10).await.unwrap();
        assert_eq!(rows.len(), found, "{words}");
        assert!(rows.iter().all(|row| row.id == message.conversation_id));
    }
}

async fn a_snooze_ends_and_the_feed_says_so(database: TestDatabase) {
    let world = World::new(database).await;
    let mut row = world.conversation(world.sms, DANA).await;
    let until = world.clock.now() + Duration::from_hours(1);
    row.snoozed_until = Some(until);
    let mut tx = world.db.begin().await.unwrap();
    conversations::update(&mut tx, std::slice::from_ref(&row)).await.unwrap();
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind: JobKind::EndSnooze,
        lane: None,
        dedupe_key: None,
        payload: json!({ "conversation_id": row.id, "until": until }),
        run_at: until,
        max_attempts: 10,
    };
    jobs::enqueue(&mut tx, &world.ctx(), &job).await.unwrap();
    tx.commit().await.unwrap();
    world.advance(3599);
    world.drain().await;
    assert_eq!(world.jobs_left().await, 1);
    world.advance(1);
    world.drain().await;
    let mut tx = world.db.read().await.unwrap();
    let row = conversations::by_id(&mut tx, row.id).await.unwrap().unwrap();
    assert_eq!((row.snoozed_until, row.version), (None, 3));
}

async fn a_customer_who_stops_answering_is_not_waited_for_forever(database: TestDatabase) {
    let world = World::new(database).await;
    let mut rows = Vec::new();
    for (address, status) in [
        (DANA, ConversationStatus::PendingCustomer),
        ("+15550107701", ConversationStatus::PendingAgent),
        ("+15550107702", ConversationStatus::PendingCustomer),
    ] {
        let mut row = world.conversation(world.sms, address).await;
        row.status = status;
        row.last_message_at = world.clock.now();
        rows.push(row);
    }
    rows[2].snoozed_until = Some(world.clock.now() + Duration::from_hours(72));
    let mut tx = world.db.begin().await.unwrap();
    conversations::update(&mut tx, &rows).await.unwrap();
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::Low,
        kind: JobKind::CloseIdle,
        lane: None,
        dedupe_key: None,
        payload: json!({}),
        run_at: world.clock.now(),
        max_attempts: 10,
    };
    jobs::enqueue(&mut tx, &world.ctx(), &job).await.unwrap();
    tx.commit().await.unwrap();
    let statuses = async || {
        let mut tx = world.db.read().await.unwrap();
        let mut statuses = Vec::new();
        for row in &rows {
            let row = conversations::by_id(&mut tx, row.id).await.unwrap().unwrap();
            statuses.push((row.status, row.close_reason));
        }
        statuses
    };
    let unresponsive = (ConversationStatus::Closed, Some(CloseReason::CustomerUnresponsive));
    let waits = (ConversationStatus::PendingCustomer, None);
    let works = (ConversationStatus::PendingAgent, None);
    world.drain().await;
    world.advance(48 * 3600 - 600);
    world.drain().await;
    assert_eq!(statuses().await, [waits, works, waits]);
    world.advance(1200);
    world.drain().await;
    assert_eq!(statuses().await, [unresponsive, works, waits]);
    world.advance(24 * 3600);
    world.drain().await;
    assert_eq!(statuses().await, [unresponsive, works, unresponsive]);
}

async fn a_sweep_promises_the_next_one_once(database: TestDatabase) {
    let world = World::new(database).await;
    let stop = CancellationToken::new();
    let nodes = [Workers::start(&world.deps, &stop).unwrap(), Workers::start(&world.deps, &stop).unwrap()];
    // The sweep of old rows, the watches over queues and figures, the end of idle conversations, what is kept too long, and
    // the signature of the audit.
    let scheduled = 6;
    while world.jobs_left().await < scheduled {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    for node in nodes {
        node.stopped().await;
    }
    assert_eq!(world.jobs_left().await, scheduled);
    for _ in 0..3 {
        world.advance(600);
        world.drain().await;
        assert_eq!(world.jobs_left().await, scheduled);
    }
}

async fn the_outbox_is_relayed(database: TestDatabase) {
    let world = World::new(database).await;
    let ctx = Ctx::system(world.clock.now(), "test");
    let event = OutboxRow {
        id: OutboxId::new(),
        aggregate_type: "ticket".into(),
        aggregate_id: MessageId::new().into(),
        aggregate_version: 1,
        event_type: "ticket.created".into(),
        payload: json!({}),
        headers: json!({}),
        idempotency_key: "once".into(),
        attempt_count: 0,
        created_at: ctx.now,
    };
    let mut tx = world.db.begin().await.unwrap();
    outbox::append(&mut tx, &event).await.unwrap();
    tx.commit().await.unwrap();
    let stop = CancellationToken::new();
    let workers = Workers::start(&world.deps, &stop).unwrap();
    loop {
        let mut tx = world.db.read().await.unwrap();
        if !outbox::any_due(&mut tx, ctx.now).await.unwrap() {
            break;
        }
        drop(tx);
        tokio::task::yield_now().await;
    }
    stop.cancel();
    workers.stopped().await;
}
