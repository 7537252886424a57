//! Keeping for as long as the policy says: archived and read back, resumable, and what comes again is still known.

use chrono::TimeDelta;
use patchbay_core::actor::Actor;
use patchbay_core::channel::{Direction, SenderType};
use patchbay_core::conversation::{CloseReason, ConversationStatus};
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{AccountId, ConversationId, MessageId, RetentionRunId, ToolCallId};
use patchbay_core::inbox::Triage;
use patchbay_core::retention::{RetentionPolicy, RetentionState};
use patchbay_core::tool::invocation::{CallDecision, Invocation, Phase};
use patchbay_hub::retention::{Bite, begin_due, take_bite};
use patchbay_store::messages::MessageRow;
use patchbay_store::retention::{self, RunRow};
use patchbay_store::{annotations, audit, conversations, messages, tool_invocations};
use patchbay_tests::{TestDatabase, both_engines};
use patchbay_tool_gateway::{CallsChecked, check_calls};
use serde_json::json;

use super::world::World;

both_engines! {
    what_was_said_goes_to_the_archive_and_the_rest_stays;
    a_run_goes_on_where_it_was_and_one_of_a_policy_goes_at_a_time;
    what_happened_is_removed_when_it_is_old_enough;
    calls_of_tools_go_from_the_beginning_of_their_chain_and_the_rest_proves_itself;
}

const TWO_YEARS: u64 = 731 * 86_400;

/// A conversation in which the customer said something, and which ended.
async fn ended(world: &World, number: usize) -> ConversationId {
    let mut row = world.conversation(world.sms, &format!("+1555030{number:04}")).await;
    let said = MessageRow {
        direction: Direction::Inbound,
        sender_type: SenderType::Customer,
        status: DeliveryStatus::Received,
        channel_message_id: Some(format!("SM{number:032}")),
        client_message_id: None,
        ..world.row(&row, 1, MessageId::new(), &format!("secret words {number}"))
    };
    row.last_seq = 1;
    row.last_message_id = Some(said.id);
    row.status = ConversationStatus::Closed;
    row.closed_at = Some(world.clock.now());
    row.close_reason = Some(CloseReason::Resolved);
    let mut tx = world.db.begin().await.unwrap();
    messages::insert(&mut tx, &[said]).await.unwrap();
    conversations::update(&mut tx, std::slice::from_ref(&row)).await.unwrap();
    tx.commit().await.unwrap();
    row.id
}

async fn runs(world: &World) -> Vec<RunRow> {
    let mut tx = world.db.read().await.unwrap();
    retention::runs(&mut tx, None, None, 100).await.unwrap()
}

async fn begin(world: &World) -> usize {
    let mut tx = world.db.begin().await.unwrap();
    let begun = begin_due(&mut tx, &world.deps.hub, &world.ctx()).await.unwrap();
    tx.commit().await.unwrap();
    begun
}

async fn bites(world: &World, id: RetentionRunId) -> usize {
    let mut bites = 1;
    while take_bite(&world.deps.hub, &world.ctx(), id).await.unwrap() == Bite::More {
        bites += 1;
    }
    bites
}

async fn run_of(world: &World, policy: RetentionPolicy) -> RunRow {
    runs(world).await.into_iter().find(|run| run.policy == policy).expect("a run")
}

async fn what_was_said_goes_to_the_archive_and_the_rest_stays(database: TestDatabase) {
    let world = World::new(database).await;
    world.staff(Triage::Direct).await;
    let old = ended(&world, 1).await;
    assert_eq!(begin(&world).await, 0, "nothing is old enough");
    world.advance(TWO_YEARS);
    let young = ended(&world, 2).await;
    assert!(begin(&world).await >= 1);
    assert_eq!(begin(&world).await, 0, "it goes on");
    let run = run_of(&world, RetentionPolicy::Messages).await;
    assert_eq!(run.expected, 1);
    bites(&world, run.id).await;
    let run = run_of(&world, RetentionPolicy::Messages).await;
    assert_eq!((run.state, run.seen, run.done), (RetentionState::Done, 1, 1));
    assert!(run.bytes > 0);
    let mut tx = world.db.read().await.unwrap();
    let said = messages::page_after(&mut tx, old, 0, 10).await.unwrap();
    assert_eq!(said.len(), 1, "the row stays");
    assert_eq!((said[0].text.as_deref(), &said[0].metadata), (None, &json!({ "archived": true })));
    assert!(said[0].channel_message_id.is_some(), "what comes again is known");
    let kept = messages::page_after(&mut tx, young, 0, 10).await.unwrap();
    assert_eq!(kept[0].text.as_deref(), Some("secret words 2"));
    let archived = retention::archived(&mut tx, old).await.unwrap().expect("an archive");
    assert_eq!(archived.messages, 1);
    assert!(retention::archived(&mut tx, young).await.unwrap().is_none());
    drop(tx);
    assert_eq!(begin(&world).await, 0, "what lies there is not due again");
}

