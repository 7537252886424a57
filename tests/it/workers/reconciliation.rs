//! Answers that never came: nothing is repeated before somebody knows.

use patchbay_core::delivery::DeliveryStatus::{Delivered, Failed, Sending, Sent, Unknown};
use patchbay_core::ids::{MediaId, MessageId};
use patchbay_core::item::ContentType;
use patchbay_hub::delivery::{self, Begun};
use patchbay_simulator::{Faults, Provider};
use patchbay_store::{attempts, dead_letters};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;

use super::world::World;

const DANA: &str = "+15550107788";

both_engines! {
    a_time_out_after_acceptance_sends_nothing_twice;
    a_time_out_after_acceptance_is_found_in_the_list_when_callbacks_are_lost;
    a_server_error_without_acceptance_is_sent_again_after_the_wait;
    a_crash_between_attempt_and_answer_is_reconciled;
    a_crash_after_acceptance_sends_nothing_twice;
    the_next_message_waits_until_the_first_is_clear;
    a_message_that_stays_unknown_is_given_up;
    clean_refusals_do_not_count_as_sends_without_an_answer;
    a_text_with_a_link_is_found_in_the_list;
    a_late_answer_still_counts;
    silence_while_we_were_away_is_no_answer;
    whoever_is_late_every_time_decides_in_the_end;
    whoever_has_just_come_does_not_take_silence_for_an_answer;
}

async fn a_time_out_after_acceptance_sends_nothing_twice(database: TestDatabase) {
    let world = World::new(database).await;
    for (inbox, provider) in [(world.whatsapp, Provider::Meta), (world.sms, Provider::Twilio)] {
        world.fakes.set_faults(provider, Faults { timeout_after_accept: 1, ..Faults::default() });
        let conversation = world.conversation(inbox, DANA).await;
        let id = world.reply(&conversation, 1, "Once").await;
        world.drain().await;
        world.settle().await;
        for _ in 0..4 {
            world.drain().await;
            world.advance(61);
        }
        world.settle().await;
        assert_eq!(world.status(id).await, Delivered, "{provider}");
        assert_eq!(world.fakes.sent_count(provider), 1, "{provider}");
    }
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_time_out_after_acceptance_is_found_in_the_list_when_callbacks_are_lost(database: TestDatabase) {
    let world = World::new(database).await;
    let faults = Faults { timeout_after_accept: 1, hold_ms: 0, drop_callbacks: 100, ..Faults::default() };
    world.fakes.set_faults(Provider::Twilio, faults);
    let conversation = world.conversation(world.sms, DANA).await;
    let id = world.reply(&conversation, 1, "Once").await;
    world.drain().await;
    assert_eq!(world.status(id).await, Unknown);
    world.advance(61);
    world.drain().await;
    let message = world.message(id).await;
    assert_eq!(message.status, Sent);
    let sent = world.fakes.sent(Provider::Twilio);
    assert_eq!(sent.len(), 1);
    assert_eq!(message.channel_message_id.as_deref(), Some(sent[0].id.as_str()));
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_server_error_without_acceptance_is_sent_again_after_the_wait(database: TestDatabase) {
    let world = World::new(database).await;
    for (inbox, provider) in [(world.whatsapp, Provider::Meta), (world.sms, Provider::Twilio)] {
        world.fakes.set_faults(provider, Faults { server_errors: 1, ..Faults::default() });
        let conversation = world.conversation(inbox, DANA).await;
        let id = world.reply(&conversation, 1, "Again").await;
        world.drain().await;
        assert_eq!(world.status(id).await, Unknown, "{provider}");
        world.advance(59);
        world.drain().await;
        assert_eq!(world.fakes.sent_count(provider), 0, "{provider}: not before the wait is over");
        world.advance(2);
        world.drain().await;
        world.settle().await;
        assert_eq!(world.status(id).await, Delivered, "{provider}");
        assert_eq!(world.fakes.sent_count(provider), 1, "{provider}");
    }
}

async fn silence_while_we_were_away_is_no_answer(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Meta, Faults { server_errors: 1, ..Faults::default() });
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Again").await;
    world.drain().await;
    assert_eq!(world.status(id).await, Unknown);
    // Nobody was there when the wait was over.
    world.advance(600);
    world.drain().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Meta)), (Unknown, 0));
    world.advance(61);
    world.drain().await;
    world.settle().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Meta)), (Delivered, 1));
}

async fn whoever_is_late_every_time_decides_in_the_end(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Meta, Faults { server_errors: 1, ..Faults::default() });
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Again").await;
    world.drain().await;
    for _ in 0..10 {
        // So much to do that everything comes late.
        world.advance(600);
        world.drain().await;
        assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Meta)), (Unknown, 0));
    }
    world.advance(600);
    world.drain().await;
    world.settle().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Meta)), (Delivered, 1));
    assert_eq!(world.jobs_left().await, 0);
}

async fn whoever_has_just_come_does_not_take_silence_for_an_answer(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Meta, Faults { server_errors: 1, ..Faults::default() });
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Again").await;
    world.drain().await;
    world.advance(61);
    // On time, but nobody was there a moment ago: what was reported meanwhile is about to come.
    let other = world.other_node();
    Box::pin(other.drain_all()).await.unwrap();
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Meta)), (Unknown, 0));
    world.advance(61);
    Box::pin(other.drain_all()).await.unwrap();
    world.settle().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Meta)), (Delivered, 1));
}

