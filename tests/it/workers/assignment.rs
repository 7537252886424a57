//! Queues that give themselves out.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ids::{ConversationId, UserId};
use patchbay_core::inbox::Triage;
use patchbay_hub::assignment::{give_out, look_for_absent};
use patchbay_hub::conversations::{Leaving, release};
use patchbay_store::triage_states::{self, TriageRow};
use patchbay_store::{conversations, users};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;

use super::world::World;

both_engines! {
    a_queue_is_given_out_fairly_and_only_once;
    only_whoever_is_there_and_can_do_it_gets_it;
    what_somebody_leaves_goes_to_the_others;
    who_does_not_come_back_in_time_gives_back_what_waits_for_them;
    who_leaves_a_team_gives_back_what_is_of_that_team;
}

async fn world(database: TestDatabase) -> World {
    let world = World::new(database).await;
    world.staff(Triage::Direct).await;
    world.change_team("support", |row| row.auto_assign = true).await;
    world
}

async fn queue(world: &World, count: usize) -> Vec<ConversationId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let mut row = world.conversation(world.sms, &format!("+1555020{number:04}")).await;
        row.team_id = Some(world.team("support"));
        let mut tx = world.db.begin().await.unwrap();
        conversations::update(&mut tx, std::slice::from_ref(&row)).await.unwrap();
        tx.commit().await.unwrap();
        ids.push(row.id);
    }
    ids
}

async fn held(world: &World, ids: &[ConversationId]) -> BTreeMap<Option<UserId>, usize> {
    let mut held = BTreeMap::new();
    for id in ids {
        *held.entry(world.row_of(*id).await.assigned_to).or_default() += 1;
    }
    held
}

async fn a_queue_is_given_out_fairly_and_only_once(database: TestDatabase) {
    let world = world(database).await;
    let ids = queue(&world, 20).await;
    let mut agents = Vec::new();
    for number in 0..3 {
        agents.push(world.agent("support", 5, number).await);
    }
    assert_eq!(give_out(&world.deps.hub).await.unwrap(), 0, "nobody is there");
    world.come(&agents);
    // Nodes that do it at the same time.
    let hub = &world.deps.hub;
    let (one, two, three, four) = tokio::join!(give_out(hub), give_out(hub), give_out(hub), give_out(hub));
    let given: usize = [one, two, three, four].into_iter().map(Result::unwrap).sum();
    assert_eq!(given, 15);
    let held = held(&world, &ids).await;
    assert_eq!(held[&None], 5);
    assert!(agents.iter().all(|agent| held[&Some(*agent)] == 5), "{held:?}");
    let events = world.told("conversation.assigned").await;
    assert_eq!(events.len(), 15, "each is told once");
    assert_eq!(world.row_of(ids[0]).await.status, ConversationStatus::Assigned);
}

