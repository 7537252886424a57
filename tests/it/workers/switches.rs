//! What an operator may switch off.

use patchbay_core::delivery::DeliveryStatus::{Delivered, Failed, Sent};
use patchbay_simulator::Provider;
use patchbay_tests::{TestDatabase, both_engines};
use patchbay_workers::SmsConfig;

use super::world::World;

const DANA: &str = "+15550107788";

both_engines! {
    sms_that_are_switched_off_fail_and_say_so;
    a_dry_run_calls_nobody;
}

async fn sms_that_are_switched_off_fail_and_say_so(database: TestDatabase) {
    let world = World::with(database, |config| config.sms = SmsConfig { enabled: false, dry_run: false }).await;
    let by_sms = world.reply(&world.conversation(world.sms, DANA).await, 1, "On our way").await;
    let by_whatsapp = world.reply(&world.conversation(world.whatsapp, DANA).await, 1, "On our way").await;
    world.drain().await;
    world.settle().await;
    let message = world.message(by_sms).await;
    assert_eq!(message.status, Failed);
    assert_eq!(message.error.unwrap()["code"], "SMS_DISABLED");
    assert!(world.fakes.sent(Provider::Twilio).is_empty());
    assert_eq!(world.status(by_whatsapp).await, Delivered, "other channels are not concerned");
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_dry_run_calls_nobody(database: TestDatabase) {
    let world = World::with(database, |config| config.sms = SmsConfig { enabled: true, dry_run: true }).await;
    let id = world.reply(&world.conversation(world.sms, DANA).await, 1, "On our way").await;
    world.drain().await;
    world.settle().await;
    let message = world.message(id).await;
    assert_eq!(message.status, Sent);
    assert_eq!(message.channel_message_id, Some(format!("dry-run-{id}")));
    assert!(world.fakes.sent(Provider::Twilio).is_empty());
    assert_eq!(world.jobs_left().await, 0);
}
