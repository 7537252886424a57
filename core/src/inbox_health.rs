//! How an inbox fares, told from what passes through it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::vocabulary;

/// Failures one after another that make an inbox degraded.
const FAILURES: i64 = 3;
/// Wrong signatures, each within a quarter of an hour of the one before, that are worth a [`Signal::Forged`].
pub const FORGERIES: u32 = 10;
/// The code of an inbox that is degraded by them.
const FORGED: &str = "WEBHOOK_SIGNATURE_INVALID";
/// How long trouble is remembered that nothing contradicts.
pub const FORGET_AFTER: TimeDelta = TimeDelta::minutes(15);
/// How often it is written down that the same trouble goes on: whoever fails would wait for whoever failed just before.
const STILL_TROUBLE: TimeDelta = TimeDelta::seconds(10);

vocabulary! {
    /// How an inbox fares.
    pub enum HealthState {
        /// What is sent is taken.
        Ok => "ok",
        /// Several sends failed one after another, or what comes in is not signed as it should be.
        Degraded => "degraded",
        /// The provider does not accept our credentials or our account: nothing leaves until somebody acts.
        AuthFailed => "auth_failed",
        /// Somebody paused it.
        Paused => "paused",
    }
}

/// Something that happened at an inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal<'a> {
    /// A provider took a message.
    Worked,
    /// A provider failed, was not there, or was asked too much.
    Failed {
        /// The provider's code, or one of ours.
        code: &'a str,
    },
    /// A provider refuses until an operator acts.
    Refused {
        /// The provider's code.
        code: &'a str,
    },
    /// Several requests came that were not signed with the inbox's keys.
    Forged,
}

/// The health of an inbox as it is kept. A pause stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// How it fares; never `Paused`.
    pub state: HealthState,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The code that made it so.
    pub code: Option<String>,
    /// Failures since it last worked.
    pub failures: i64,
    /// When it last worked.
    pub last_ok_at: Option<DateTime<Utc>>,
    /// When it last failed.
    pub last_failure_at: Option<DateTime<Utc>>,
}

