//! What customers, providers and people of ours say about messages to an address, and what follows.

use patchbay_core::channel::Channel;
use patchbay_core::consent::{ConsentReason, ConsentScope, Decision};
use patchbay_core::delivery::DeliveryStatus::Failed;
use patchbay_core::item::{ContentType, EventItem, Item};
use patchbay_normalizer::twilio::{self, Consent, Form, MessageContext};
use patchbay_simulator::{Faults, Provider};
use patchbay_store::{consents, contacts};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::{ACCOUNT_SID, MAILBOX, World};

const DANA: &str = "+15550107788";
const MAIL: &str = "dana@tenants.test";

both_engines! {
    a_complaint_ends_mail_to_the_address;
    an_address_where_nobody_is_gets_no_more_mail;
    a_policy_refusal_says_nothing_about_the_address;
    a_keyword_is_kept_with_its_evidence_and_lifted_by_the_next;
    a_keyword_that_is_delivered_again_is_no_second_word;
    a_repeated_report_does_not_undo_what_was_said_since;
    who_wants_no_advertising_still_gets_answers;
    a_number_that_cannot_be_reached_is_not_written_to_until_somebody_writes_from_it;
    what_whatsapp_could_not_deliver_may_be_tried_again;
}

#[expect(clippy::needless_pass_by_value, reason = "written as a literal where it is called")]
fn event(kind: &str, channel: Channel, address: &str, second: i64, data: Value) -> Item {
    Item::Event(EventItem {
        kind: kind.into(),
        channel,
        account: Some(MAILBOX.into()),
        address: Some(address.into()),
        timestamp: chrono::DateTime::from_timestamp(1_772_719_195 + second, 0).unwrap(),
        data: data.as_object().unwrap().clone(),
    })
}

async fn a_complaint_ends_mail_to_the_address(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.mail, MAIL).await;
    let complaint =
        event("email.complaint", Channel::Email, MAIL, 0, json!({ "channel_message_id": "out-1@acme.test" }));
    world.receiver.take(Channel::Email, vec![complaint]).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    world.drain().await;
    let message = world.message(id).await;
    assert_eq!((message.status, message.error.unwrap()["code"].clone()), (Failed, json!("CONTACT_OPTED_OUT")));
    assert_eq!(world.fakes.sent_count(Provider::Mail), 0);
    let mut tx = world.db.read().await.unwrap();
    let known = consents::suppressions_of(&mut tx, Channel::Email, MAIL).await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].reason, known[0].scope), (ConsentReason::Complaint, ConsentScope::Everything));
    assert_eq!(known[0].evidence["channel_message_id"], "out-1@acme.test");
}

async fn an_address_where_nobody_is_gets_no_more_mail(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Mail, Faults { fail_messages: 1, ..Faults::default() });
    let conversation = world.conversation(world.mail, MAIL).await;
    let bounced = world.reply(&conversation, 1, "Hello").await;
    world.drain().await;
    world.settle().await;
    assert_eq!(world.message(bounced).await.error.unwrap()["code"], "5.1.1");
    let next = world.reply(&conversation, 2, "Hello?").await;
    world.drain().await;
    assert_eq!(world.message(next).await.error.unwrap()["code"], "CONTACT_OPTED_OUT");
    assert_eq!(world.fakes.sent_count(Provider::Mail), 1);
}

async fn a_policy_refusal_says_nothing_about_the_address(database: TestDatabase) {
    let world = World::new(database).await;
    world.fakes.set_faults(Provider::Mail, Faults { server_errors: 1, fail_code: 554, ..Faults::default() });
    let conversation = world.conversation(world.mail, MAIL).await;
    let id = world.reply(&conversation, 1, "Hello").await;
    world.drain().await;
    assert_eq!(world.message(id).await.error.unwrap()["code"], "5.7.1");
    let mut tx = world.db.read().await.unwrap();
    assert!(!contacts::opted_out(&mut tx, Channel::Email, MAIL).await.unwrap());
}

async fn a_keyword_is_kept_with_its_evidence_and_lifted_by_the_next(database: TestDatabase) {
    let world = World::new(database).await;
    for (word, out) in [("STOP", true), ("START", false), ("STOP", true), ("YES", false)] {
        world.fakes.say(DANA, Channel::Sms, word).unwrap();
        world.settle().await;
        world.advance(1);
        let mut tx = world.db.read().await.unwrap();
        assert_eq!(contacts::opted_out(&mut tx, Channel::Sms, DANA).await.unwrap(), out, "{word}");
    }
    let mut tx = world.db.read().await.unwrap();
    let ledger = consents::history(&mut tx, Channel::Sms, DANA, 10).await.unwrap();
    let decisions: Vec<_> = ledger.iter().rev().map(|row| (row.decision, row.evidence["keyword"].clone())).collect();
    assert_eq!(
        decisions,
        [
            (Decision::Withdrawn, json!("STOP")),
            (Decision::Given, json!("START")),
            (Decision::Withdrawn, json!("STOP")),
            (Decision::Given, json!("YES")),
        ]
    );
    assert!(ledger.iter().all(|row| row.evidence["message_id"].is_string()), "{ledger:?}");
}

