//! Rules: what becomes an alert, how bad it is, and what is the same alert again.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Severity;
use crate::conversation::Priority;
use crate::event::EventName;
use crate::ids::{ConversationId, InboxId, TeamId, TicketId};
use crate::vocabulary;

/// Most words in a list of a rule.
const MOST_WORDS: usize = 100;
/// Longest time that a figure may have to hold, in seconds: a day.
const LONGEST_HOLD: i64 = 86_400;

vocabulary! {
    /// What tells two alerts of a rule apart.
    pub enum GroupField {
        /// What happened.
        Code => "code",
        /// The conversation.
        Conversation => "conversation",
        /// The ticket.
        Ticket => "ticket",
        /// The team.
        Team => "team",
        /// The inbox.
        Inbox => "inbox",
    }
}

/// When a rule applies: to events, or to a figure. Everything given must hold, of a list any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertConditions {
    /// Events; `alert.raised` when neither events nor a figure are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventName>,
    /// What happened, such as `EMERGENCY`; a `*` at the end stands for anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// In these teams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<TeamId>,
    /// In these inboxes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inboxes: Vec<InboxId>,
    /// In conversations of these priorities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub priorities: Vec<Priority>,
    /// A figure of the operational alerts, by the alert's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// From which figure on; the threshold of the settings when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// At or below which figure it is over; anything less than `at_least` when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear_at: Option<i64>,
    /// How long the figure must hold, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<i64>,
}

/// A rule that cannot work: the field, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct Misfit {
    /// The field.
    pub path: &'static str,
    /// Why.
    pub message: &'static str,
}

/// Something that happened, as rules look at it.
#[derive(Clone, Debug)]
pub struct Signal {
    /// The event it was told by; `None`: a figure says so.
    pub event: Option<EventName>,
    /// What happened.
    pub code: String,
    /// How bad whoever told it thinks it is.
    pub severity: Option<Severity>,
    /// The conversation it is about.
    pub conversation_id: Option<ConversationId>,
    /// The ticket it is about.
    pub ticket_id: Option<TicketId>,
    /// The team it is about.
    pub team_id: Option<TeamId>,
    /// The inbox it is about.
    pub inbox_id: Option<InboxId>,
    /// The priority of the conversation.
    pub priority: Option<Priority>,
    /// When it happened.
    pub at: DateTime<Utc>,
}

impl AlertConditions {
    /// The events that the rule looks at. None: it looks at a figure.
    pub fn heard(&self) -> &[EventName] {
        match (&self.metric, self.events.as_slice()) {
            (Some(_), _) => &[],
            (None, []) => &[EventName::AlertRaised],
            (None, events) => events,
        }
    }

    /// Whether the rule applies.
    pub fn fits(&self, signal: &Signal) -> bool {
        let any = |codes: &[String]| codes.iter().any(|code| is_like(&signal.code, code));
        signal.event.is_some_and(|event| self.heard().contains(&event))
            && (self.codes.is_empty() || any(&self.codes))
            && (self.teams.is_empty() || signal.team_id.is_some_and(|team| self.teams.contains(&team)))
            && (self.inboxes.is_empty() || signal.inbox_id.is_some_and(|inbox| self.inboxes.contains(&inbox)))
            && (self.priorities.is_empty() || signal.priority.is_some_and(|one| self.priorities.contains(&one)))
    }