async fn a_run_goes_on_where_it_was_and_one_of_a_policy_goes_at_a_time(database: TestDatabase) {
    let world = World::new(database).await;
    world.staff(Triage::Direct).await;
    let mut ids = Vec::new();
    for number in 0..25 {
        ids.push(ended(&world, number).await);
        world.advance(1);
    }
    world.advance(TWO_YEARS);
    begin(&world).await;
    let id = run_of(&world, RetentionPolicy::Messages).await.id;
    assert_eq!(take_bite(&world.deps.hub, &world.ctx(), id).await.unwrap(), Bite::More);
    let half = run_of(&world, RetentionPolicy::Messages).await;
    assert_eq!((half.expected, half.done, half.state), (25, 20, RetentionState::Running));
    // Somebody works on one of the rest: it is left for another day.
    let mut tx = world.db.begin().await.unwrap();
    let mut row = conversations::lock(&mut tx, ids[22]).await.unwrap().unwrap();
    row.status = ConversationStatus::Queued;
    conversations::update(&mut tx, &[row]).await.unwrap();
    tx.commit().await.unwrap();
    bites(&world, id).await;
    let run = run_of(&world, RetentionPolicy::Messages).await;
    assert_eq!((run.done, run.state), (24, RetentionState::Done));
    // The job of the run finds that nothing is left to do.
    world.drain().await;
    assert_eq!(run_of(&world, RetentionPolicy::Messages).await.done, 24);
}

async fn what_happened_is_removed_when_it_is_old_enough(database: TestDatabase) {
    let world = World::new(database).await;
    world.staff(Triage::Direct).await;
    let id = ended(&world, 1).await;
    for (kind, wait) in [("old", 0), ("new", 400 * 86_400)] {
        world.advance(wait);
        let mut tx = world.db.begin().await.unwrap();
        annotations::record_event(&mut tx, &world.ctx(), id, kind, json!({})).await.unwrap();
        tx.commit().await.unwrap();
    }
    begin(&world).await;
    let run = run_of(&world, RetentionPolicy::ConversationEvents).await;
    assert_eq!(run.cutoff_at, world.clock.now() - TimeDelta::days(365));
    bites(&world, run.id).await;
    let run = run_of(&world, RetentionPolicy::ConversationEvents).await;
    assert_eq!((run.state, run.done), (RetentionState::Done, run.expected));
    assert!(run.done >= 1 && run.seen > run.done, "{run:?}");
}

/// A call of a tool, at the end of its account's chain.
async fn called(world: &World, account: Option<AccountId>) {
    let actor = Actor::system();
    let row = Invocation {
        id: ToolCallId::new(),
        call_id: ToolCallId::new(),
        phase: Phase::Done,
        account_id: account,
        conversation_id: None,
        actor_id: actor.id,
        actor_role: actor.role,
        tool: "get_customer".into(),
        decision: CallDecision::Allowed,
        code: None,
        draft_id: None,
        details: json!({}),
        at: world.clock.now(),
    };
    let mut tx = world.db.begin().await.unwrap();
    tool_invocations::append(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

async fn calls_of_tools_go_from_the_beginning_of_their_chain_and_the_rest_proves_itself(database: TestDatabase) {
    let world = World::new(database).await;
    world.staff(Triage::Direct).await;
    let (busy, quiet) = (Some(AccountId::new()), None);
    for (account, rows) in [(busy, 3), (quiet, 2)] {
        for _ in 0..rows {
            called(&world, account).await;
            world.advance(1);
        }
    }
    world.advance(366 * 86_400);
    called(&world, busy).await;
    begin(&world).await;
    let run = run_of(&world, RetentionPolicy::ToolCalls).await;
    assert_eq!(run.expected, 5);
    bites(&world, run.id).await;
    let run = run_of(&world, RetentionPolicy::ToolCalls).await;
    assert_eq!((run.state, run.done), (RetentionState::Done, 5));
    // What is left is one chain still, and so is one of which nothing is left.
    assert_eq!(check_calls(&world.db, busy).await.unwrap(), CallsChecked::Whole { rows: 1 });
    assert_eq!(check_calls(&world.db, quiet).await.unwrap(), CallsChecked::Whole { rows: 0 });
    called(&world, busy).await;
    called(&world, quiet).await;
    assert_eq!(check_calls(&world.db, busy).await.unwrap(), CallsChecked::Whole { rows: 2 });
    assert_eq!(check_calls(&world.db, quiet).await.unwrap(), CallsChecked::Whole { rows: 1 });
    // Where each begins stands in the audit log.
    let mut tx = world.db.read().await.unwrap();
    let begins = tool_invocations::begins_after(&mut tx, busy).await.unwrap().expect("it was cut");
    let told = audit::of_account(&mut tx, busy, patchbay_core::ids::AuditId(uuid::Uuid::nil()), 10).await.unwrap();
    let told = told.iter().find(|row| row.entry.tool_name == "retention.remove").expect("it is told");
    assert_eq!((&told.entry.payload["rows"], &told.entry.payload["chain_begins_after"]), (&json!(3), &json!(begins)));
}
