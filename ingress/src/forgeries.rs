//! Requests that no key of their inbox made, counted on each node: a few come from anybody who finds the address, many
//! mean that a key is wrong or that somebody tries.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::ids::InboxId;
use patchbay_core::inbox_health::{FORGERIES, FORGET_AFTER};

/// How often it is said again that they go on.
const REMIND: TimeDelta = TimeDelta::minutes(1);

/// What was counted, for each inbox. There are as many entries as inboxes at most.
#[derive(Debug, Default)]
pub(crate) struct Forgeries(Mutex<HashMap<InboxId, Seen>>);

#[derive(Clone, Copy, Debug)]
struct Seen {
    count: u32,
    last: DateTime<Utc>,
    told: Option<DateTime<Utc>>,
}

impl Forgeries {
    /// Counts one. Whether it is time to say so.
    pub(crate) fn count(&self, inbox: InboxId, now: DateTime<Utc>) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = all.entry(inbox).or_insert(Seen { count: 0, last: now, told: None });
        if now - seen.last > FORGET_AFTER {
            *seen = Seen { count: 0, last: now, told: None };
        }
        seen.count = seen.count.saturating_add(1);
        seen.last = now;
        let is_time = seen.count >= FORGERIES && seen.told.is_none_or(|told| now - told >= REMIND);
        if is_time {
            seen.told = Some(now);
        }
        is_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_in_a_row_are_told_once_a_minute_and_few_never() {
        let (forgeries, inbox) = (Forgeries::default(), InboxId::new());
        let at = |second: i64| DateTime::from_timestamp(1_772_719_200 + second, 0).unwrap();
        let told: Vec<i64> = (0..100).filter(|second| forgeries.count(inbox, at(*second))).collect();
        assert_eq!(told, [9, 69]);
        let other = InboxId::new();
        assert!((0..50).all(|hour| !forgeries.count(other, at(hour * 3600))));
    }
}
