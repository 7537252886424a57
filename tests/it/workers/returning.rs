//! Customers who come back: to their conversation within a week, to a new one after it, as themselves on another
//! channel.

use patchbay_core::channel::Channel;
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ids::UserId;
use patchbay_core::inbox::Triage;
use patchbay_store::conversations;
use patchbay_store::conversations::ConversationRow;
use patchbay_tests::{TestDatabase, both_engines};

use super::world::World;

both_engines! {
    who_writes_within_a_week_comes_back_to_their_agent;
    without_their_agent_the_queue_gets_them;
    after_a_week_a_new_conversation_follows_the_old_one;
    the_same_number_on_two_channels_is_one_contact;
}

const DANA: &str = "+15550107788";
const DAY: u64 = 24 * 3600;
const CHANNELS: [Channel; 2] = [Channel::Sms, Channel::Whatsapp];

async fn world(database: TestDatabase) -> (World, UserId) {
    let world = World::new(database).await;
    world.staff(Triage::Direct).await;
    let agent = world.agent("support", 5, 1).await;
    world.come(&[agent]);
    (world, agent)
}

async fn hear(world: &World, channel: Channel, text: &str) -> ConversationRow {
    world.advance(1);
    world.fakes.say(DANA, channel, text).unwrap();
    world.settle().await;
    world.newest().await
}

/// The conversation of a customer whose question an agent has answered and closed.
async fn closed(world: &World, channel: Channel, agent: UserId) -> ConversationRow {
    let mut row = hear(world, channel, "The gate is stuck").await;
    row.status = ConversationStatus::Closed;
    row.previous_assignee = Some(agent);
    row.closed_at = Some(world.clock.now());
    let mut tx = world.db.begin().await.unwrap();
    conversations::update(&mut tx, std::slice::from_ref(&row)).await.unwrap();
    tx.commit().await.unwrap();
    row
}

async fn who_writes_within_a_week_comes_back_to_their_agent(database: TestDatabase) {
    let (world, agent) = world(database).await;
    for channel in CHANNELS {
        let before = closed(&world, channel, agent).await;
        world.advance(7 * DAY - 60);
        let after = hear(&world, channel, "It is stuck again").await;
        assert_eq!((after.id, after.assigned_to), (before.id, Some(agent)), "{channel}");
        assert_eq!((after.status, after.closed_at), (ConversationStatus::Assigned, None), "{channel}");
        assert_eq!((after.last_seq, after.previous_conversation_id), (2, None), "{channel}");
    }
}

async fn without_their_agent_the_queue_gets_them(database: TestDatabase) {
    let (world, agent) = world(database).await;
    for channel in CHANNELS {
        let before = closed(&world, channel, agent).await;
        world.come(&[]);
        world.advance(DAY);
        let after = hear(&world, channel, "It is stuck again").await;
        assert_eq!((after.id, after.assigned_to), (before.id, None), "{channel}");
        assert_eq!((after.status, after.team_id), (ConversationStatus::Queued, before.team_id), "{channel}");
    }
}

async fn after_a_week_a_new_conversation_follows_the_old_one(database: TestDatabase) {
    let (world, agent) = world(database).await;
    for channel in CHANNELS {
        let before = closed(&world, channel, agent).await;
        world.advance(7 * DAY + 60);
        let after = hear(&world, channel, "Another gate").await;
        assert_ne!(after.id, before.id, "{channel}");
        assert_eq!(after.previous_conversation_id, Some(before.id), "{channel}");
        assert_eq!((after.contact_id, after.last_seq), (before.contact_id, 1), "{channel}");
        assert_eq!(after.status, ConversationStatus::Queued, "{channel}");
        assert_eq!(world.row_of(before.id).await.status, ConversationStatus::Closed, "{channel}");
    }
}

async fn the_same_number_on_two_channels_is_one_contact(database: TestDatabase) {
    let (world, _) = world(database).await;
    let by_sms = hear(&world, Channel::Sms, "Hello").await;
    let by_whatsapp = hear(&world, Channel::Whatsapp, "Hello again").await;
    assert_ne!(by_sms.id, by_whatsapp.id);
    assert_eq!((by_sms.channel, by_whatsapp.channel), (Channel::Sms, Channel::Whatsapp));
    assert_eq!(by_sms.contact_id, by_whatsapp.contact_id);
}
