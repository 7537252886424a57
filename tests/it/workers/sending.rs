//! What leaves, what does not, and when.

use patchbay_core::channel::Channel;
use patchbay_core::delivery::DeliveryStatus::{Delivered, Failed, Pending, Sent, Unknown};
use patchbay_core::ids::{AttemptId, MessageId};
use patchbay_core::item::ContentType;
use patchbay_core::job::JobQueue;
use patchbay_hub::delivery::{self, Begun};
use patchbay_simulator::{Faults, Provider};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::{attempts, contacts, dead_letters, jobs};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;

use super::world::World;

const DANA: &str = "+15550107788";

both_engines! {
    a_reply_leaves_and_its_ticks_turn;
    a_template_leaves_outside_the_window_and_a_text_does_not;
    nothing_leaves_to_a_customer_who_opted_out;
    a_provider_that_says_opted_out_is_believed;
    too_many_requests_are_waited_out;
    a_wrong_token_holds_the_number_and_keeps_the_queue;
    a_permanent_refusal_fails_the_message_and_leaves_a_dead_letter;
    an_unreachable_provider_is_tried_again;
    messages_of_a_conversation_keep_their_order_under_failures;
    a_failed_delivery_shows_its_reason;
    the_rate_of_a_number_holds;
    one_message_at_a_time_to_one_contact_over_two_channels;
    a_busy_contact_uses_up_nothing_of_the_rate;
}

async fn a_reply_leaves_and_its_ticks_turn(database: TestDatabase) {
    let world = World::new(database).await;
    for (inbox, provider) in [(world.whatsapp, Provider::Meta), (world.sms, Provider::Twilio)] {
        let conversation = world.conversation(inbox, DANA).await;
        let id = world.reply(&conversation, 1, "On our way").await;
        world.drain().await;
        world.settle().await;
        let message = world.message(id).await;
        assert_eq!(message.status, Delivered);
        let sent = world.fakes.sent(provider);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].our_id, Some(id.to_string()));
        assert_eq!(message.channel_message_id.as_deref(), Some(sent[0].id.as_str()));
        assert_eq!(sent[0].text.as_deref(), Some("On our way"));
    }
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_template_leaves_outside_the_window_and_a_text_does_not(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    world.advance(24 * 3600);
    let text = world.reply(&conversation, 1, "Are you still there?").await;
    let template = json!({ "template": {
        "name": "appointment_update", "language": "en_US", "params": ["Dana", "Tuesday"],
    }});
    let template = world.write(&conversation, 2, ContentType::Template, "", template).await;
    world.drain().await;
    let text = world.message(text).await;
    assert_eq!(text.status, Failed);
    assert_eq!(text.error.unwrap()["code"], "OUTSIDE_CUSTOMER_SERVICE_WINDOW");
    assert!(world.status(template).await.rank() >= Sent.rank());
    assert_eq!(world.fakes.sent_count(Provider::Meta), 1);
}

async fn nothing_leaves_to_a_customer_who_opted_out(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.sms, DANA).await;
    let id = world.reply(&conversation, 1, "Offer of the week").await;
    let mut tx = world.db.begin().await.unwrap();
    contacts::opt_out(&mut tx, Channel::Sms, DANA, "keyword", world.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    world.drain().await;
    let message = world.message(id).await;
    assert_eq!(message.status, Failed);
    assert_eq!(message.error.unwrap()["code"], "CONTACT_OPTED_OUT");
    assert!(world.fakes.requests(Provider::Twilio).is_empty());
}

async fn a_provider_that_says_opted_out_is_believed(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.sms, DANA).await;
    world.fakes.say(DANA, Channel::Sms, "STOP").unwrap();
    world.settle().await;
    assert!(world.fakes.is_opted_out(super::world::SMS, DANA));
    // We missed it: a restored backup, say. The carrier did not.
    let mut tx = world.db.begin().await.unwrap();
    assert!(contacts::opt_in(&mut tx, Channel::Sms, DANA).await.unwrap());
    tx.commit().await.unwrap();
    let id = world.reply(&conversation, 100, "Hello?").await;
    world.drain().await;
    assert_eq!(world.message(id).await.error.unwrap()["code"], "21610");
    let mut tx = world.db.read().await.unwrap();
    assert!(contacts::opted_out(&mut tx, Channel::Sms, DANA).await.unwrap());
}

