//! Routing rules: where a conversation belongs, by what is known of it. They are compiled once and then held against
//! many conversations. Source: domain, routing rule format.

mod compiled;
mod rule;

pub use compiled::{Plan, RuleMisfit, RuleSet, check};
pub use rule::{Conditions, Consequences, MAX_PATTERN_CHARS, Notified, OpenTicket, RoutingRule, RuleRef};

use crate::channel::Channel;
use crate::triage::{Language, MenuChoice};

/// What is known of a conversation when it is routed.
#[derive(Clone, Debug)]
pub struct RoutingFacts<'a> {
    /// Its channel.
    pub channel: Channel,
    /// What the customer chose from the menu.
    pub menu_choice: Option<MenuChoice>,
    /// What the customer wrote, normalized.
    pub text: &'a str,
    /// What a classifier took it for, and how sure it was.
    pub intent: Option<(&'a str, f64)>,
    /// The customer's language.
    pub language: Language,
    /// Tags of the conversation.
    pub tags: &'a [String],
    /// Zones of the customer's sites, by id and by name.
    pub site_zones: &'a [String],
    /// Profile of the account.
    pub account_profile: Option<&'a str>,
    /// Whether it is within business hours.
    pub in_business_hours: bool,
    /// Whether the customer is new here.
    pub is_new_contact: bool,
}
