//! Deadlines of conversations: kept to the second by a clock that the test moves.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::conversation::Priority;
use patchbay_core::ids::{JobId, SlaPolicyId};
use patchbay_core::inbox::Triage;
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::ticket::SlaStatus;
use patchbay_store::jobs;
use patchbay_store::sla_policies::{self, SlaPolicyRow};
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::json;

use super::world::World;

both_engines! {
    deadlines_are_warned_of_and_kept_to_the_second;
    a_policy_that_changes_moves_running_timers;
    business_hours_and_days_off_do_not_count;
}

fn policy(world: &World, frt_s: i64) -> SlaPolicyRow {
    let now = world.clock.now();
    SlaPolicyRow {
        id: SlaPolicyId::new(),
        team_id: world.team("support"),
        priority: Priority::Normal,
        frt_s: Some(frt_s),
        resolution_s: Some(3_600),
        escalation_s: None,
        warning_s: Some(60),
        calendar: None,
        is_active: true,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

async fn keep(world: &World, policy: &SlaPolicyRow) {
    let mut tx = world.db.begin().await.unwrap();
    sla_policies::insert(&mut tx, policy).await.unwrap();
    tx.commit().await.unwrap();
    world.learn().await;
}

async fn deadlines_are_warned_of_and_kept_to_the_second(database: TestDatabase) {
    let world = World::new(database).await;
    world.staff(Triage::Direct).await;
    keep(&world, &policy(&world, 600)).await;
    let row = world.hear("hello").await;
    let track = row.sla.clone().expect("a promise");
    assert_eq!(track.first_response.due_at, Some(row.created_at + TimeDelta::seconds(600)));
    assert_eq!(track.resolution.due_at, Some(row.created_at + TimeDelta::seconds(3_600)));
    world.clock.move_to(row.created_at + TimeDelta::seconds(539));
    world.drain().await;
    assert!(world.alerts().await.is_empty());
    world.advance(1);
    world.drain().await;
    assert_eq!(world.alerts().await, ["SLA_WARNING"]);
    assert_eq!(world.row_of(row.id).await.sla.unwrap().status(), SlaStatus::Warning);
    world.clock.move_to(row.created_at + TimeDelta::seconds(599));
    world.drain().await;
    assert_eq!(world.alerts().await, ["SLA_WARNING"]);
    world.advance(1);
    world.drain().await;
    assert_eq!(world.alerts().await, ["SLA_WARNING", "SLA_BREACH"]);
    let updated = world.told("conversation.updated").await;
    assert_eq!(updated.last().unwrap()["conversation"]["sla"]["status"], "breach");
    // One timer, set for what comes next.
    assert_eq!(world.jobs_left().await, 1);
}

async fn a_policy_that_changes_moves_running_timers(database: TestDatabase) {
    let world = World::new(database).await;
    world.staff(Triage::Direct).await;
    let mut row = policy(&world, 600);
    keep(&world, &row).await;
    let conversation = world.hear("hello").await;
    row.frt_s = Some(120);
    let mut tx = world.db.begin().await.unwrap();
    sla_policies::update(&mut tx, &row).await.unwrap();
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind: JobKind::SlaRecompute,
        lane: None,
        dedupe_key: None,
        payload: json!({ "team_id": row.team_id, "after": null }),
        run_at: world.clock.now(),
        max_attempts: 3,
    };
    jobs::enqueue(&mut tx, &world.ctx(), &job).await.unwrap();
    tx.commit().await.unwrap();
    world.drain().await;
    let track = world.row_of(conversation.id).await.sla.unwrap();
    assert_eq!(track.policy_version, 2);
    assert_eq!(track.first_response.due_at, Some(conversation.created_at + TimeDelta::seconds(120)));
    world.clock.move_to(conversation.created_at + TimeDelta::seconds(120));
    world.drain().await;
    assert_eq!(world.alerts().await, ["SLA_WARNING", "SLA_BREACH"]);
}

async fn business_hours_and_days_off_do_not_count(database: TestDatabase) {
    let world = World::new(database).await;
    world.staff(Triage::Direct).await;
    let hours: Vec<_> = (0..5).map(|day| json!({ "weekday": day, "open": "09:00", "close": "17:00" })).collect();
    let calendar = json!({ "timezone": "America/Toronto", "hours": hours, "holidays": ["2026-03-09"] });
    keep(&world, &SlaPolicyRow { calendar: Some(calendar), ..policy(&world, 600) }).await;
    // Friday 16:55 in winter; the clocks go forward on Sunday, and Monday is off.
    world.clock.move_to("2026-03-06T21:54:59Z".parse::<DateTime<Utc>>().unwrap());
    let row = world.hear("hello").await;
    assert_eq!(row.sla.unwrap().first_response.due_at, Some("2026-03-10T13:05:00Z".parse().unwrap()));
}
