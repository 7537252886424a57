//! The breaker: after five failures in a row a system is left alone for a minute; then one call tries it, and never a
//! commit. Source: S3, error handling.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const FAILURES: u32 = 5;
const OPEN_FOR: Duration = Duration::from_mins(1);
/// A probe that has not come back after so long will not: whoever made it went away.
const PROBE_FOR: Duration = Duration::from_mins(1);

/// What kind of call wants to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Any.
    Ordinary,
    /// One that carries something out: never the first after a pause.
    Commit,
}

#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
    probing: Option<Instant>,
}

impl Breaker {
    /// Lets a call pass. Error: seconds until it makes sense to ask again.
    pub(super) fn enter(&self, call: Call, now: Instant) -> Result<(), u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = state.open_until else { return Ok(()) };
        if now < until {
            return Err(until.duration_since(now).as_secs() + 1);
        }
        let is_probed = state.probing.is_some_and(|since| now < since + PROBE_FOR);
        if is_probed || call == Call::Commit {
            return Err(1);
        }
        state.probing = Some(now);
        Ok(())
    }

    /// Notes how a call ended.
    pub(super) fn leave(&self, failed: bool, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !failed {
            *state = State::default();
            return;
        }
        state.failures += 1;
        if state.probing.is_some() || state.failures >= FAILURES {
            state.open_until = Some(now + OPEN_FOR);
            state.probing = None;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).open_until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_open_it_and_one_probe_closes_it() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..5 {
            assert!(breaker.enter(Call::Ordinary, now).is_ok());
            breaker.leave(true, now);
        }
        assert!(breaker.enter(Call::Ordinary, now).is_err());
        let later = now + OPEN_FOR;
        assert!(breaker.enter(Call::Commit, later).is_err(), "a commit is never the probe");
        assert!(breaker.enter(Call::Ordinary, later).is_ok());
        assert!(breaker.enter(Call::Ordinary, later).is_err(), "one probe at a time");
        breaker.leave(false, later);
        assert!(breaker.enter(Call::Commit, later).is_ok());
    }

    #[test]
    fn a_probe_that_never_comes_back_blocks_nobody_for_ever() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..5 {
            breaker.leave(true, now);
        }
        let later = now + OPEN_FOR;
        assert!(breaker.enter(Call::Ordinary, later).is_ok());
        assert!(breaker.enter(Call::Ordinary, later + PROBE_FOR).is_ok());
    }

    #[test]
    fn a_failed_probe_opens_it_again() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..5 {
            breaker.leave(true, now);
        }
        let later = now + OPEN_FOR;
        assert!(breaker.enter(Call::Ordinary, later).is_ok());
        breaker.leave(true, later);
        assert!(breaker.enter(Call::Ordinary, later).is_err());
    }
}
