//! Mail that leaves: what it says, what the relay's answer means, and that no mail goes out twice in doubt.

use patchbay_core::delivery::DeliveryStatus::{Delivered, Failed, Pending, Unknown};
use patchbay_core::ids::{MediaId, MessageId};
use patchbay_core::letter::{conversation_name, message_id};
use patchbay_core::secret::Secret;
use patchbay_normalizer::email::reply_token;
use patchbay_simulator::{Faults, MailSaying, Provider};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::dead_letters;
use patchbay_store::media::{self, MediaStatus, NewMedia};
use patchbay_store::messages::MessageRow;
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;

use super::world::{MAILBOX, REPLY_DOMAIN, REPLY_SECRET, World};

const DANA: &str = "dana@tenants.test";

both_engines! {
    a_mail_leaves_and_its_ticks_turn;
    a_file_goes_along_with_a_mail;
    a_customer_answers_to_the_address_that_names_the_conversation;
    a_relay_that_says_later_is_asked_again_later;
    a_relay_that_says_no_ends_it;
    a_relay_that_does_not_know_us_holds_the_mailbox;
    a_mail_whose_answer_is_lost_is_never_repeated_by_itself;
    a_bounce_fails_the_mail_it_names;
    a_relay_that_is_away_is_waited_for;
}

pub(super) fn letter(world: &World, conversation: &ConversationRow, seq: i64, text: &str) -> MessageRow {
    let id = MessageId::new();
    MessageRow {
        channel_message_id: Some(message_id(id, MAILBOX)),
        reply_to: Some("em1@tenants.test".into()),
        metadata: json!({ "subject": "Re: Visit – Tuesday", "to": DANA, "cc": [], "references": ["em1@tenants.test"] }),
        ..world.row(conversation, seq, id, text)
    }
}

async fn send(world: &World, text: &str) -> MessageId {
    let conversation = world.conversation(world.mail, DANA).await;
    world.write_row(letter(world, &conversation, 1, text)).await
}

async fn a_mail_leaves_and_its_ticks_turn(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.mail, DANA).await;
    let row = letter(&world, &conversation, 1, "Tomorrow at nine.\n.\nA dot alone, and 5 < 6.");
    let key = row.channel_message_id.clone().unwrap();
    let id = world.write_row(row).await;
    world.drain().await;
    world.settle().await;
    assert_eq!(world.status(id).await, Delivered);
    let letters = world.fakes.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].sender.as_str(), letters[0].recipients[0].as_str()), (MAILBOX, DANA));
    let seen = &world.fakes.mailbox(DANA)[0];
    assert_eq!(seen.id, key);
    assert_eq!(seen.subject, "Re: Visit – Tuesday");
    assert_eq!(seen.text.replace("\r\n", "\n"), "Tomorrow at nine.\n.\nA dot alone, and 5 < 6.");
    assert_eq!(seen.writer.as_deref(), Some("Alex"));
    assert_eq!(
        (seen.reply_to.as_deref(), seen.references.as_slice()),
        (Some("em1@tenants.test"), &["em1@tenants.test".to_owned()][..])
    );
    let named = reply_token::verify(&seen.answer_to, REPLY_DOMAIN, &Secret::new(REPLY_SECRET));
    assert_eq!(named, Some(conversation_name(conversation.id)));
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_file_goes_along_with_a_mail(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.mail, DANA).await;
    let file = MediaId::new();
    let path = object_store::path::Path::from("media/plan");
    object_store::ObjectStoreExt::put(&*world.deps.files, &path, vec![7_u8; 5000].into()).await.unwrap();
    let mut row = letter(&world, &conversation, 1, "The plan.");
    let mut tx = world.db.begin().await.unwrap();
    let new = NewMedia {
        id: file,
        message_id: None,
        conversation_id: Some(conversation.id),
        provider_media_id: None,
        mime_type: "application/pdf",
        filename: Some("Plan für Grün.pdf"),
        size_bytes: Some(5000),
        sha256: None,
        storage_key: Some("media/plan"),
        status: MediaStatus::Ready,
        created_by: None,
    };
    media::insert(&mut tx, &new, world.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    row.content = json!({ "media": [{ "media_id": file }], "metadata": {} });
    world.write_row(row).await;
    world.drain().await;
    let seen = world.fakes.mailbox(DANA);
    assert_eq!(seen[0].media[0].filename.as_deref(), Some("Plan für Grün.pdf"));
    assert_eq!(seen[0].media[0].mime_type.as_deref(), Some("application/pdf"));
}

