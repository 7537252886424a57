//! Reports in any order, early, late and twice.

use patchbay_core::channel::Channel;
use patchbay_core::delivery::DeliveryStatus::{Delivered, Failed, Pending, Read, Sent};
use patchbay_hub::delivery::{self, Applied};
use patchbay_hub::recovery::{Settled, dead_letters};
use patchbay_simulator::{Faults, Provider};
use patchbay_store::feed;
use patchbay_tests::{TestDatabase, both_engines};

use super::world::{World, report};

const DANA: &str = "+15550107788";

both_engines! {
    the_order_of_reports_does_not_matter;
    a_report_that_overtakes_the_answer_waits_for_it;
    a_report_with_our_id_needs_no_key;
    a_report_of_another_inbox_is_not_believed;
    reports_are_idempotent;
    duplicated_and_reordered_callbacks_end_the_same;
    a_dead_letter_is_replayed_once;
}

async fn the_order_of_reports_does_not_matter(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    let say = |word| report(Channel::Whatsapp, "wamid.1", word, Some(id));
    world.apply(world.whatsapp, &[say("read"), say("sent")]).await;
    world.apply(world.whatsapp, &[say("delivered"), say("failed")]).await;
    let message = world.message(id).await;
    assert_eq!((message.status, message.version, message.error), (Read, 2, None));
}

async fn a_report_that_overtakes_the_answer_waits_for_it(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    let early = report(Channel::Whatsapp, "wamid.1", "delivered", None);
    assert_eq!(
        world.apply(world.whatsapp, std::slice::from_ref(&early)).await,
        Applied { parked: 1, ..Applied::default() }
    );
    assert_eq!(world.status(id).await, Pending);
    let mut tx = world.db.begin().await.unwrap();
    let directory = world.deps.directory.load_full();
    delivery::accept(&mut tx, &world.ctx(), &directory, (id, world.whatsapp), None, "wamid.1").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.status(id).await, Delivered);
}

async fn a_report_with_our_id_needs_no_key(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    world.apply(world.whatsapp, &[report(Channel::Whatsapp, "wamid.1", "sent", Some(id))]).await;
    // From now on the provider's id alone is enough.
    world.apply(world.whatsapp, &[report(Channel::Whatsapp, "wamid.1", "delivered", None)]).await;
    let message = world.message(id).await;
    assert_eq!((message.status, message.channel_message_id.as_deref()), (Delivered, Some("wamid.1")));
}

async fn a_report_of_another_inbox_is_not_believed(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    let applied = world.apply(world.sms, &[report(Channel::Sms, "SM1", "failed", Some(id))]).await;
    assert_eq!(applied, Applied { strange: 1, ..Applied::default() });
    assert_eq!(world.status(id).await, Pending);
}

async fn reports_are_idempotent(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    let items = ["sent", "delivered"].map(|word| report(Channel::Whatsapp, "wamid.1", word, Some(id)));
    assert_eq!(world.apply(world.whatsapp, &items).await.changed, 1);
    for _ in 0..3 {
        assert_eq!(world.apply(world.whatsapp, &items).await.changed, 0);
    }
    let mut tx = world.db.read().await.unwrap();
    let mut events = Vec::new();
    // On PostgreSQL an event is handed out once every older transaction of the server has ended.
    while events.is_empty() {
        events = feed::after(&mut tx, feed::Position::START, 100).await.unwrap().events;
        tokio::task::yield_now().await;
    }
    assert_eq!(events.len(), 1, "one event for the one change");
    let data: serde_json::Value = serde_json::from_str(&events[0].payload).unwrap();
    assert_eq!(data["message"]["status"], "delivered");
    assert_eq!(data["conversation"]["id"], conversation.id.to_string());
}

async fn duplicated_and_reordered_callbacks_end_the_same(database: TestDatabase) {
    let world = World::new(database).await;
    for (inbox, provider) in [(world.whatsapp, Provider::Meta), (world.sms, Provider::Twilio)] {
        let faults = Faults { duplicate_callbacks: 4, reorder_callbacks: 1, ..Faults::default() };
        world.fakes.set_faults(provider, faults);
        let conversation = world.conversation(inbox, DANA).await;
        let id = world.reply(&conversation, 1, "Hello").await;
        world.drain().await;
        world.settle().await;
        assert_eq!(world.status(id).await, Delivered, "{provider}");
    }
}

async fn a_dead_letter_is_replayed_once(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Meta, Faults { outage: true, ..Faults::default() });
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    for _ in 0..10 {
        world.drain().await;
        world.advance(61);
    }
    assert_eq!(world.status(id).await, Failed);
    world.fakes.set_faults(Provider::Meta, Faults::default());
    let mut tx = world.db.read().await.unwrap();
    let letter = patchbay_store::dead_letters::page(&mut tx, "open", None, 10).await.unwrap().remove(0);
    drop(tx);
    let directory = world.deps.directory.load_full();
    let ctx = world.ctx();
    let first = dead_letters::replay(&world.db, &ctx, &directory, letter.id, None).await.unwrap();
    assert!(matches!(first, Settled::Done(_)));
    let second = dead_letters::replay(&world.db, &ctx, &directory, letter.id, None).await.unwrap();
    assert!(matches!(second, Settled::Already(_)));
    assert_eq!(world.jobs_left().await, 1);
    world.drain().await;
    world.settle().await;
    assert_eq!(world.fakes.sent_count(Provider::Meta), 1);
    assert!(world.status(id).await.rank() > Sent.rank());
}
