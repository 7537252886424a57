//! How long a statement that only reads may hold the thread of whoever asks: other tasks wait for that thread.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Far longer than most statements take, and no longer than a task may hold its thread.
const LONGEST: Duration = Duration::from_micros(500);
/// Steps of the engine between two looks at the time: a few microseconds.
const STEPS: i32 = 200;
/// Most often that a statement which took too long goes elsewhere at once before it is tried here again. The first time
/// it is once, then twice as often each time: a thread that was only interrupted costs little.
const MOST_ELSEWHERE: u32 = 128;

/// What is brief on one connection.
#[derive(Debug, Default)]
pub(super) struct Brief {
    until: Arc<Mutex<Option<Instant>>>,
    is_watched: bool,
    /// Statements that took too long when they were last tried, by the address of their text.
    long: HashMap<(usize, usize), Elsewhere>,
}

/// How often a statement goes elsewhere.
#[derive(Clone, Copy, Debug)]
struct Elsewhere {
    times: u32,
    left: u32,
}

impl Brief {
    /// Starts the clock for a statement. `false`: it took too long not long ago, and should not run here.
    pub(super) fn begins(&mut self, engine: &rusqlite::Connection, sql: &'static str) -> rusqlite::Result<bool> {
        if let Some(elsewhere) = self.long.get_mut(&key(sql)).filter(|elsewhere| elsewhere.left > 0) {
            elsewhere.left -= 1;
            return Ok(false);
        }
        if !self.is_watched {
            let until = Arc::clone(&self.until);
            let is_late = move || lock(&until).is_some_and(|until| Instant::now() > until);
            engine.progress_handler(STEPS, Some(is_late))?;
            self.is_watched = true;
        }
        *lock(&self.until) = Some(Instant::now() + LONGEST);
        Ok(true)
    }

    /// Stops the clock. `true`: the statement took too long.
    pub(super) fn ended(&mut self, sql: &'static str) -> bool {
        let until = lock(&self.until).take();
        // A single step may take long too, where it sorts or searches: it answers, and is remembered.
        let is_late = until.is_some_and(|until| Instant::now() > until);
        if is_late {
            let before = self.long.get(&key(sql)).map_or(0, |elsewhere| elsewhere.times);
            let times = (before * 2).clamp(1, MOST_ELSEWHERE);
            self.long.insert(key(sql), Elsewhere { times, left: times });
        } else {
            self.long.remove(&key(sql));
        }
        is_late
    }
}

fn key(sql: &'static str) -> (usize, usize) {
    (sql.as_ptr().addr(), sql.len())
}

fn lock(until: &Mutex<Option<Instant>>) -> MutexGuard<'_, Option<Instant>> {
    until.lock().unwrap_or_else(PoisonError::into_inner)
}
