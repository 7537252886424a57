//! What the hub does by itself: on an event, if conditions hold, then actions. A macro is the same without an event: an
//! agent asks for it.

mod action;
mod condition;

use crate::event::EventName;
use crate::vocabulary;

pub use action::Action;
pub use condition::{Case, Matches};

vocabulary! {
    /// Who begins it.
    pub enum AutomationKind {
        /// Something that happens.
        Automation => "automation",
        /// An agent.
        Macro => "macro",
    }
}

vocabulary! {
    /// What became of a run.
    pub enum RunOutcome {
        /// Every action was done.
        Done => "done",
        /// Some were refused.
        Partly => "partly",
        /// All were refused.
        Refused => "refused",
        /// It ran too often on this conversation: nothing was done.
        Stopped => "stopped",
        /// What could be taken back was.
        Undone => "undone",
    }
}

/// Most actions of one automation.
pub const MOST_ACTIONS: usize = 20;
/// How often one automation may run on one conversation within an hour: less when it says something, for a machine may
/// answer.
pub fn most_runs_an_hour(actions: &[Action]) -> i64 {
    let speaks = actions.iter().any(|action| matches!(action, Action::Reply { .. } | Action::Ticket { .. }));
    if speaks { 10 } else { 100 }
}

/// What an automation may wait for.
pub const EVENTS: &[EventName] = &[
    EventName::ConversationNew,
    EventName::ConversationAssigned,
    EventName::ConversationUpdated,
    EventName::MessageReceived,
    EventName::MessageSent,
    EventName::TriageCompleted,
];

/// An automation that cannot work: the field, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct Misfit {
    /// The field.
    pub path: String,
    /// Why.
    pub message: &'static str,
}

fn misfit(path: impl Into<String>, message: &'static str) -> Misfit {
    Misfit { path: path.into(), message }
}

/// Checks what an automation or a macro waits for.
pub fn check_events(kind: AutomationKind, events: &[EventName]) -> Result<(), Misfit> {
    match kind {
        AutomationKind::Macro if !events.is_empty() => Err(misfit("on", "a macro waits for nothing")),
        AutomationKind::Automation if events.is_empty() => Err(misfit("on", "name at least one event")),
        _ => match events.iter().position(|event| !EVENTS.contains(event)) {
            Some(place) => Err(misfit(format!("on[{place}]"), "automations do not wait for this event")),
            None => Ok(()),
        },
    }
}

/// Checks the actions of an automation.
pub fn check_actions(actions: &[Action]) -> Result<(), Misfit> {
    if actions.is_empty() || actions.len() > MOST_ACTIONS {
        return Err(misfit("then", "must have 1 to 20 actions"));
    }
    for (place, action) in actions.iter().enumerate() {
        action.check(&format!("then[{place}]"))?;
    }
    // What comes after the end could not be done.
    let end = actions.iter().position(|action| matches!(action, Action::Close { .. }));
    match end {
        Some(place) if place + 1 < actions.len() => Err(misfit(format!("then[{place}]"), "close must come last")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_refused_with_its_field() {
        let close: Action = serde_json::from_str(r#"{"type":"close","reason":"resolved"}"#).expect("an action");
        let tag: Action = serde_json::from_str(r#"{"type":"tag","tags":["vip"]}"#).expect("an action");
        let empty: Action = serde_json::from_str(r#"{"type":"tag","tags":[]}"#).expect("an action");
        assert_eq!(check_actions(&[tag.clone(), close.clone()]), Ok(()));
        assert_eq!(check_actions(&[close, tag.clone()]).expect_err("after the end").path, "then[0]");
        assert_eq!(check_actions(&[tag, empty]).expect_err("no tag").path, "then[1].tags");
        assert_eq!(check_actions(&[]).expect_err("nothing").path, "then");
        let events = [EventName::MessageReceived, EventName::AlertRaised];
        assert_eq!(check_events(AutomationKind::Automation, &events).expect_err("no such trigger").path, "on[1]");
        assert!(check_events(AutomationKind::Automation, &[]).is_err());
        assert!(check_events(AutomationKind::Macro, &events[..1]).is_err());
        assert_eq!(check_events(AutomationKind::Macro, &[]), Ok(()));
    }
}
