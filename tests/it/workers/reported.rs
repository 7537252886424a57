//! What providers say of a message after they took it: late, early, and with every code of the table.

use patchbay_core::channel::Channel;
use patchbay_core::delivery::DeliveryStatus::{Delivered, Failed, Pending, Unknown};
use patchbay_core::ids::MessageId;
use patchbay_core::inbox_health::HealthState;
use patchbay_core::item::{ErrorClass, ProviderError, StatusItem};
use patchbay_core::job::JobQueue;
use patchbay_hub::delivery::{self, Begun};
use patchbay_simulator::{Faults, Provider};
use patchbay_store::attempts::{self, AttemptOutcome};
use patchbay_store::{dead_letters, inbox_health, jobs};
use patchbay_tests::{TestDatabase, both_engines};

use super::world::{World, report};

const DANA: &str = "+15550107788";

both_engines! {
    a_late_report_of_a_failed_try_does_not_cancel_the_next;
    a_failed_try_that_arrived_after_all_is_not_repeated;
    a_late_report_of_a_failed_try_proves_nothing_of_the_next;
    a_failure_that_overtakes_the_answer_is_tried_again;
    what_passes_is_tried_again_whenever_it_is_reported;
    a_report_that_needs_an_operator_stops_the_sender_and_keeps_the_queue;
    reported_failures_that_use_up_the_tries_leave_a_dead_letter;
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

async fn a_failure_that_overtakes_the_answer_is_tried_again(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.sms, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    // A node that has called the provider and waits for its answer.
    let now = world.clock.now();
    let mut tx = world.db.begin().await.unwrap();
    let lease = jobs::Lease { owner: "node-9", now, until: now + chrono::TimeDelta::minutes(1) };
    let job = jobs::claim(&mut tx, lease, JobQueue::High, 1).await.unwrap().remove(0);
    let directory = world.deps.directory.load_full();
    let Begun::Attempt(_, attempt) = delivery::begin(&mut tx, &world.ctx(), &directory, id).await.unwrap() else {
        panic!("the message may go")
    };
    tx.commit().await.unwrap();
    world.apply(world.sms, &[failure(Channel::Sms, "SM1", "30008", Some(id))]).await;
    world.drain().await;
    let mut tx = world.db.begin().await.unwrap();
    let named = (id, world.sms);
    delivery::accept(&mut tx, &world.ctx(), &directory, named, Some(attempt), "SM1").await.unwrap();
    jobs::complete(&mut tx, &job).await.unwrap();
    tx.commit().await.unwrap();
    world.advance(30);
    world.drain().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Twilio)), (Pending, 0));
    world.advance(300);
    world.drain().await;
    world.settle().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Twilio)), (Delivered, 1));
    assert_eq!(world.jobs_left().await, 0);
}

/// A failure as a provider reports it.
fn failure(channel: Channel, key: &str, code: &str, callback: Option<MessageId>) -> StatusItem {
    let error =
        ProviderError { code: code.into(), title: None, message: None, details: None, class: ErrorClass::Retryable };
    StatusItem { errors: vec![error], ..report(channel, key, "failed", callback) }
}

async fn what_passes_is_tried_again_whenever_it_is_reported(database: TestDatabase) {
    let world = World::new(database).await;
    let minutes = 60;
    let hours = 3600;
    let cases = [
        (Channel::Sms, 30_001, minutes),
        (Channel::Sms, 30_017, 5 * minutes),
        (Channel::Sms, 30_022, 5 * minutes),
        (Channel::Sms, 30_410, 5 * minutes),
        (Channel::Whatsapp, 131_000, minutes),
        (Channel::Whatsapp, 131_016, minutes),
        (Channel::Whatsapp, 130_429, minutes),
        (Channel::Whatsapp, 131_056, minutes),
        (Channel::Whatsapp, 131_057, 5 * minutes),
        (Channel::Whatsapp, 131_048, 3 * hours),
        (Channel::Sms, 30_023, 24 * hours),
    ];
    for (n, (channel, code, wait)) in cases.into_iter().enumerate() {
        let (inbox, provider) = match channel {
            Channel::Whatsapp => (world.whatsapp, Provider::Meta),
            _ => (world.sms, Provider::Twilio),
        };
        let before = world.fakes.sent_count(provider);
        world.fakes.set_faults(provider, failing(1, code));
        let conversation = world.conversation(inbox, &format!("+155501080{n:02}")).await;
        let id = world.reply(&conversation, 1, "Hello").await;
        world.drain().await;
        world.settle().await;
        world.drain().await;
        let message = world.message(id).await;
        assert_eq!(message.status, Pending, "{code}");
        assert_eq!(message.error.unwrap()["code"], code.to_string(), "the agent sees why it takes so long");
        world.advance(wait);
        world.drain().await;
        world.settle().await;
        assert_eq!((world.status(id).await, world.fakes.sent_count(provider)), (Delivered, before + 2), "{code}");
    }
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_report_that_needs_an_operator_stops_the_sender_and_keeps_the_queue(database: TestDatabase) {
    let world = World::new(database).await;
    for (inbox, provider, code) in [(world.sms, Provider::Twilio, 30_034), (world.whatsapp, Provider::Meta, 131_031)] {
        world.fakes.set_faults(provider, failing(2, code));
        let first = world.conversation(inbox, DANA).await;
        let first = world.reply(&first, 1, "Hello").await;
        world.drain().await;
        world.settle().await;
        world.drain().await;
        let other = world.conversation(inbox, "+15550107789").await;
        let other = world.reply(&other, 1, "Hello").await;
        world.drain().await;
        assert_eq!(world.fakes.sent_count(provider), 1, "{code}: nothing leaves the number");
        assert_eq!([world.status(first).await, world.status(other).await], [Pending, Pending]);
        assert_eq!(state(&world, inbox).await, (HealthState::AuthFailed, Some(code.to_string())));
        for _ in 0..6 {
            world.advance(120);
            world.drain().await;
            world.settle().await;
        }
        world.drain().await;
        assert_eq!([world.status(first).await, world.status(other).await], [Delivered, Delivered], "{code}");
        assert_eq!(state(&world, inbox).await, (HealthState::Ok, None), "what arrives shows that it works again");
        let mut tx = world.db.read().await.unwrap();
        let tries = attempts::of_message(&mut tx, first).await.unwrap();
        assert_eq!(tries[0].error_class, Some(ErrorClass::Config));
    }
}

async fn state(world: &World, inbox: patchbay_core::ids::InboxId) -> (HealthState, Option<String>) {
    let mut tx = world.db.read().await.unwrap();
    let row = inbox_health::of(&mut tx, inbox).await.unwrap().unwrap();
    (row.state, row.code)
}

async fn reported_failures_that_use_up_the_tries_leave_a_dead_letter(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Twilio, failing(2, 30_008));
    let conversation = world.conversation(world.sms, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    for _ in 0..3 {
        world.drain().await;
        world.settle().await;
        world.drain().await;
        world.advance(300);
    }
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Twilio)), (Failed, 2));
    let mut tx = world.db.read().await.unwrap();
    let letters = dead_letters::page(&mut tx, "open", None, 10).await.unwrap();
    assert_eq!((letters.len(), letters[0].ref_id), (1, Some(id.into())));
    assert_eq!(world.jobs_left().await, 0);
}
