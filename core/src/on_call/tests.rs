use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn users() -> Vec<UserId> {
    (0..3).map(|_| UserId::new()).collect()
}

fn schedule(users: &[UserId], starts_on: &str, handoff: &str, days: i64) -> Schedule {
    let rotation = Rotation {
        users: users.to_vec(),
        starts_on: starts_on.parse().unwrap(),
        handoff: handoff.parse().unwrap(),
        days,
        hours: Vec::new(),
    };
    Schedule { timezone: "America/Toronto".into(), rotations: vec![rotation], overrides: Vec::new() }
}

#[track_caller]
fn check(schedule: &Schedule, time: &str, expect: Option<UserId>) {
    assert_eq!(on_call(schedule, at(time)).map(|on_call| on_call.user), expect, "{time}");
}

#[test]
fn turns_change_when_the_clocks_there_show_the_hour() {
    let users = users();
    let weekly = schedule(&users, "2026-01-05", "09:00", 7);
    check(&weekly, "2026-01-05T13:59:59Z", None);
    check(&weekly, "2026-01-05T14:00:00Z", Some(users[0]));
    check(&weekly, "2026-01-12T13:59:59Z", Some(users[0]));
    check(&weekly, "2026-01-12T14:00:00Z", Some(users[1]));
    check(&weekly, "2026-01-26T14:00:00Z", Some(users[0]));
}

#[test]
fn clocks_that_are_set_forward_do_not_move_the_change() {
    let users = users();
    // Toronto skips 02:00 to 03:00 on 2026-03-08, a Sunday.
    let daily = schedule(&users, "2026-03-07", "09:00", 1);
    check(&daily, "2026-03-08T12:59:59Z", Some(users[0]));
    check(&daily, "2026-03-08T13:00:00Z", Some(users[1]));
    assert_eq!(on_call(&daily, at("2026-03-07T14:00:00Z")).unwrap().until, at("2026-03-08T13:00:00Z"));
    // An hour that is skipped comes when it would have come.
    let skipped = schedule(&users, "2026-03-07", "02:30", 1);
    check(&skipped, "2026-03-08T07:29:59Z", Some(users[0]));
    check(&skipped, "2026-03-08T07:30:00Z", Some(users[1]));
}

#[test]
fn clocks_that_are_set_back_do_not_move_the_change_either() {
    let users = users();
    // Toronto shows 01:00 to 02:00 twice on 2026-11-01: the first time counts.
    let daily = schedule(&users, "2026-10-31", "01:30", 1);
    check(&daily, "2026-11-01T05:29:59Z", Some(users[0]));
    check(&daily, "2026-11-01T05:30:00Z", Some(users[1]));
    check(&daily, "2026-11-01T06:30:00Z", Some(users[1]));
    check(&daily, "2026-11-02T06:29:59Z", Some(users[1]));
    check(&daily, "2026-11-02T06:30:00Z", Some(users[2]));
}

#[test]
fn a_leap_day_is_a_day() {
    let users = users();
    let daily = schedule(&users, "2028-02-28", "00:00", 1);
    check(&daily, "2028-02-29T12:00:00Z", Some(users[1]));
    check(&daily, "2028-03-01T12:00:00Z", Some(users[2]));
}

#[test]
fn exceptions_go_before_turns_and_the_last_before_the_others() {
    let users = users();
    let mut weekly = schedule(&users, "2026-01-05", "09:00", 7);
    let one = |user, from: &str, until: &str| Override { user, from: at(from), until: at(until) };
    weekly.overrides = vec![
        one(users[1], "2026-01-06T00:00:00Z", "2026-01-08T00:00:00Z"),
        one(users[2], "2026-01-07T00:00:00Z", "2026-01-07T12:00:00Z"),
    ];
    check(&weekly, "2026-01-06T00:00:00Z", Some(users[1]));
    check(&weekly, "2026-01-07T11:59:59Z", Some(users[2]));
    check(&weekly, "2026-01-07T12:00:00Z", Some(users[1]));
    check(&weekly, "2026-01-08T00:00:00Z", Some(users[0]));
}

#[test]
fn outside_its_hours_a_rotation_leaves_it_to_the_next() {
    let users = users();
    let mut both = schedule(&users[..1], "2026-01-01", "00:00", 7);
    both.rotations[0].hours = (0..5)
        .map(|weekday| Opening { weekday, open: "09:00".parse().unwrap(), close: "17:00".parse().unwrap() })
        .collect();
    both.rotations.push(schedule(&users[1..2], "2026-01-01", "00:00", 7).rotations.remove(0));
    check(&both, "2026-01-05T14:00:00Z", Some(users[0]));
    check(&both, "2026-01-05T22:00:00Z", Some(users[1]));
    check(&both, "2026-01-10T15:00:00Z", Some(users[1]));
}

proptest! {
    #[test]
    fn somebody_is_on_call_at_every_moment_and_turns_meet(
        minutes in 0..600_000_i64, days in 1..15_i64, handoff in 0..1_440_i64,
    ) {
        let users = users();
        let mut schedule = schedule(&users, "2026-01-01", "00:00", days);
        schedule.rotations[0].handoff = DayMinute::try_from(handoff).unwrap();
        let now = at("2026-01-03T00:00:00Z") + TimeDelta::minutes(minutes);
        let found = on_call(&schedule, now).unwrap();
        prop_assert!(now < found.until);
        prop_assert_eq!(on_call(&schedule, found.until - TimeDelta::seconds(1)).unwrap().user, found.user);
        let next = on_call(&schedule, found.until).unwrap();
        prop_assert_ne!(next.user, found.user);
    }
}
