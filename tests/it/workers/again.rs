//! Failures that are reported later: what is tried again, as what, and when.

use patchbay_core::delivery::DeliveryStatus::{Delivered, Failed, Pending};
use patchbay_core::ids::MediaId;
use patchbay_core::inbox_health::HealthState;
use patchbay_core::item::ContentType;
use patchbay_simulator::{Faults, Provider};
use patchbay_store::{alert_conditions, inbox_health};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;

use super::world::World;

const DANA: &str = "+15550107788";

both_engines! {
    a_handset_that_is_off_is_tried_three_times_over_a_day;
    a_phone_without_mms_gets_a_link;
    an_inbox_whose_provider_refuses_is_unhealthy_until_it_works;
    failures_in_a_row_degrade_an_inbox_and_nothing_else;
    a_paused_inbox_sends_when_it_is_resumed;
    a_customer_is_written_to_at_most_45_times_at_once;
}

fn failing(messages: u32, code: u32) -> Faults {
    Faults { fail_messages: messages, fail_code: code, ..Faults::default() }
}

async fn a_handset_that_is_off_is_tried_three_times_over_a_day(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Twilio, failing(3, 30_003));
    let conversation = world.conversation(world.sms, DANA).await;
    let id = world.reply(&conversation, 1, "Are you there?").await;
    for tries in 1..=3 {
        world.drain().await;
        world.settle().await;
        world.drain().await;
        assert_eq!(world.fakes.sent_count(Provider::Twilio), tries);
        let expected = if tries < 3 { Pending } else { Failed };
        assert_eq!(world.status(id).await, expected, "after {tries}");
        world.advance(12 * 3600);
    }
    let next = world.reply(&conversation, 2, "Hello again").await;
    world.drain().await;
    world.settle().await;
    assert_eq!(world.status(next).await, Delivered);
}

async fn a_phone_without_mms_gets_a_link(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Twilio, failing(1, 30_011));
    let conversation = world.conversation(world.sms, DANA).await;
    let mut row = world.row(&conversation, 1, patchbay_core::ids::MessageId::new(), "The plan");
    row.content_type = ContentType::Document;
    row.content = json!({ "media": [{ "media_id": MediaId::new() }], "metadata": {} });
    let id = world.write_row(row).await;
    world.drain().await;
    world.settle().await;
    world.drain().await;
    world.settle().await;
    let sent = world.fakes.sent(Provider::Twilio);
    assert_eq!(sent.len(), 2);
    let last = &sent[1];
    assert!(last.media.is_empty());
    assert!(last.text.as_deref().unwrap().starts_with("The plan\nhttps://patchbay.example/media/"), "{last:?}");
    assert_eq!(world.status(id).await, Delivered);
}

async fn an_inbox_whose_provider_refuses_is_unhealthy_until_it_works(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Mail, Faults { server_errors: 1, fail_code: 535, ..Faults::default() });
    let conversation = world.conversation(world.mail, "dana@tenants.test").await;
    world.reply(&conversation, 1, "Hello").await;
    world.drain().await;
    let mut tx = world.db.read().await.unwrap();
    let health = inbox_health::of(&mut tx, world.mail).await.unwrap().unwrap();
    assert_eq!((health.state, health.code.as_deref()), (HealthState::AuthFailed, Some("5.7.8")));
    let held = alert_conditions::all(&mut tx).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].code.as_str(), held[0].subject.clone()), ("INBOX_UNHEALTHY", world.mail.to_string()));
    let waiting = inbox_health::waiting(&mut tx).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].count), (1, 1));
    drop(tx);
    world.advance(120);
    world.drain().await;
    let mut tx = world.db.read().await.unwrap();
    let health = inbox_health::of(&mut tx, world.mail).await.unwrap().unwrap();
    assert_eq!((health.state, health.code), (HealthState::Ok, None));
    assert_eq!(alert_conditions::all(&mut tx).await.unwrap(), []);
}

async fn failures_in_a_row_degrade_an_inbox_and_nothing_else(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Mail, Faults { outage: true, ..Faults::default() });
    let conversation = world.conversation(world.mail, "dana@tenants.test").await;
    world.reply(&conversation, 1, "Hello").await;
    for _ in 0..4 {
        world.drain().await;
        world.advance(600);
    }
    let texts = world.conversation(world.sms, DANA).await;
    let sms = world.reply(&texts, 1, "Hello").await;
    world.drain().await;
    world.settle().await;
    assert_eq!(world.status(sms).await, Delivered);
    let mut tx = world.db.read().await.unwrap();
    assert_eq!(inbox_health::of(&mut tx, world.mail).await.unwrap().unwrap().state, HealthState::Degraded);
    assert_eq!(inbox_health::of(&mut tx, world.sms).await.unwrap().unwrap().state, HealthState::Ok);
}

async fn a_paused_inbox_sends_when_it_is_resumed(database: TestDatabase) {
    let world = World::new(database).await;
    let mut row = inbox_health::HealthRow::new(world.sms, world.clock.now());
    row.paused_at = Some(world.clock.now());
    let mut tx = world.db.begin().await.unwrap();
    inbox_health::put(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    let conversation = world.conversation(world.sms, DANA).await;
    let id = world.reply(&conversation, 1, "Later").await;
    world.drain().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Twilio)), (Pending, 0));
    row.paused_at = None;
    let mut tx = world.db.begin().await.unwrap();
    inbox_health::put(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    world.advance(30);
    world.drain().await;
    world.settle().await;
    assert_eq!(world.status(id).await, Delivered);
}

async fn a_customer_is_written_to_at_most_45_times_at_once(database: TestDatabase) {
    let world = World::with(database, |config| config.whatsapp_per_second = 1000).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    for seq in 1..=50 {
        world.reply(&conversation, seq, "One of many").await;
        world.drain().await;
        world.advance(0);
        world.clock.advance(std::time::Duration::from_millis(10));
    }
    assert_eq!(world.fakes.sent_count(Provider::Meta), 45);
}
