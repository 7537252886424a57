//! Ladders: who is told first, by which ways, and who next when nobody answers.

use serde::{Deserialize, Serialize};

use super::NotifyChannel;
use crate::ids::{InboxId, OnCallScheduleId, TeamId, UserId};
use crate::role::Role;

/// Most steps of a ladder, those of the ladders that follow it included.
pub const MOST_STEPS: usize = 50;

/// Whom a step tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Target {
    /// One person.
    User(UserId),
    /// Everybody of a team.
    Team(TeamId),
    /// Everybody of a role.
    Role(Role),
    /// Whoever is on call then.
    Schedule(OnCallScheduleId),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Whom it tells.
    pub notify: Vec<Target>,
    /// By which ways.
    pub channels: Vec<NotifyChannel>,
    /// Where Slack takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack_url: Option<String>,
    /// Through which inbox SMS go; any of ours when nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms_inbox: Option<InboxId>,
    /// How long an answer is awaited before the next step, in seconds.
    pub wait_s: i64,
}

/// A ladder as an alert climbs it: its own steps, then those of the ladders that follow it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// The steps.
    pub steps: Vec<Step>,
    /// How often it begins anew after its last step.
    #[serde(default)]
    pub repeat: u32,
}