async fn too_many_requests_are_waited_out(database: TestDatabase) {
    let world = World::new(database).await;
    for (inbox, provider) in [(world.whatsapp, Provider::Meta), (world.sms, Provider::Twilio)] {
        world.fakes.set_faults(provider, Faults { too_many_requests: 1, retry_after_s: 40, ..Faults::default() });
        let conversation = world.conversation(inbox, DANA).await;
        let id = world.reply(&conversation, 1, "Soon").await;
        world.drain().await;
        let message = world.message(id).await;
        assert_eq!(message.status, Pending, "{provider}");
        assert!(message.error.is_some(), "the agent sees why it takes so long");
        world.advance(39);
        world.drain().await;
        assert_eq!(world.fakes.sent_count(provider), 0, "{provider}: Retry-After is kept");
        world.advance(30);
        world.drain().await;
        assert_eq!(world.fakes.sent_count(provider), 1, "{provider}");
        world.settle().await;
        let message = world.message(id).await;
        assert_eq!((message.status, message.error), (Delivered, None));
    }
}

async fn a_wrong_token_holds_the_number_and_keeps_the_queue(database: TestDatabase) {
    let world = World::new(database).await;
    let good = world.deps.directory.load_full();
    let mut bad = (*good).clone();
    for inbox in bad.inboxes.values_mut() {
        let mut changed = (**inbox).clone();
        if let patchbay_core::inbox::Provider::Twilio(number) = &mut changed.provider {
            number.auth_tokens = vec![patchbay_core::secret::Secret::new("not-the-token")];
        }
        *inbox = std::sync::Arc::new(changed);
    }
    world.deps.directory.store(std::sync::Arc::new(bad));
    let conversations =
        [world.conversation(world.sms, DANA).await, world.conversation(world.sms, "+15550107789").await];
    let mut ids = Vec::new();
    for conversation in &conversations {
        ids.push(world.reply(conversation, 1, "Hello").await);
        world.drain().await;
    }
    assert_eq!(world.fakes.requests(Provider::Twilio).len(), 1, "the second message does not even try");
    for id in &ids {
        assert_eq!(world.status(*id).await, Pending);
    }
    world.deps.directory.store(good);
    world.advance(120);
    world.drain().await;
    assert_eq!(world.fakes.sent_count(Provider::Twilio), 2);
}

async fn a_permanent_refusal_fails_the_message_and_leaves_a_dead_letter(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let template = json!({ "template": { "name": "no_such_template", "language": "en_US", "params": [] } });
    let id = world.write(&conversation, 1, ContentType::Template, "", template).await;
    world.drain().await;
    let message = world.message(id).await;
    assert_eq!(message.status, Failed);
    assert_eq!(message.error.unwrap()["class"], "permanent");
    let mut tx = world.db.read().await.unwrap();
    let letters = dead_letters::page(&mut tx, "open", None, 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].ref_id, Some(id.into()));
    assert_eq!(world.jobs_left().await, 0);
}

async fn an_unreachable_provider_is_tried_again(database: TestDatabase) {
    let world = World::new(database).await;
    let good = world.deps.directory.load_full();
    let mut bad = (*good).clone();
    for inbox in bad.inboxes.values_mut() {
        let mut changed = (**inbox).clone();
        if let patchbay_core::inbox::Provider::WhatsAppCloud(number) = &mut changed.provider {
            number.api_base = "http://127.0.0.1:1/v23.0".into();
        }
        *inbox = std::sync::Arc::new(changed);
    }
    world.deps.directory.store(std::sync::Arc::new(bad));
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    world.drain().await;
    assert_eq!(world.status(id).await, Pending);
    world.deps.directory.store(good);
    world.advance(31);
    world.drain().await;
    assert!(world.status(id).await.rank() >= Sent.rank());
    let mut tx = world.db.read().await.unwrap();
    assert_eq!(attempts::of_message(&mut tx, id).await.unwrap().len(), 2);
}