    /// Whether the rule can work at all. `known`: the figures there are.
    pub fn check(&self, known: &[&str]) -> Result<(), Misfit> {
        let refuse = |path, message| Err(Misfit { path, message });
        let lists = [self.events.len(), self.codes.len(), self.teams.len(), self.inboxes.len(), self.priorities.len()];
        if lists.iter().any(|length| *length > MOST_WORDS) {
            return refuse("when", "a list must not have more than 100 entries");
        }
        if self.codes.iter().any(|code| !is_code(code)) {
            return refuse("when.codes", "must be codes such as SLA_BREACH or SLA_*");
        }
        let Some(metric) = &self.metric else {
            if self.at_least.is_some() || self.clear_at.is_some() || self.for_s.is_some() {
                return refuse("when.metric", "is needed with at_least, clear_at or for_s");
            }
            return Ok(());
        };
        if !known.contains(&metric.as_str()) {
            return refuse("when.metric", "no such figure");
        }
        if lists.iter().any(|length| *length > 0) {
            return refuse("when.metric", "a figure has no events, codes, teams, inboxes or priorities");
        }
        if self.at_least.is_some_and(|least| least < 1) {
            return refuse("when.at_least", "must be at least 1");
        }
        if self.for_s.is_some_and(|span| !(0..=LONGEST_HOLD).contains(&span)) {
            return refuse("when.for_s", "must be between 0 and 86400");
        }
        match (self.at_least, self.clear_at) {
            (_, Some(clear)) if clear < 0 => refuse("when.clear_at", "must not be less than 0"),
            (Some(least), Some(clear)) if clear >= least => refuse("when.clear_at", "must be less than at_least"),
            (None, Some(_)) => refuse("when.clear_at", "needs at_least"),
            _ => Ok(()),
        }
    }
}

fn is_code(code: &str) -> bool {
    let head = code.strip_suffix('*').unwrap_or(code);
    code.len() <= 64
        && code != "*"
        && head.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && !head.is_empty()
}

fn is_like(code: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(head) => code.starts_with(head),
        None => code == wanted,
    }
}

/// How bad what happened is when nobody says.
pub fn severity_of(code: &str) -> Severity {
    match code {
        "EMERGENCY" | "SLA_BREACH" | "TICKET_SLA_BREACH" | "SLA_ESCALATION" | "INBOX_UNHEALTHY"
        | "TICKET_ESCALATED" => Severity::Critical,
        "ROUTED" => Severity::Info,
        _ => Severity::Warning,
    }
}

/// What is the same alert again has the same key.
pub fn group_key(rule: impl std::fmt::Display, fields: &[GroupField], signal: &Signal) -> String {
    let mut key = rule.to_string();
    for field in fields {
        let value = match field {
            GroupField::Code => Some(signal.code.clone()),
            GroupField::Conversation => signal.conversation_id.map(|id| id.to_string()),
            GroupField::Ticket => signal.ticket_id.map(|id| id.to_string()),
            GroupField::Team => signal.team_id.map(|id| id.to_string()),
            GroupField::Inbox => signal.inbox_id.map(|id| id.to_string()),
        };
        key.push('|');
        key.push_str(value.as_deref().unwrap_or("-"));
    }
    key
}

/// What is remembered of a figure between two looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// Since when the figure has been high.
    pub since: Option<DateTime<Utc>>,
    /// Since when it has been an alert.
    pub firing_since: Option<DateTime<Utc>>,
}

/// What a look at a figure found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// Nothing new.
    Same,
    /// It is an alert now.
    Fires,
    /// It is one no longer.
    Clears,
}

/// Looks at a figure. It fires when it has been at `least` for `hold`, and clears when it has come down to `clear`; in
/// between it stays what it was.
pub fn measure(
    watch: Watch,
    figure: i64,
    (least, clear): (i64, i64),
    hold: TimeDelta,
    now: DateTime<Utc>,
) -> (Watch, Measured) {
    if watch.firing_since.is_some() {
        return if figure <= clear { (Watch::default(), Measured::Clears) } else { (watch, Measured::Same) };
    }
    if figure < least {
        return (Watch::default(), Measured::Same);
    }
    let since = watch.since.unwrap_or(now);
    if now - since >= hold {
        (Watch { since: Some(since), firing_since: Some(now) }, Measured::Fires)
    } else {
        (Watch { since: Some(since), firing_since: None }, Measured::Same)
    }
}
