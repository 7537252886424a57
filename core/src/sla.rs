//! Service levels of conversations: until when somebody must have answered, until when it must be done. Clocks count in
//! the time of the policy's calendar and stand still while the customer's answer is awaited. Source: domain, ticket SLA
//! (conversation part).

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::conversation::{ConversationStatus, Priority};
use crate::ids::{SlaPolicyId, TeamId};
use crate::ticket::SlaStatus;
use crate::vocabulary;

vocabulary! {
    /// What is promised.
    pub enum SlaTarget {
        /// That a person of ours answers.
        FirstResponse => "frt",
        /// That it gets done.
        Resolution => "resolution",
    }
}

/// What is promised to the customers of a team, by priority.
#[derive(Clone, Debug, PartialEq)]
pub struct SlaPolicy {
    /// Our id.
    pub id: SlaPolicyId,
    /// Its version.
    pub version: i64,
    /// Until somebody has answered.
    pub first_response: Option<TimeDelta>,
    /// Until it is done.
    pub resolution: Option<TimeDelta>,
    /// Until somebody else is told that nobody has answered.
    pub escalation: Option<TimeDelta>,
    /// How long before a deadline it is warned of; a fifth of the target when nobody says.
    pub warning: Option<TimeDelta>,
    /// When time counts; `None`: always.
    pub calendar: Option<Arc<Calendar>>,
}

/// All policies in force.
#[derive(Clone, Debug, Default)]
pub struct SlaPolicies {
    /// By team and priority.
    pub by_team: BTreeMap<(TeamId, Priority), Arc<SlaPolicy>>,
}

impl SlaPolicies {
    /// The policy of a conversation.
    pub fn of(&self, team: Option<TeamId>, priority: Priority) -> Option<&Arc<SlaPolicy>> {
        self.by_team.get(&(team?, priority))
    }
}

/// One clock of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaClock {
    /// When the time is up, if the clock runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
    /// When a warning is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_at: Option<DateTime<Utc>>,
    /// When it was warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned_at: Option<DateTime<Utc>>,
    /// When the promise was broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breached_at: Option<DateTime<Utc>>,
    /// When the promise was kept, in time or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met_at: Option<DateTime<Utc>>,
}

/// The clocks of a conversation, as they are stored with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaTrack {
    /// The policy they follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<SlaPolicyId>,
    /// Its version then.
    #[serde(default)]
    pub policy_version: i64,
    /// When the clocks began.
    pub started_at: DateTime<Utc>,
    /// The first answer.
    #[serde(default)]
    pub first_response: SlaClock,
    /// The end.
    #[serde(default)]
    pub resolution: SlaClock,
    /// When somebody else must be told that nobody has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_at: Option<DateTime<Utc>>,
    /// When that happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<DateTime<Utc>>,
    /// Since when the clock of the end stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_since: Option<DateTime<Utc>>,
    /// Stretches in which it stood still before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

/// What the clocks of a conversation go by.
#[derive(Clone, Copy, Debug)]
pub struct SlaFacts {
    /// When the customer first wrote.
    pub started_at: DateTime<Utc>,
    /// When a person of ours first answered.
    pub first_response_at: Option<DateTime<Utc>>,
    /// Where the conversation stands.
    pub status: ConversationStatus,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
}

/// What a timer found to be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlaNews {
    /// Little time is left.
    Warning(SlaTarget),
    /// The promise is broken.
    Breach(SlaTarget),
    /// Nobody has answered for too long.
    Escalation,
}

/// Most pauses that are kept one by one; then the oldest two become one, with the time between them.
const MOST_PAUSES: usize = 100;

fn after(calendar: Option<&Calendar>, from: DateTime<Utc>, span: TimeDelta) -> Option<DateTime<Utc>> {
    match calendar {
        Some(calendar) => calendar.after(from, span),
        None => from.checked_add_signed(span),
    }
}

fn between(calendar: Option<&Calendar>, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
    match calendar {
        Some(calendar) => calendar.between(from, to),
        None => (to - from).max(TimeDelta::zero()),
    }
}

impl SlaTrack {
    /// The clocks as they stand at `now` under `policy`: started, stopped, paused and set anew as the conversation and
    /// the policy say. What was warned of and what was broken stays so.
    #[must_use]
    pub fn follow(
        known: Option<&Self>,
        policy: Option<&SlaPolicy>,
        facts: SlaFacts,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let mut track = match (known, policy) {
            (None, None) => return None,
            (Some(known), _) => known.clone(),
            (None, Some(_)) => Self { started_at: facts.started_at, ..Self::default() },
        };
        track.pause(facts, now);
        track.first_response.met_at = track.first_response.met_at.or(facts.first_response_at);
        track.resolution.met_at =
            if facts.status == ConversationStatus::Closed { facts.closed_at.or(Some(now)) } else { None };
        (track.policy_id, track.policy_version) = policy.map_or((None, 0), |policy| (Some(policy.id), policy.version));
        track.set(policy);
        Some(track)
    }

