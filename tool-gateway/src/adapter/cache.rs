//! What was read a moment ago. Keys hold the customer, so that nobody is answered with another's.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Read;

/// Entries beyond which the old ones are dropped.
const MOST: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Cache<T> {
    fresh_for: TimeDelta,
    entries: Mutex<HashMap<String, (T, DateTime<Utc>)>>,
}

impl<T: Clone> Cache<T> {
    pub(crate) fn new(fresh_for: Duration) -> Self {
        Self { fresh_for: TimeDelta::from_std(fresh_for).unwrap_or_default(), entries: Mutex::default() }
    }

    fn with<R>(&self, work: impl FnOnce(&mut HashMap<String, (T, DateTime<Utc>)>) -> R) -> R {
        work(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn fresh(&self, key: &str, now: DateTime<Utc>) -> Option<Read<T>> {
        self.with(|entries| {
            let (value, at) = entries.get(key)?;
            (now - *at < self.fresh_for).then(|| Read { value: value.clone(), at: *at, stale: false })
        })
    }

    /// Whatever there is, when nothing better can be had.
    pub(crate) fn any(&self, key: &str) -> Option<Read<T>> {
        self.with(|entries| entries.get(key).map(|(value, at)| Read { value: value.clone(), at: *at, stale: true }))
    }

    pub(crate) fn keep(&self, key: &str, value: T, now: DateTime<Utc>) {
        self.with(|entries| {
            if entries.len() >= MOST {
                entries.retain(|_, (_, at)| now - *at < self.fresh_for);
            }
            if entries.len() < MOST {
                entries.insert(key.to_owned(), (value, now));
            }
        });
    }

    pub(crate) fn drop_where(&self, gone: impl Fn(&str) -> bool) {
        self.with(|entries| entries.retain(|key, _| !gone(key)));
    }
}