async fn a_keyword_that_is_delivered_again_is_no_second_word(database: TestDatabase) {
    let world = World::new(database).await;
    let said = |word: &str, sid: &str, at: &str| {
        let form =
            format!("MessageSid={sid}&AccountSid={ACCOUNT_SID}&From=%2B15550107788&To=%2B15550100003&Body={word}");
        let context = MessageContext { received_at: at.parse().unwrap(), consent: Consent::default() };
        twilio::message(&Form::parse(form.as_bytes()), &context)
    };
    let (early, late) = ("2026-03-05T14:00:00Z", "2026-03-05T14:05:00Z");
    let stop = format!("SM{:032}", 1);
    let start = format!("SM{:032}", 2);
    for (word, sid, at) in [
        ("STOP", &stop, early),
        ("START", &start, early),
        // Twilio's second attempt comes minutes later; what was said in between stands.
        ("STOP", &stop, late),
        ("START", &start, late),
    ] {
        world.receiver.take(Channel::Sms, said(word, sid, at)).await;
    }
    // A batch that cannot be written together is written item by item: the event comes without its message.
    world.receiver.take(Channel::Sms, said("STOP", &stop, late).split_off(1)).await;
    let only_event = said("STOP", &format!("SM{:032}", 3), late).split_off(1);
    let mut tx = world.db.read().await.unwrap();
    assert_eq!(consents::history(&mut tx, Channel::Sms, DANA, 10).await.unwrap().len(), 2);
    assert!(!contacts::opted_out(&mut tx, Channel::Sms, DANA).await.unwrap());
    drop(tx);
    world.receiver.take(Channel::Sms, only_event).await;
    let mut tx = world.db.read().await.unwrap();
    assert!(contacts::opted_out(&mut tx, Channel::Sms, DANA).await.unwrap(), "a STOP is never lost");
}

async fn a_repeated_report_does_not_undo_what_was_said_since(database: TestDatabase) {
    let world = World::new(database).await;
    let out = event("opt_out", Channel::Email, MAIL, 0, json!({}));
    let back = event("opt_in", Channel::Email, MAIL, 60, json!({}));
    for item in [out.clone(), back, out] {
        world.receiver.take(Channel::Email, vec![item]).await;
    }
    let mut tx = world.db.read().await.unwrap();
    assert!(!contacts::opted_out(&mut tx, Channel::Email, MAIL).await.unwrap());
    assert_eq!(consents::history(&mut tx, Channel::Email, MAIL, 10).await.unwrap().len(), 2);
}

async fn who_wants_no_advertising_still_gets_answers(database: TestDatabase) {
    let world = World::new(database).await;
    let conversation = world.conversation(world.whatsapp, DANA).await;
    world.fakes.set_faults(Provider::Meta, Faults { fail_messages: 1, fail_code: 131_050, ..Faults::default() });
    let template = |category: &str| {
        json!({ "category": category, "template": {
        "name": "appointment_update", "language": "en_US", "params": ["Dana", "Tuesday"] } })
    };
    let refused = world.write(&conversation, 1, ContentType::Template, "", template("MARKETING")).await;
    world.drain().await;
    world.settle().await;
    assert_eq!(world.message(refused).await.error.unwrap()["code"], "131050");
    let advert = world.write(&conversation, 2, ContentType::Template, "", template("MARKETING")).await;
    let notice = world.write(&conversation, 3, ContentType::Template, "", template("UTILITY")).await;
    let answer = world.reply(&conversation, 4, "At ten").await;
    world.drain().await;
    world.settle().await;
    assert_eq!(world.message(advert).await.error.unwrap()["code"], "CONTACT_OPTED_OUT");
    for id in [notice, answer] {
        assert_ne!(world.status(id).await, Failed);
    }
}

async fn a_number_that_cannot_be_reached_is_not_written_to_until_somebody_writes_from_it(database: TestDatabase) {
    let world = World::new(database).await;
    let faults = Faults { fail_messages: 1, fail_code: 30_006, ..Faults::default() };
    world.fakes.set_faults(Provider::Twilio, faults);
    let conversation = world.conversation(world.sms, DANA).await;
    world.reply(&conversation, 100, "Hello").await;
    world.drain().await;
    world.settle().await;
    let next = world.reply(&conversation, 101, "Hello?").await;
    world.drain().await;
    assert_eq!(world.message(next).await.error.unwrap()["code"], "CONTACT_OPTED_OUT");
    assert_eq!(world.fakes.sent_count(Provider::Twilio), 1);
    let mut tx = world.db.read().await.unwrap();
    let known = consents::suppressions_of(&mut tx, Channel::Sms, DANA).await.unwrap();
    assert_eq!((known[0].reason, known[0].scope), (ConsentReason::Bounce, ConsentScope::Everything));
    assert_eq!(known[0].evidence["code"], "30006");
    drop(tx);
    world.fakes.say(DANA, Channel::Sms, "Here I am").unwrap();
    world.settle().await;
    let mut tx = world.db.read().await.unwrap();
    assert!(!contacts::opted_out(&mut tx, Channel::Sms, DANA).await.unwrap());
}

async fn what_whatsapp_could_not_deliver_may_be_tried_again(database: TestDatabase) {
    let world = World::new(database).await;
    let faults = Faults { fail_messages: 1, fail_code: 131_026, ..Faults::default() };
    world.fakes.set_faults(Provider::Meta, faults);
    let conversation = world.conversation(world.whatsapp, DANA).await;
    let first = world.reply(&conversation, 100, "Hello").await;
    world.drain().await;
    world.settle().await;
    assert_eq!(world.status(first).await, Failed);
    let next = world.reply(&conversation, 101, "Hello?").await;
    world.drain().await;
    world.settle().await;
    assert_ne!(world.status(next).await, Failed);
}
