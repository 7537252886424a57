//! A routing rule as it is written.

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::conversation::Priority;
use crate::ids::{RoutingRuleId, TeamId, UserId};
use crate::ticket::TicketPriority;
use crate::triage::{Language, Question};
use crate::vocabulary;

/// Longest pattern, in characters. Source: domain, routing rule format.
pub const MAX_PATTERN_CHARS: usize = 200;

vocabulary! {
    /// Who is told of a conversation.
    pub enum Notified {
        /// Those who lead.
        Supervisors => "supervisors",
        /// Whoever is on call.
        OnCall => "on_call",
    }
}

/// A rule and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRef {
    /// The rule.
    pub id: RoutingRuleId,
    /// Its version.
    pub version: i64,
}

/// When a rule applies: everything given must hold, of a list any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    /// On one of these channels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channel: Vec<Channel>,
    /// When this was chosen from the menu: a number from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub menu_choice: Vec<String>,
    /// When one of these words was written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords_any: Vec<String>,
    /// When what was written matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// When a classifier took it for one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intent: Vec<String>,
    /// How sure the classifier must have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_confidence_gte: Option<f64>,
    /// In one of these languages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub language: Vec<Language>,
    /// When the conversation has one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub customer_tags_any: Vec<String>,
    /// When a site of the customer is in one of these zones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub site_zone: Vec<String>,
    /// For accounts of these profiles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub account_profile: Vec<String>,
    /// Within business hours, or outside of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_business_hours: Option<bool>,
    /// For somebody new, or for somebody known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_new_contact: Option<bool>,
}

impl Conditions {
    /// Whether the rule goes by what was written: then it need not wait for the menu.
    pub fn goes_by_text(&self) -> bool {
        let says = !self.keywords_any.is_empty() || self.regex.is_some() || !self.intent.is_empty();
        says && self.menu_choice.is_empty()
    }
}

/// A ticket to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenTicket {
    /// Its incident type.
    pub incident_type: String,
    /// Its priority.
    pub priority: TicketPriority,
}

/// What a rule does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Consequences {
    /// Whose queue the conversation goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// How urgent it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// What whoever takes it must be able to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_skills: Vec<String>,
    /// Tags it gets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What the customer is asked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Question>,
    /// A ticket that is made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_ticket: Option<OpenTicket>,
    /// Who gets it, with room for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign_to: Option<UserId>,
    /// Who is told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Notified>,
}

/// A rule in force.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutingRule {
    /// Which one, and in which version.
    pub rule: RuleRef,
    /// Its place: lower ones first.
    pub order: i64,
    /// Whether those after it are not asked any more.
    pub stop: bool,
    /// When it applies.
    pub when: Conditions,
    /// What it does.
    pub then: Consequences,
}
