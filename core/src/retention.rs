//! How long what is kept. Source: domain, entities (retention).

use chrono::{DateTime, TimeDelta, Utc};

use crate::vocabulary;

vocabulary! {
    /// What is kept for so long and no longer.
    pub enum RetentionPolicy {
        /// What was said in conversations that ended: it goes to the archive.
        Messages => "messages",
        /// What happened to conversations.
        ConversationEvents => "conversation_events",
        /// What agents said to one another.
        InternalChat => "internal_chat",
        /// What automations did.
        AutomationRuns => "automation_runs",
        /// Calls of tools by assistants.
        ToolCalls => "tool_calls",
    }
}

vocabulary! {
    /// Where a run of a policy stands.
    pub enum RetentionState {
        /// It goes on.
        Running => "running",
        /// It is through.
        Done => "done",
        /// Somebody ended it.
        Canceled => "canceled",
        /// It could not go on.
        Failed => "failed",
    }
}

/// How long everything is kept, in days; 0: for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionDays {
    /// What was said, from the end of its conversation.
    pub messages: u32,
    /// What happened to conversations.
    pub conversation_events: u32,
    /// What agents said to one another.
    pub internal_chat: u32,
    /// What automations did.
    pub automation_runs: u32,
    /// Calls of tools by assistants.
    pub tool_calls: u32,
}

impl Default for RetentionDays {
    fn default() -> Self {
        Self { messages: 730, conversation_events: 365, internal_chat: 365, automation_runs: 365, tool_calls: 365 }
    }
}

impl RetentionDays {
    /// How many days a policy says.
    pub fn of(&self, policy: RetentionPolicy) -> u32 {
        match policy {
            RetentionPolicy::Messages => self.messages,
            RetentionPolicy::ConversationEvents => self.conversation_events,
            RetentionPolicy::InternalChat => self.internal_chat,
            RetentionPolicy::AutomationRuns => self.automation_runs,
            RetentionPolicy::ToolCalls => self.tool_calls,
        }
    }

    /// What is older than this goes. `None`: nothing does.
    pub fn cutoff(&self, policy: RetentionPolicy, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let days = self.of(policy);
        (days > 0).then(|| now - TimeDelta::days(days.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_days_keep_for_ever() {
        let now = DateTime::from_timestamp(1_772_719_200, 0).expect("a time");
        let days = RetentionDays { messages: 0, internal_chat: 1, ..RetentionDays::default() };
        assert_eq!(days.cutoff(RetentionPolicy::Messages, now), None);
        assert_eq!(days.cutoff(RetentionPolicy::InternalChat, now), Some(now - TimeDelta::days(1)));
    }
}