impl Health {
    /// Nothing has happened yet.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { state: HealthState::Ok, since: now, code: None, failures: 0, last_ok_at: None, last_failure_at: None }
    }

    /// What a signal makes of it.
    #[must_use]
    pub fn after(&self, signal: Signal<'_>, now: DateTime<Utc>) -> Self {
        let stale = self.last_failure_at.is_none_or(|at| now - at > FORGET_AFTER);
        let failures = if stale { 1 } else { self.failures + 1 };
        let failed = |state: HealthState, code: &str| {
            let same = state == self.state && self.code.as_deref() == Some(code);
            Self {
                state,
                since: if state == self.state { self.since } else { now },
                code: if same { self.code.clone() } else { Some(code.to_owned()) },
                failures,
                last_failure_at: Some(now),
                ..self.clone()
            }
        };
        let counted = |most: i64, code: &str| match self.state {
            // Worse is known already.
            HealthState::AuthFailed => Self { failures, last_failure_at: Some(now), ..self.clone() },
            _ if failures >= most || self.state == HealthState::Degraded => failed(HealthState::Degraded, code),
            _ => Self { failures, last_failure_at: Some(now), ..self.clone() },
        };
        match signal {
            // That we may send says nothing of what we are sent; this trouble ends when nobody confirms it any more.
            Signal::Worked if self.is_forged() => Self { last_ok_at: Some(now), failures: 0, ..self.clone() },
            Signal::Worked => {
                let since = if self.state == HealthState::Ok { self.since } else { now };
                Self { last_ok_at: Some(now), last_failure_at: self.last_failure_at, since, ..Self::new(now) }
            }
            Signal::Refused { code } => failed(HealthState::AuthFailed, code),
            Signal::Failed { code } => counted(FAILURES, code),
            Signal::Forged if self.state == HealthState::AuthFailed => self.clone(),
            Signal::Forged => failed(HealthState::Degraded, FORGED),
        }
    }

    /// Whether this says more than what stood `before`. That the same trouble goes on is no news for some seconds.
    pub fn is_news_after(&self, before: &Self) -> bool {
        let is_trouble = matches!(self.state, HealthState::Degraded | HealthState::AuthFailed);
        let is_same = (self.state, &self.code, self.since) == (before.state, &before.code, before.since)
            && self.last_ok_at == before.last_ok_at;
        let failed = before.last_failure_at.zip(self.last_failure_at);
        !(is_trouble && is_same && failed.is_some_and(|(before, now)| now - before < STILL_TROUBLE))
    }

    fn is_forged(&self) -> bool {
        self.state == HealthState::Degraded && self.code.as_deref() == Some(FORGED)
    }

    /// For people.
    pub fn reason(&self) -> Option<String> {
        let code = self.code.as_deref()?;
        match self.state {
            HealthState::Ok | HealthState::Paused => None,
            HealthState::Degraded if code == FORGED => {
                Some("what comes in is not signed with the keys of this inbox".to_owned())
            }
            HealthState::Degraded => Some(format!("several messages in a row could not be handed over ({code})")),
            HealthState::AuthFailed => Some(format!("the provider refuses until somebody acts ({code})")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_719_195 + second, 0).unwrap()
    }

    fn run(signals: &[Signal<'static>]) -> Health {
        let step =
            |(health, second): (Health, i64), signal: &Signal<'static>| (health.after(*signal, at(second)), second + 1);
        signals.iter().fold((Health::new(at(0)), 1), step).0
    }

    const FAILED: Signal<'static> = Signal::Failed { code: "503" };
    const REFUSED: Signal<'static> = Signal::Refused { code: "190" };

    #[test]
    fn three_failures_in_a_row_degrade_an_inbox_and_a_success_mends_it() {
        assert_eq!(run(&[FAILED, FAILED]).state, HealthState::Ok);
        assert_eq!(run(&[FAILED, Signal::Worked, FAILED, FAILED]).state, HealthState::Ok);
        let sick = run(&[FAILED, FAILED, FAILED, FAILED]);
        assert_eq!((sick.state, sick.since), (HealthState::Degraded, at(3)));
        assert_eq!(sick.after(Signal::Worked, at(60)).state, HealthState::Ok);
    }

    #[test]
    fn a_refusal_is_worse_than_failures() {
        let refused = run(&[REFUSED, FAILED, FAILED, FAILED, FAILED]);
        assert_eq!((refused.state, refused.code.as_deref()), (HealthState::AuthFailed, Some("190")));
    }

    #[test]
    fn what_we_send_does_not_hide_that_what_comes_is_forged() {
        let health = run(&[Signal::Forged, Signal::Worked, Signal::Worked]);
        assert_eq!((health.state, health.since), (HealthState::Degraded, at(1)));
        assert_eq!(health.reason().as_deref(), Some("what comes in is not signed with the keys of this inbox"));
        // A refusal is worse, and its end shows nothing of what was forgotten meanwhile.
        let refused = health.after(REFUSED, at(10)).after(Signal::Forged, at(11));
        assert_eq!(refused.state, HealthState::AuthFailed);
        assert_eq!(refused.after(Signal::Worked, at(12)).state, HealthState::Ok);
    }

    #[test]
    fn that_trouble_goes_on_is_no_news_for_some_seconds() {
        let sick = run(&[FAILED, FAILED, FAILED]);
        assert!(sick.is_news_after(&run(&[FAILED, FAILED])), "it was not sick before");
        assert!(run(&[FAILED, FAILED]).is_news_after(&run(&[FAILED])), "the row grows");
        let still = |second| sick.after(FAILED, at(second)).is_news_after(&sick);
        assert_eq!([4, 12, 13, 60].map(still), [false, false, true, true]);
        assert!(sick.after(Signal::Failed { code: "timeout" }, at(4)).is_news_after(&sick), "for another reason");
        assert!(
            sick.after(REFUSED, at(4)).is_news_after(&sick) && sick.after(Signal::Worked, at(4)).is_news_after(&sick)
        );
        let refused = run(&[REFUSED]);
        assert!(!refused.after(FAILED, at(2)).is_news_after(&refused));
    }

    #[test]
    fn failures_far_apart_are_no_row() {
        let mut health = Health::new(at(0));
        for hour in 1..10 {
            health = health.after(FAILED, at(hour * 3600));
        }
        assert_eq!(health.state, HealthState::Ok);
    }

    fn any_signal() -> impl Strategy<Value = Signal<'static>> {
        prop_oneof![Just(Signal::Worked), Just(FAILED), Just(REFUSED), Just(Signal::Forged)]
    }

    proptest! {
        #[test]
        fn the_last_success_always_mends_and_since_never_runs_ahead(signals in proptest::collection::vec(any_signal(), 0..40)) {
            let health = run(&signals);
            prop_assert!(health.since <= at(i64::try_from(signals.len()).unwrap()));
            prop_assert_ne!(health.state, HealthState::Paused);
            if signals.last() == Some(&Signal::Worked) {
                prop_assert!(health.state == HealthState::Ok || health.is_forged());
                prop_assert_eq!(health.failures, 0);
            }
            if health.state != HealthState::Ok {
                prop_assert!(health.reason().is_some());
            }
        }
    }
}