async fn a_customer_answers_to_the_address_that_names_the_conversation(database: TestDatabase) {
    let world = World::new(database).await;
    send(&world, "When?").await;
    world.drain().await;
    let ours = world.fakes.mailbox(DANA)[0].id.clone();
    let answer =
        MailSaying { from: DANA.into(), text: "At ten.".into(), reply_to: Some(ours.clone()), ..MailSaying::default() };
    world.fakes.write_mail(&answer).unwrap();
    let theirs = world.fakes.mailbox(DANA).pop().unwrap();
    assert_eq!((theirs.subject.as_str(), theirs.reply_to.as_deref()), ("Re: Visit – Tuesday", Some(ours.as_str())));
    assert_eq!(theirs.references, ["em1@tenants.test".to_owned(), ours]);
}

async fn a_relay_that_says_later_is_asked_again_later(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Mail, Faults { too_many_requests: 1, ..Faults::default() });
    let id = send(&world, "Soon").await;
    world.drain().await;
    let message = world.message(id).await;
    assert_eq!((message.status, message.error.unwrap()["code"].clone()), (Pending, json!("4.7.1")));
    world.advance(13 * 60);
    world.drain().await;
    assert_eq!(world.fakes.sent_count(Provider::Mail), 0, "a quarter of an hour is not over");
    world.advance(3 * 60);
    world.drain().await;
    world.settle().await;
    assert_eq!(world.status(id).await, Delivered);
}

async fn a_relay_that_says_no_ends_it(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Mail, Faults { server_errors: 1, ..Faults::default() });
    let id = send(&world, "Hello").await;
    world.drain().await;
    let message = world.message(id).await;
    assert_eq!((message.status, message.error.unwrap()["code"].clone()), (Failed, json!("5.1.1")));
    world.advance(48 * 3600);
    world.drain().await;
    assert_eq!(world.fakes.sent_count(Provider::Mail), 0);
}

async fn a_relay_that_does_not_know_us_holds_the_mailbox(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Mail, Faults { server_errors: 2, fail_code: 535, ..Faults::default() });
    let (first, second) = (send(&world, "One").await, send_to(&world, "two@tenants.test").await);
    world.drain().await;
    world.fakes.set_faults(Provider::Mail, Faults::default());
    assert_eq!((world.status(first).await, world.status(second).await), (Pending, Pending));
    assert_eq!(world.fakes.sent_count(Provider::Mail), 0, "the whole mailbox waits");
    world.advance(120);
    world.drain().await;
    world.settle().await;
    assert_eq!((world.status(first).await, world.status(second).await), (Delivered, Delivered));
}

async fn send_to(world: &World, address: &str) -> MessageId {
    let conversation = world.conversation(world.mail, address).await;
    let mut row = letter(world, &conversation, 1, "Hello");
    row.metadata["to"] = json!(address);
    world.write_row(row).await
}

async fn a_mail_whose_answer_is_lost_is_never_repeated_by_itself(database: TestDatabase) {
    let world = World::new(database).await;
    let drop_answers = Faults { timeout_after_accept: 1, hold_ms: 0, drop_callbacks: 9, ..Faults::default() };
    world.fakes.set_faults(Provider::Mail, drop_answers);
    let id = send(&world, "Once").await;
    world.drain().await;
    assert_eq!(world.status(id).await, Unknown);
    for _ in 0..5 {
        world.advance(24 * 3600);
        world.drain().await;
    }
    assert_eq!(world.status(id).await, Unknown, "nobody knows, and nobody guesses");
    assert_eq!(world.fakes.sent_count(Provider::Mail), 1);
    assert_eq!(world.jobs_left().await, 0, "the next message of the conversation can go");
    let letters = dead_letters::count_open(&mut world.db.read().await.unwrap()).await.unwrap();
    assert_eq!(letters, 1, "a person decides");
}

async fn a_bounce_fails_the_mail_it_names(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Mail, Faults { fail_messages: 1, ..Faults::default() });
    let id = send(&world, "Hello?").await;
    world.drain().await;
    world.settle().await;
    let message = world.message(id).await;
    assert_eq!((message.status, message.error.unwrap()["code"].clone()), (Failed, json!("5.1.1")));
}

async fn a_relay_that_is_away_is_waited_for(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Mail, Faults { outage: true, ..Faults::default() });
    let id = send(&world, "Are you there?").await;
    world.drain().await;
    world.advance(3600);
    world.drain().await;
    assert_eq!(world.status(id).await, Pending);
    world.fakes.set_faults(Provider::Mail, Faults::default());
    world.advance(3600);
    world.drain().await;
    world.settle().await;
    assert_eq!(world.status(id).await, Delivered);
}
