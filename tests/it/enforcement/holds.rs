//! The schedule is frozen while the customer confirms: released in time, rolled back when it is too late.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::clock::Clock;
use patchbay_core::ids::RequestId;
use patchbay_tests::wait::eventually;
use patchbay_tests::{Plan, both_plans};
use serde_json::{Value, json};
use std::time::Duration;

use super::desk::Desk;

both_plans! {
    a_hold_is_released_in_time_and_rolled_back_when_it_is_stale;
}

fn now() -> DateTime<Utc> {
    Clock::system().now()
}

fn window(from: DateTime<Utc>, minutes: i64) -> Value {
    json!({"start": from, "end": from + TimeDelta::minutes(minutes)})
}

async fn a_hold_is_released_in_time_and_rolled_back_when_it_is_stale(plan: Plan) {
    let desk = Desk::open(plan).await;
    let ticket = desk.ready_ticket().await;
    let agreed = window(now() + TimeDelta::days(1), 120);
    desk.command(&format!("{ticket}/schedule/propose"), json!({"options": [agreed]})).await.expect(200);
    let scheduled = desk.command(&format!("{ticket}/schedule/confirm"), agreed.clone()).await.expect(200);
    assert_eq!(scheduled["state"], "SCHEDULED");

    // In time.
    let hold = json!({"hold_reason": "CUSTOMER_PENDING", "confirmation_window": window(now(), 60)});
    let held = desk.command(&format!("{ticket}/schedule/hold"), hold).await.expect(201);
    assert_eq!(held["state"], "PENDING_CUSTOMER_CONFIRMATION");
    let release = json!({"customer_confirmation_id": held["hold_id"]});
    let key = RequestId::new().to_string();
    let released = desk.repeatable(&format!("{ticket}/schedule/release"), release.clone(), &key).await.expect(200);
    assert_eq!(
        (&released["state"], &released["scheduled_start"]),
        (&json!("SCHEDULED"), &scheduled["scheduled_start"])
    );
    let again = desk.repeatable(&format!("{ticket}/schedule/release"), release, &key).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body, released);

    // Too late.
    let until = now() + TimeDelta::seconds(2);
    let hold = json!({
        "hold_reason": "CUSTOMER_UNREACHABLE",
        "confirmation_window": {"start": now() - TimeDelta::seconds(1), "end": until},
    });
    let held = desk.command(&format!("{ticket}/schedule/hold"), hold).await.expect(201);
    eventually("the time to confirm is over", Duration::from_secs(10), || {
        std::future::ready((now() > until).then_some(()))
    })
    .await;
    let release = json!({"customer_confirmation_id": held["hold_id"]});
    let late = desk.command(&format!("{ticket}/schedule/release"), release).await;
    assert_eq!(late.body["error"]["policy_error"]["dimension"], "scheduling");
    late.expect_error(409, "CUSTOMER_CONFIRMATION_STALE");
    let rollback = json!({"confirmation_id": held["hold_id"], "reason": "the customer does not answer"});
    let given_up = desk.command(&format!("{ticket}/schedule/rollback"), rollback).await.expect(200);
    assert_eq!((&given_up["state"], &given_up["scheduled_start"]), (&json!("READY_TO_SCHEDULE"), &Value::Null));

    let timeline = desk.dispatcher.get(&format!("{ticket}/timeline")).await.expect(200);
    let events = timeline["events"].as_array().expect("a timeline has events");
    let tools: Vec<&str> = events.iter().filter_map(|event| event["tool_name"].as_str()).collect();
    let story = [
        "ticket.blind_intake", "schedule.propose", "schedule.confirm", "schedule.hold", "schedule.release",
        "schedule.hold", "schedule.rollback",
    ];
    assert_eq!(tools, story);
    let states: Vec<&Value> = events.iter().filter_map(|event| event["transitions"].as_array()).flatten().collect();
    for pair in states.windows(2) {
        assert_eq!(pair[0]["to_state"], pair[1]["from_state"]);
    }
}