async fn a_crash_between_attempt_and_answer_is_reconciled(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Once").await;
    // A node that wrote the attempt and died before the call.
    let mut tx = world.db.begin().await.unwrap();
    let begun = delivery::begin(&mut tx, &world.ctx(), &world.deps.directory.load_full(), id).await.unwrap();
    assert!(matches!(begun, Begun::Attempt(..)));
    tx.commit().await.unwrap();
    assert_eq!(world.status(id).await, Sending);
    world.drain().await;
    assert_eq!(world.status(id).await, Unknown);
    assert_eq!(world.fakes.sent_count(Provider::Meta), 0);
    world.advance(61);
    world.drain().await;
    world.settle().await;
    assert_eq!(world.status(id).await, Delivered);
    assert_eq!(world.fakes.sent_count(Provider::Meta), 1);
}

async fn a_crash_after_acceptance_sends_nothing_twice(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Meta, Faults { timeout_after_accept: 1, ..Faults::default() });
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Once").await;
    // The run is dropped while the call is under way: what a killed process leaves behind.
    {
        let run = Box::pin(world.runner.drain_once());
        let accepted = world.fakes.wait_for(std::time::Duration::from_secs(5), |_| true);
        tokio::select! {
            _ = run => panic!("the call is held"),
            sent = accepted => assert!(sent.is_some()),
        }
    }
    world.settle().await;
    world.advance(61);
    let other = world.other_node();
    for _ in 0..3 {
        Box::pin(other.drain_all()).await.unwrap();
        world.advance(61);
    }
    assert_eq!(world.status(id).await, Delivered);
    assert_eq!(world.fakes.sent_count(Provider::Meta), 1);
    assert_eq!(world.jobs_left().await, 0);
}

async fn the_next_message_waits_until_the_first_is_clear(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Meta, Faults { server_errors: 1, ..Faults::default() });
    let conversation = world.conversation(world.whatsapp, DANA).await;
    world.reply(&conversation, 1, "first").await;
    world.reply(&conversation, 2, "second").await;
    world.drain().await;
    world.advance(30);
    world.drain().await;
    assert_eq!(world.fakes.sent_count(Provider::Meta), 0, "the second must not overtake the first");
    world.advance(31);
    world.drain().await;
    let texts: Vec<_> = world.fakes.sent(Provider::Meta).into_iter().map(|sent| sent.text.unwrap()).collect();
    assert_eq!(texts, ["first", "second"]);
}

async fn a_message_that_stays_unknown_is_given_up(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Meta, Faults { outage: true, ..Faults::default() });
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    for _ in 0..10 {
        world.drain().await;
        world.advance(61);
    }
    assert_eq!(world.status(id).await, Failed);
    let mut tx = world.db.read().await.unwrap();
    assert_eq!(dead_letters::count_open(&mut tx).await.unwrap(), 1);
    assert_eq!(attempts::of_message(&mut tx, id).await.unwrap().len(), 3);
    assert_eq!(world.jobs_left().await, 0);
}

async fn clean_refusals_do_not_count_as_sends_without_an_answer(database: TestDatabase) {
    let world = World::new(database).await;
    let faults = Faults { too_many_requests: 3, server_errors: 1, ..Faults::default() };
    world.fakes.set_faults(Provider::Meta, faults);
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Again").await;
    for _ in 0..3 {
        world.drain().await;
        world.advance(300);
    }
    world.drain().await;
    assert_eq!(world.status(id).await, Unknown);
    world.advance(61);
    world.drain().await;
    world.settle().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Meta)), (Delivered, 1));
}

async fn a_text_with_a_link_is_found_in_the_list(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Twilio, Faults { fail_messages: 1, fail_code: 30_011, ..Faults::default() });
    let conversation = world.conversation(world.sms, DANA).await;
    let mut row = world.row(&conversation, 1, MessageId::new(), "The plan");
    row.content_type = ContentType::Document;
    row.content = json!({ "media": [{ "media_id": MediaId::new() }], "metadata": {} });
    let id = world.write_row(row).await;
    world.drain().await;
    world.settle().await;
    let faults = Faults { timeout_after_accept: 1, hold_ms: 0, drop_callbacks: 100, ..Faults::default() };
    world.fakes.set_faults(Provider::Twilio, faults);
    world.drain().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Twilio)), (Unknown, 2));
    world.advance(61);
    world.drain().await;
    assert_eq!((world.status(id).await, world.fakes.sent_count(Provider::Twilio)), (Sent, 2));
}

async fn a_late_answer_still_counts(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Slow").await;
    let directory = world.deps.directory.load_full();
    let mut tx = world.db.begin().await.unwrap();
    let Begun::Attempt(_, attempt) = delivery::begin(&mut tx, &world.ctx(), &directory, id).await.unwrap() else {
        panic!("the message may go")
    };
    tx.commit().await.unwrap();
    world.drain().await;
    assert_eq!(world.status(id).await, Unknown);
    let mut tx = world.db.begin().await.unwrap();
    delivery::accept(&mut tx, &world.ctx(), &directory, (id, world.whatsapp), Some(attempt), "wamid.late")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    world.advance(61);
    world.drain().await;
    assert_eq!(world.status(id).await, Sent);
    assert_eq!(world.fakes.sent_count(Provider::Meta), 0, "nobody sends it again");
}
