//! Alerts: which rule makes one of what happened, how it lives, and who is told when. Source: domain, alerts and
//! workers; S3 (notification dispatcher).

mod ladder;
mod life;
mod quiet;
mod rule;
mod texts;
pub mod wording;

use crate::vocabulary;

pub use ladder::{Ladder, MOST_STEPS, Step, Target};
pub use life::{AlertLife, NotFromHere, Ring, Trigger};
pub use quiet::{next_digest, quiet_until};
pub use rule::{AlertConditions, GroupField, Measured, Misfit, Signal, Watch, group_key, measure, severity_of};
pub use texts::{
    PossibleAnswer, Proof, Telling, digest, has_sentence, is_acknowledgement, possible_answer, reply_code, subject,
    text, title,
};

vocabulary! {
    /// How an alert stands.
    pub enum AlertState {
        /// Nobody has said that they look after it: whoever is next is told.
        Open => "open",
        /// Somebody looks after it.
        Acknowledged => "acknowledged",
        /// Nobody is told for a while.
        Snoozed => "snoozed",
        /// It is over. What happens from now on is a new alert.
        Resolved => "resolved",
    }
}

vocabulary! {
    /// How bad an alert is; the worst last.
    pub enum Severity {
        /// Good to know.
        Info => "info",
        /// Somebody should look today.
        Warning => "warning",
        /// Somebody must look now: passes quiet hours and snoozes.
        Critical => "critical",
    }
}

vocabulary! {
    /// By which way somebody is told.
    pub enum NotifyChannel {
        /// On their screen.
        Console => "console",
        /// By mail.
        Email => "email",
        /// By SMS through an inbox of ours.
        Sms => "sms",
        /// In a channel of Slack, by its webhook.
        Slack => "slack",
    }
}

vocabulary! {
    /// How often a person wants what is not urgent by mail.
    pub enum Digest {
        /// Each at once.
        Off => "off",
        /// All of an hour in one mail.
        Hourly => "hourly",
        /// All of a day in one mail.
        Daily => "daily",
    }
}

vocabulary! {
    /// What becomes of telling somebody.
    pub enum NotificationState {
        /// On its way.
        Pending => "pending",
        /// Being handed over: whoever finds it like this later does not know what became of it.
        Sending => "sending",
        /// Waits for the next mail about several.
        Gathered => "gathered",
        /// In a mail about several that is being handed over.
        SendingTogether => "sending_together",
        /// Told.
        Sent => "sent",
        /// Nobody knows whether it was told; it is not told again. The next step of the ladder comes at its time.
        Unknown => "unknown",
        /// Nobody needs to hear of it any more.
        Skipped => "skipped",
        /// Given up.
        Failed => "failed",
    }
}

#[cfg(test)]
mod tests;
