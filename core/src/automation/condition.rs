//! When an automation runs.

use regex::RegexBuilder;
use serde::{Deserialize, Serialize};

use super::{Misfit, misfit};
use crate::channel::{Channel, SenderType};
use crate::conversation::{ConversationStatus, Priority};
use crate::ids::{InboxId, TeamId};
use crate::routing::MAX_PATTERN_CHARS;
use crate::words::{has_any, normalized, spaced};

/// Most entries of one list.
const MOST: usize = 100;
/// Memory that one compiled pattern may take.
const PATTERN_BYTES: usize = 1 << 20;

/// When an automation runs: everything given must hold, of a list any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matches {
    /// On one of these channels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// In one of these inboxes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inboxes: Vec<InboxId>,
    /// In one of these teams.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<TeamId>,
    /// In one of these states.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<ConversationStatus>,
    /// Of one of these priorities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub priorities: Vec<Priority>,
    /// With one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags_any: Vec<String>,
    /// With none of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags_none: Vec<String>,
    /// When one of these words stands in the message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords_any: Vec<String>,
    /// When the message matches; in its normalized spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// When one of these wrote the message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub senders: Vec<SenderType>,
    /// Whether somebody has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned: Option<bool>,
    /// Whether its team is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_business_hours: Option<bool>,
}

/// What an automation looks at.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The channel.
    pub channel: Channel,
    /// The inbox.
    pub inbox: InboxId,
    /// The team.
    pub team: Option<TeamId>,
    /// Where it stands.
    pub status: ConversationStatus,
    /// How urgent it is.
    pub priority: Priority,
    /// Its tags.
    pub tags: Vec<String>,
    /// What was said, if the event is about a message.
    pub text: Option<&'a str>,
    /// Who said it.
    pub sender: Option<SenderType>,
    /// Whether somebody has it.
    pub is_assigned: bool,
    /// Whether its team is there.
    pub is_in_business_hours: bool,
}

impl Matches {
    /// Checks what was written. Patterns run in linear time; those that would take too much memory are refused.
    pub fn check(&self) -> Result<(), Misfit> {
        let lists = [
            ("when.tags_any", &self.tags_any),
            ("when.tags_none", &self.tags_none),
            ("when.keywords_any", &self.keywords_any),
        ];
        for (path, words) in lists {
            if words.len() > MOST {
                return Err(misfit(path, "must not have more than 100 entries"));
            }
            if let Some(place) = words.iter().position(|word| word.trim().is_empty() || word.chars().count() > 100) {
                return Err(misfit(format!("{path}[{place}]"), "must have 1 to 100 characters"));
            }
        }
        let is_blank = |word: &String| spaced(&normalized(word)).trim().is_empty();
        if let Some(place) = self.keywords_any.iter().position(is_blank) {
            return Err(misfit(format!("when.keywords_any[{place}]"), "must have a letter or a digit"));
        }
        if let Some(pattern) = &self.regex {
            if pattern.is_empty() || pattern.chars().count() > MAX_PATTERN_CHARS {
                return Err(misfit("when.regex", "must have 1 to 200 characters"));
            }
            if RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build().is_err() {
                return Err(misfit("when.regex", "is no pattern that can be used"));
            }
        }
        Ok(())
    }

    /// Whether it holds.
    pub fn hold(&self, case: &Case<'_>) -> bool {
        PARTS.iter().all(|(_, holds)| holds(self, case))
    }

