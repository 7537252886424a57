//! The life of an alert: open, acknowledged or snoozed, resolved; and how far it has climbed its ladder.

use chrono::{DateTime, TimeDelta, Utc};

use super::{AlertState, Ladder};

/// How an alert stands, and what comes next by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertLife {
    /// How it stands.
    pub state: AlertState,
    /// How often its ladder was begun, from 1.
    pub run: i64,
    /// The step that comes next, from 0.
    pub step: i64,
    /// When that is due; `None`: never, unless something happens.
    pub next_step_at: Option<DateTime<Utc>>,
    /// Until when nobody is told.
    pub snoozed_until: Option<DateTime<Utc>>,
}

/// What can happen to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Somebody looks after it.
    Acknowledge,
    /// Nobody wants to hear of it before this.
    Snooze(DateTime<Utc>),
    /// What it was about has got worse.
    Worsen,
    /// It is over.
    Resolve,
}

/// What can happen to an alert does not happen to one that stands like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the alert is {0}")]
pub struct NotFromHere(pub AlertState);

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// The step to take, if one is due.
    pub step: Option<usize>,
    /// The run of the ladder that it belongs to.
    pub run: i64,
    /// When to look again.
    pub next: Option<DateTime<Utc>>,
}

impl AlertLife {
    /// A new alert: its first step is due at once.
    pub fn begin(ladder: &Ladder, now: DateTime<Utc>) -> Self {
        let mut life = Self { state: AlertState::Open, run: 0, step: 0, next_step_at: None, snoozed_until: None };
        life.climb(ladder, now);
        life
    }

    /// Begins the ladder, or begins it anew.
    fn climb(&mut self, ladder: &Ladder, now: DateTime<Utc>) {
        self.run += 1;
        self.step = 0;
        self.next_step_at = (!ladder.steps.is_empty()).then_some(now);
    }

    /// Something happens. Acknowledging what is acknowledged changes nothing; what is resolved stays so.
    pub fn on(&mut self, trigger: Trigger, ladder: &Ladder, now: DateTime<Utc>) -> Result<(), NotFromHere> {
        use AlertState::{Acknowledged, Open, Resolved, Snoozed};
        match (self.state, trigger) {
            (Resolved, Trigger::Resolve) | (Acknowledged, Trigger::Acknowledge) => {}
            (Resolved, _) => return Err(NotFromHere(Resolved)),
            (Open | Snoozed, Trigger::Acknowledge) => self.rest(Acknowledged, None),
            (Open | Acknowledged | Snoozed, Trigger::Snooze(until)) => self.rest(Snoozed, Some(until)),
            (Open | Acknowledged | Snoozed, Trigger::Resolve) => self.rest(Resolved, None),
            // Whoever was told of something smaller was not told of this.
            (Open | Acknowledged | Snoozed, Trigger::Worsen) => {
                self.rest(Open, None);
                self.climb(ladder, now);
            }
        }
        Ok(())
    }

    fn rest(&mut self, state: AlertState, until: Option<DateTime<Utc>>) {
        self.state = state;
        self.next_step_at = None;
        self.snoozed_until = until;
    }

    /// What is due at `now`: a snooze that ends, then at most one step. The step after it is due when its wait is over,
    /// counted from when the step was due; after a pause of ours from now, so that everybody has their time to answer.
    pub fn ring(&mut self, ladder: &Ladder, now: DateTime<Utc>) -> Ring {
        if self.state == AlertState::Snoozed && self.snoozed_until.is_none_or(|until| until <= now) {
            self.rest(AlertState::Open, None);
            self.climb(ladder, now);
        }
        let due = self.next_step_at.filter(|at| *at <= now && self.state == AlertState::Open);
        let run = self.run;
        let Some(due) = due else { return Ring { step: None, run, next: self.next_at() } };
        let taken = usize::try_from(self.step).unwrap_or(usize::MAX);
        let Some(step) = ladder.steps.get(taken) else {
            self.next_step_at = None;
            return Ring { step: None, run, next: None };
        };
        let wait = TimeDelta::try_seconds(step.wait_s.max(0)).unwrap_or(TimeDelta::zero());
        let planned = due + wait;
        let next = if planned > now { planned } else { now + wait };
        self.step += 1;
        self.next_step_at = Some(next);
        if taken + 1 == ladder.steps.len() {
            if self.run <= i64::from(ladder.repeat) {
                self.climb(ladder, next);
            } else {
                self.next_step_at = None;
            }
        }
        Ring { step: Some(taken), run, next: self.next_at() }
    }

    /// When something is due by itself.
    pub fn next_at(&self) -> Option<DateTime<Utc>> {
        match self.state {
            AlertState::Open => self.next_step_at,
            AlertState::Snoozed => self.snoozed_until,
            AlertState::Acknowledged | AlertState::Resolved => None,
        }
    }
}