async fn messages_of_a_conversation_keep_their_order_under_failures(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    world.fakes.set_faults(
        Provider::Meta,
        Faults { too_many_requests: 2, server_errors_after_accept: 1, ..Faults::default() },
    );
    for seq in 1..=5 {
        world.reply(&conversation, seq, &format!("part {seq}")).await;
    }
    for _ in 0..12 {
        world.drain().await;
        world.settle().await;
        world.advance(61);
    }
    let texts: Vec<_> = world.fakes.sent(Provider::Meta).into_iter().map(|sent| sent.text.unwrap()).collect();
    assert_eq!(texts, ["part 1", "part 2", "part 3", "part 4", "part 5"]);
}

async fn a_failed_delivery_shows_its_reason(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Meta, Faults { fail_messages: 1, fail_code: 131_026, ..Faults::default() });
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    world.drain().await;
    world.settle().await;
    let message = world.message(id).await;
    assert_eq!(message.status, Failed);
    let error = message.error.unwrap();
    assert_eq!((error["code"].as_str(), error["class"].as_str()), (Some("131026"), Some("permanent")));
    assert!(message.failed_at.is_some());
}

async fn the_rate_of_a_number_holds(database: TestDatabase) {
    let world = World::with(database, |config| config.twilio_per_second = 1).await;
    let mut ids = Vec::new();
    for n in 0..6 {
        let conversation = world.conversation(world.sms, &format!("+1555010779{n}")).await;
        ids.push(world.reply(&conversation, 1, "Hello").await);
    }
    // The clock stands still: what has to wait a second has to wait for it.
    world.runner.drain_once().await.unwrap();
    assert_eq!(world.fakes.sent_count(Provider::Twilio), 3, "a short burst");
    world.advance(2);
    world.runner.drain_once().await.unwrap();
    assert_eq!(world.fakes.sent_count(Provider::Twilio), 5);
    assert!(!ids.is_empty() && world.status(ids[5]).await != Unknown);
}

/// Conversations of one customer on both channels, and a message in the first that another node is handing over.
async fn busy(world: &World) -> (ConversationRow, MessageId, AttemptId) {
    let whatsapp = world.conversation(world.whatsapp, DANA).await;
    let sms = world.conversation_of(whatsapp.contact_id, world.sms, DANA).await;
    let id = world.reply(&whatsapp, 1, "On WhatsApp").await;
    let now = world.clock.now();
    let mut tx = world.db.begin().await.unwrap();
    let lease = jobs::Lease { owner: "node-9", now, until: now + chrono::TimeDelta::minutes(5) };
    jobs::claim(&mut tx, lease, JobQueue::High, 1).await.unwrap();
    let directory = world.deps.directory.load_full();
    let Begun::Attempt(_, attempt) = delivery::begin(&mut tx, &world.ctx(), &directory, id).await.unwrap() else {
        panic!("the message may go")
    };
    tx.commit().await.unwrap();
    (sms, id, attempt)
}

async fn one_message_at_a_time_to_one_contact_over_two_channels(database: TestDatabase) {
    let world = World::new(database).await;
    let (sms, first, attempt) = busy(&world).await;
    let second = world.reply(&sms, 1, "By SMS").await;
    world.drain().await;
    world.advance(1);
    world.drain().await;
    assert_eq!((world.status(second).await, world.fakes.sent_count(Provider::Twilio)), (Pending, 0));
    let mut tx = world.db.begin().await.unwrap();
    let directory = world.deps.directory.load_full();
    let named = (first, world.whatsapp);
    delivery::accept(&mut tx, &world.ctx(), &directory, named, Some(attempt), "wamid.1").await.unwrap();
    tx.commit().await.unwrap();
    world.advance(1);
    world.drain().await;
    world.settle().await;
    assert_eq!((world.status(second).await, world.fakes.sent_count(Provider::Twilio)), (Delivered, 1));
}

async fn a_busy_contact_uses_up_nothing_of_the_rate(database: TestDatabase) {
    let world = World::with(database, |config| config.twilio_per_second = 1).await;
    let (sms, ..) = busy(&world).await;
    world.reply(&sms, 1, "By SMS").await;
    for _ in 0..8 {
        world.runner.drain_once().await.unwrap();
        world.clock.advance(std::time::Duration::from_millis(260));
    }
    for n in 0..3 {
        let conversation = world.conversation(world.sms, &format!("+1555010779{n}")).await;
        world.reply(&conversation, 1, "Hello").await;
    }
    world.runner.drain_once().await.unwrap();
    assert_eq!(world.fakes.sent_count(Provider::Twilio), 3, "the whole burst is left");
}