async fn only_whoever_is_there_and_can_do_it_gets_it(database: TestDatabase) {
    let world = world(database).await;
    let (ada, bo) = (world.agent("support", 5, 1).await, world.agent("support", 5, 2).await);
    let mut tx = world.db.begin().await.unwrap();
    patchbay_store::assignment_turns::set_skills(&mut tx, ada, &[("billing".into(), 4)]).await.unwrap();
    tx.commit().await.unwrap();
    world.learn().await;
    let ids = queue(&world, 2).await;
    let mut tx = world.db.begin().await.unwrap();
    let needs = TriageRow {
        conversation_id: ids[0],
        state: json!({ "step": "done" }),
        plan: None,
        decision: None,
        required_skills: vec!["billing".into()],
        deadline_at: None,
    };
    triage_states::put(&mut tx, &needs, world.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    world.come(&[bo]);
    assert_eq!(give_out(&world.deps.hub).await.unwrap(), 1);
    assert_eq!(world.row_of(ids[0]).await.assigned_to, None);
    assert_eq!(world.row_of(ids[1]).await.assigned_to, Some(bo));
    world.come(&[ada, bo]);
    assert_eq!(give_out(&world.deps.hub).await.unwrap(), 1);
    assert_eq!(world.row_of(ids[0]).await.assigned_to, Some(ada));
}

async fn what_somebody_leaves_goes_to_the_others(database: TestDatabase) {
    let world = world(database).await;
    let (ada, bo) = (world.agent("support", 5, 1).await, world.agent("support", 5, 2).await);
    let ids = queue(&world, 2).await;
    world.come(&[ada]);
    assert_eq!(give_out(&world.deps.hub).await.unwrap(), 2);
    let mut tx = world.db.begin().await.unwrap();
    let mut row = users::by_id(&mut tx, ada).await.unwrap().unwrap();
    row.is_active = false;
    users::update(&mut tx, &row).await.unwrap();
    let directory = world.deps.directory.load_full();
    release(&mut tx, &directory, &world.ctx(), ada, Leaving::Deactivated).await.unwrap();
    tx.commit().await.unwrap();
    world.learn().await;
    world.come(&[ada, bo]);
    assert_eq!(give_out(&world.deps.hub).await.unwrap(), 2);
    assert_eq!(held(&world, &ids).await, BTreeMap::from([(Some(bo), 2)]));
}

async fn who_does_not_come_back_in_time_gives_back_what_waits_for_them(database: TestDatabase) {
    let world = world(database).await;
    let (ada, bo) = (world.agent("support", 5, 1).await, world.agent("support", 5, 2).await);
    let ids = queue(&world, 3).await;
    let hub = &world.deps.hub;
    let grace = TimeDelta::minutes(10);
    world.come(&[ada]);
    assert_eq!(look_for_absent(hub, grace).await.unwrap(), 0);
    assert_eq!(give_out(hub).await.unwrap(), 3);
    // In one of them it is the customer's turn.
    let mut row = world.row_of(ids[0]).await;
    (row.status, row.waiting_since) = (ConversationStatus::PendingCustomer, None);
    let mut tx = world.db.begin().await.unwrap();
    conversations::update(&mut tx, &[row]).await.unwrap();
    for id in &ids[1..] {
        let mut row = conversations::by_id(&mut tx, *id).await.unwrap().unwrap();
        (row.status, row.waiting_since) = (ConversationStatus::PendingAgent, Some(world.clock.now()));
        conversations::update(&mut tx, &[row]).await.unwrap();
    }
    tx.commit().await.unwrap();
    // A short walk changes nothing.
    world.come(&[bo]);
    assert_eq!(look_for_absent(hub, grace).await.unwrap(), 0);
    world.advance(300);
    world.come(&[ada, bo]);
    assert_eq!(look_for_absent(hub, grace).await.unwrap(), 0);
    world.come(&[bo]);
    assert_eq!(look_for_absent(hub, grace).await.unwrap(), 0);
    world.advance(599);
    assert_eq!(look_for_absent(hub, grace).await.unwrap(), 0);
    world.advance(1);
    // Nodes that look at the same time.
    let (one, two) = tokio::join!(look_for_absent(hub, grace), look_for_absent(hub, grace));
    assert_eq!(one.unwrap() + two.unwrap(), 2);
    assert_eq!(world.row_of(ids[0]).await.assigned_to, Some(ada), "nobody waits for her there");
    let row = world.row_of(ids[1]).await;
    assert_eq!((row.status, row.previous_assignee), (ConversationStatus::Queued, Some(ada)));
    assert_eq!(give_out(hub).await.unwrap(), 2);
    assert_eq!(world.row_of(ids[1]).await.assigned_to, Some(bo));
}

async fn who_leaves_a_team_gives_back_what_is_of_that_team(database: TestDatabase) {
    let world = world(database).await;
    let ada = world.agent("support", 5, 1).await;
    let ids = queue(&world, 2).await;
    world.come(&[ada]);
    assert_eq!(give_out(&world.deps.hub).await.unwrap(), 2);
    let mut tx = world.db.begin().await.unwrap();
    let mut row = conversations::by_id(&mut tx, ids[1]).await.unwrap().unwrap();
    row.team_id = Some(world.team("sales"));
    conversations::update(&mut tx, &[row]).await.unwrap();
    let directory = world.deps.directory.load_full();
    let why = Leaving::Team(world.team("support"));
    assert_eq!(release(&mut tx, &directory, &world.ctx(), ada, why).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(world.row_of(ids[0]).await.assigned_to, None);
    assert_eq!(world.row_of(ids[1]).await.assigned_to, Some(ada));
}
