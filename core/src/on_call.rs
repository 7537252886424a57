//! Who is on call: people who take turns, in a time zone, and exceptions. Turns change when the clocks at that place
//! show the hour of the change, also on the days when they are set forward or back.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, Opening};
use crate::hours::{DayMinute, utc};
use crate::ids::UserId;

/// Longest turn, in days.
pub const LONGEST_TURN: i64 = 366;

/// People who take turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Who, in their order.
    pub users: Vec<UserId>,
    /// The day of the first turn.
    pub starts_on: NaiveDate,
    /// When turns change.
    pub handoff: DayMinute,
    /// How many days a turn has.
    pub days: i64,
    /// When somebody is on call at all; always when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Opening>,
}

/// Somebody takes over for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Who.
    pub user: UserId,
    /// From.
    pub from: DateTime<Utc>,
    /// Until.
    pub until: DateTime<Utc>,
}

/// Who is on call when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Whose clocks count.
    pub timezone: String,
    /// Rotations; the first that has somebody decides.
    pub rotations: Vec<Rotation>,
    /// Exceptions; of several the last decides.
    pub overrides: Vec<Override>,
}

/// Somebody is on call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnCall {
    /// Who.
    pub user: UserId,
    /// Until when the turn or the exception lasts.
    pub until: DateTime<Utc>,
    /// The place of the rotation; `None`: an exception.
    pub rotation: Option<usize>,
}

/// Who is on call at `at`. `None`: nobody.
pub fn on_call(schedule: &Schedule, at: DateTime<Utc>) -> Option<OnCall> {
    let exception = schedule.overrides.iter().rev().find(|one| one.from <= at && at < one.until);
    if let Some(one) = exception {
        return Some(OnCall { user: one.user, until: one.until, rotation: None });
    }
    schedule.rotations.iter().enumerate().find_map(|(place, rotation)| {
        let (user, until) = turn(rotation, &schedule.timezone, at)?;
        Some(OnCall { user, until, rotation: Some(place) })
    })
}

fn turn(rotation: &Rotation, timezone: &str, at: DateTime<Utc>) -> Option<(UserId, DateTime<Utc>)> {
    let days = rotation.days.clamp(1, LONGEST_TURN);
    let change = |turn: i64| -> Option<DateTime<Utc>> {
        let ahead = Days::new(u64::try_from(turn.checked_mul(days)?).ok()?);
        let midnight = rotation.starts_on.checked_add_days(ahead)?.and_time(NaiveTime::MIN);
        Some(utc(midnight + TimeDelta::minutes(rotation.handoff.get()), timezone))
    };
    let first = change(0)?;
    if at < first || rotation.users.is_empty() {
        return None;
    }
    // Days of 23 and 25 hours shift the guess by one turn at most.
    let guess = (at - first).num_days() / days;
    let turn =
        (guess.saturating_sub(1)..=guess + 1).rev().find(|turn| change(*turn).is_some_and(|begin| begin <= at))?;
    if !rotation.hours.is_empty() {
        let calendar = Calendar::new(timezone, rotation.hours.clone(), []).ok()?;
        if !calendar.is_open(at) {
            return None;
        }
    }
    let users = i64::try_from(rotation.users.len()).ok()?;
    let user = rotation.users.get(usize::try_from(turn % users).ok()?)?;
    Some((*user, change(turn + 1)?))
}

#[cfg(test)]
mod tests;
