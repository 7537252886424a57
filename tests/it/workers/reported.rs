//! What providers say of a message after they took it: late, early, and with every code of the table.

use patchbay_core::channel::Channel;
use patchbay_core::delivery::DeliveryStatus::{Delivered, Pending, Unknown};
use patchbay_core::ids::MessageId;
use patchbay_simulator::{Faults, Provider};
use patchbay_store::attempts::{self, AttemptOutcome};
use patchbay_tests::{TestDatabase, both_engines};

use super::world::{World, report};

const DANA: &str = "+15550107788";

both_engines! {
    a_late_report_of_a_failed_try_does_not_cancel_the_next;
    a_failed_try_that_arrived_after_all_is_not_repeated;
    a_late_report_of_a_failed_try_proves_nothing_of_the_next;
}

fn failing(messages: u32, code: u32) -> Faults {
    Faults { fail_messages: messages, fail_code: code, ..Faults::default() }
}

/// Sends a text whose first try is reported failed because the handset is off. Answers the provider's id of that try.
async fn off_once(world: &World, faults: Faults) -> (MessageId, String) {
    world.fakes.set_faults(Provider::Twilio, faults);
    let conversation = world.conversation(world.sms, DANA).await;
    let id = world.reply(&conversation, 1, "Are you there?").await;
    world.drain().await;
    world.settle().await;
    world.drain().await;
    (id, world.fakes.sent(Provider::Twilio)[0].id.clone())
}

async fn a_late_report_of_a_failed_try_does_not_cancel_the_next(database: TestDatabase) {
    let world = World::new(database).await;
    let (id, first) = off_once(&world, Faults { reorder_callbacks: 1, ..failing(1, 30_003) }).await;
    assert_eq!(world.status(id).await, Pending);
    world.apply(world.sms, &[report(Channel::Sms, &first, "sent", Some(id))]).await;
    assert_eq!(world.status(id).await, Pending);
    world.advance(12 * 3600);
    world.drain().await;
    world.settle().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Twilio)), (Delivered, 2));
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_failed_try_that_arrived_after_all_is_not_repeated(database: TestDatabase) {
    let world = World::new(database).await;
    let (id, first) = off_once(&world, failing(1, 30_003)).await;
    world.apply(world.sms, &[report(Channel::Sms, &first, "delivered", Some(id))]).await;
    let message = world.message(id).await;
    assert_eq!((message.status, message.channel_message_id), (Delivered, Some(first)));
    world.advance(12 * 3600);
    world.drain().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Twilio)), (Delivered, 1));
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_late_report_of_a_failed_try_proves_nothing_of_the_next(database: TestDatabase) {
    let world = World::new(database).await;
    let (id, first) = off_once(&world, failing(1, 30_003)).await;
    world.fakes.set_faults(Provider::Twilio, Faults { server_errors: 1, ..Faults::default() });
    world.advance(12 * 3600);
    world.drain().await;
    assert_eq!(world.status(id).await, Unknown);
    world.apply(world.sms, &[report(Channel::Sms, &first, "sent", Some(id))]).await;
    assert_eq!(world.status(id).await, Unknown);
    let mut tx = world.db.read().await.unwrap();
    let tries = attempts::of_message(&mut tx, id).await.unwrap();
    assert_eq!(tries[1].outcome, Some(AttemptOutcome::Unknown));
    drop(tx);
    world.advance(61);
    world.drain().await;
    world.settle().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Twilio)), (Delivered, 2));
}