    /// The conditions that do not hold, by their names.
    pub fn fails(&self, case: &Case<'_>) -> Vec<&'static str> {
        PARTS.iter().filter(|(_, holds)| !holds(self, case)).map(|(name, _)| *name).collect()
    }

    fn says_a_word(&self, text: Option<&str>) -> bool {
        if self.keywords_any.is_empty() {
            return true;
        }
        let Some(said) = text.map(normalized) else { return false };
        let words: Vec<String> = self.keywords_any.iter().map(|word| spaced(&normalized(word)).trim().into()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        has_any(&spaced(&said), &words)
    }

    fn matches(&self, text: Option<&str>) -> bool {
        let Some(pattern) = &self.regex else { return true };
        let Some(said) = text.map(normalized) else { return false };
        RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build().is_ok_and(|pattern| pattern.is_match(&said))
    }
}

fn of<T: PartialEq>(wanted: &[T], is: Option<&T>) -> bool {
    wanted.is_empty() || is.is_some_and(|is| wanted.contains(is))
}

type Part = fn(&Matches, &Case<'_>) -> bool;

/// Each condition; what is expensive comes last.
const PARTS: [(&str, Part); 12] = [
    ("channels", |when, case| of(&when.channels, Some(&case.channel))),
    ("inboxes", |when, case| of(&when.inboxes, Some(&case.inbox))),
    ("teams", |when, case| of(&when.teams, case.team.as_ref())),
    ("statuses", |when, case| of(&when.statuses, Some(&case.status))),
    ("priorities", |when, case| of(&when.priorities, Some(&case.priority))),
    ("tags_any", |when, case| when.tags_any.is_empty() || when.tags_any.iter().any(|tag| case.tags.contains(tag))),
    ("tags_none", |when, case| !when.tags_none.iter().any(|tag| case.tags.contains(tag))),
    ("senders", |when, case| of(&when.senders, case.sender.as_ref())),
    ("assigned", |when, case| when.assigned.is_none_or(|assigned| assigned == case.is_assigned)),
    ("in_business_hours", |when, case| when.in_business_hours.is_none_or(|open| open == case.is_in_business_hours)),
    ("keywords_any", |when, case| when.says_a_word(case.text)),
    ("regex", |when, case| when.matches(case.text)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn case(text: Option<&str>) -> Case<'_> {
        Case {
            channel: Channel::Sms,
            inbox: InboxId::new(),
            team: None,
            status: ConversationStatus::Queued,
            priority: Priority::High,
            tags: vec!["vip".into()],
            text,
            sender: Some(SenderType::Customer),
            is_assigned: false,
            is_in_business_hours: true,
        }
    }

    fn holds(when: &str, case: &Case<'_>) -> bool {
        let when: Matches = serde_json::from_str(when).expect("conditions");
        when.check().expect("can work");
        when.hold(case)
    }

    #[test]
    fn everything_given_must_hold_and_of_a_list_any() {
        let said = case(Some("Mi FACTURA está mal, nº 123"));
        assert!(holds("{}", &said));
        assert!(holds(r#"{"channels":["email","sms"],"priorities":["high"],"tags_any":["new","vip"]}"#, &said));
        assert!(!holds(r#"{"channels":["email"]}"#, &said));
        assert!(!holds(r#"{"tags_none":["vip"]}"#, &said));
        assert!(holds(r#"{"keywords_any":["Factura"],"regex":"esta mal.*[0-9]{3}$"}"#, &said));
        assert!(!holds(r#"{"keywords_any":["fact"]}"#, &said), "whole words");
        assert!(!holds(r#"{"keywords_any":["factura"]}"#, &case(None)), "nothing was said");
        assert!(!holds(r#"{"assigned":true}"#, &said));
        let when: Matches = serde_json::from_str(r#"{"keywords_any":["refund"],"channels":["sms"],"assigned":true}"#)
            .expect("conditions");
        assert_eq!(when.fails(&said), ["assigned", "keywords_any"], "what does not hold is named");
        assert!(!holds(r#"{"in_business_hours":false}"#, &said));
        assert!(!holds(r#"{"teams":["0190c8a0-0000-7000-8000-000000000000"]}"#, &said));
    }

    #[test]
    fn a_pattern_that_cannot_work_is_refused() {
        for pattern in ["(", "(?:a{1000}){1000}", ""] {
            let when = Matches { regex: Some(pattern.into()), ..Matches::default() };
            assert_eq!(when.check().expect_err("refused").path, "when.regex");
        }
    }
}