    fn pause(&mut self, facts: SlaFacts, now: DateTime<Utc>) {
        let stands = matches!(facts.status, ConversationStatus::PendingCustomer | ConversationStatus::Closed);
        match (self.paused_since, stands) {
            (None, true) => self.paused_since = Some(now),
            (Some(since), false) => {
                self.paused_since = None;
                if now > since {
                    self.pauses.push((since, now));
                }
                if self.pauses.len() > MOST_PAUSES {
                    let first = self.pauses.remove(0);
                    self.pauses[0].0 = first.0;
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, policy: Option<&SlaPolicy>) {
        let calendar = policy.and_then(|policy| policy.calendar.as_deref());
        let warning = policy.and_then(|policy| policy.warning);
        let times = |target: TimeDelta, paused: TimeDelta| {
            let lead = warning.unwrap_or(target / 5).min(target);
            (
                after(calendar, self.started_at, target + paused),
                after(calendar, self.started_at, target + paused - lead),
            )
        };
        let first = policy.and_then(|policy| policy.first_response).map(|target| times(target, TimeDelta::zero()));
        let paused: TimeDelta = self.pauses.iter().map(|(from, to)| between(calendar, *from, *to)).sum();
        let runs = self.paused_since.is_none();
        let last = policy.and_then(|policy| policy.resolution).filter(|_| runs).map(|target| times(target, paused));
        let escalation = policy.and_then(|policy| policy.escalation);
        let escalate_at = escalation.and_then(|span| after(calendar, self.started_at, span));
        (self.first_response.due_at, self.first_response.warn_at) = first.unwrap_or_default();
        (self.resolution.due_at, self.resolution.warn_at) = last.unwrap_or_default();
        self.escalate_at = escalate_at;
        // Answered too late between two looks of the timer: it counts all the same.
        for clock in [&mut self.first_response, &mut self.resolution] {
            if let (Some(met), Some(due)) = (clock.met_at, clock.due_at)
                && met > due
            {
                clock.breached_at = clock.breached_at.or(Some(due));
            }
        }
    }

    /// How the conversation stands.
    pub fn status(&self) -> SlaStatus {
        let clocks = [&self.first_response, &self.resolution];
        if clocks.iter().any(|clock| clock.breached_at.is_some()) {
            SlaStatus::Breach
        } else if clocks
            .iter()
            .any(|clock| clock.warned_at.is_some() && clock.met_at.is_none() && clock.due_at.is_some())
        {
            SlaStatus::Warning
        } else {
            SlaStatus::Healthy
        }
    }

    /// When a timer must look again. `None`: nothing is due any more.
    pub fn next_at(&self) -> Option<DateTime<Utc>> {
        self.dues().map(|(at, _)| at).min()
    }

    /// What is due at `now` and was not noted yet; notes it.
    pub fn fire(&mut self, now: DateTime<Utc>) -> Vec<SlaNews> {
        let mut due: Vec<(DateTime<Utc>, SlaNews)> = self.dues().filter(|(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        for (at, news) in &due {
            match news {
                SlaNews::Warning(target) => self.clock_mut(*target).warned_at = Some(*at),
                SlaNews::Breach(target) => self.clock_mut(*target).breached_at = Some(*at),
                SlaNews::Escalation => self.escalated_at = Some(*at),
            }
        }
        due.into_iter().map(|(_, news)| news).collect()
    }

    fn clock_mut(&mut self, target: SlaTarget) -> &mut SlaClock {
        match target {
            SlaTarget::FirstResponse => &mut self.first_response,
            SlaTarget::Resolution => &mut self.resolution,
        }
    }

    fn dues(&self) -> impl Iterator<Item = (DateTime<Utc>, SlaNews)> + '_ {
        let clocks = [(SlaTarget::FirstResponse, &self.first_response), (SlaTarget::Resolution, &self.resolution)];
        // Of a closed conversation nothing is due.
        let is_open = self.resolution.met_at.is_none();
        let runs = move |(_, clock): &(SlaTarget, &SlaClock)| is_open && clock.met_at.is_none();
        let of_clocks = clocks.into_iter().filter(runs).flat_map(|(target, clock)| {
            let warning = clock.warn_at.filter(|_| clock.warned_at.is_none() && clock.breached_at.is_none());
            let breach = clock.due_at.filter(|_| clock.breached_at.is_none());
            [warning.map(|at| (at, SlaNews::Warning(target))), breach.map(|at| (at, SlaNews::Breach(target)))]
        });
        let unanswered = is_open && self.first_response.met_at.is_none() && self.escalated_at.is_none();
        let escalation =
            self.escalate_at.filter(|_| unanswered && self.paused_since.is_none()).map(|at| (at, SlaNews::Escalation));
        of_clocks.flatten().chain(escalation)
    }
}

#[cfg(test)]
mod tests;
