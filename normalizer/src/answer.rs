//! What a provider's answer to a send means, and what the sender does about it. The tables of codes are data, one per
//! channel; this is their vocabulary.

use std::time::Duration;

use patchbay_core::item::{ErrorClass, ProviderError};

/// A provider's HTTP answer, as values.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// Body as it came.
    pub body: &'a [u8],
    /// The `Retry-After` header, in seconds.
    pub retry_after: Option<Duration>,
}

/// What the answer means.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The provider has the message. Not the same as delivered.
    Accepted(Accepted),
    /// The provider refused it, or failed.
    Refused(Refusal),
}

/// The provider has the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's id of the message.
    pub channel_message_id: String,
    /// The provider's first word on its state, such as `accepted` or `queued`.
    pub provider_status: Option<String>,
    /// Canonical addresses by which the provider knows the recipient (phone, business-scoped user id).
    pub recipient_addresses: Vec<String>,
    /// Segments that the provider counted.
    pub segments: Option<u32>,
}

/// The provider refused the message.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The error, classed.
    pub error: ProviderError,
    /// What the sender does.
    pub action: Action,
    /// Who has to hear of it.
    pub alarm: Alarm,
    /// The provider's own wish for the next try.
    pub retry_after: Option<Duration>,
}

/// What the sender does after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Try the message again; meanwhile `scope` waits.
    Retry(Retry),
    /// It may have been sent. Look for a status that carries our id, then ask the provider, and only then try again.
    CheckThenRetry(Retry),
    /// Nothing leaves `Scope` until an operator has acted; the queue is kept.
    Hold(Scope),
    /// Do not retry; offer a template to the agent.
    OfferTemplate,
    /// Do not retry; write nothing more of `Suppression` to this address.
    Suppress(Suppression),
    /// Do not retry; the address cannot be reached on this channel: mark it, try another channel.
    FlagAddress,
    /// Do not retry as it is; send the text with a link instead of the media.
    FallBackToLink,
    /// Upload the media again, once; then give up.
    UploadAgain,
    /// Do not retry.
    Fail,
}

/// A plan for trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// What waits with the message.
    pub scope: Scope,
    /// Longest wait before the first repetition.
    pub first: Duration,
    /// By how much each further wait grows.
    pub growth: u32,
    /// Tries in all, the first included; then the message is a dead letter and an agent is told.
    pub attempts: u32,
}

/// The longest wait between two tries.
pub const LONGEST_WAIT: Duration = Duration::from_hours(24);

impl Retry {
    /// 30 s × 2^n, at most 6 tries.
    pub const BACKOFF: Self = Self::of(Scope::Message, 30, 2, 6);

    /// A plan from its figures.
    pub const fn of(scope: Scope, first_seconds: u64, growth: u32, attempts: u32) -> Self {
        Self { scope, first: Duration::from_secs(first_seconds), growth, attempts }
    }

    /// How long to wait after `failed` failed tries. `jitter` in 0..=1 picks the point between nothing and the full
    /// wait. `None`: the tries are used up.
    pub fn wait(&self, failed: u32, jitter: f64) -> Option<Duration> {
        if failed >= self.attempts {
            return None;
        }
        let growth = self.growth.saturating_pow(failed.saturating_sub(1).min(16));
        let full = self.first.saturating_mul(growth).min(LONGEST_WAIT);
        Some(match self.scope {
            // A limit of the provider has to pass in full; only the spread above it is random.
            Scope::Recipient | Scope::Account | Scope::BusinessInitiated => {
                full.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 10.0)
            }
            Scope::Message | Scope::Sender | Scope::Template => full.mul_f64(jitter.clamp(0.0, 1.0)),
        })
    }
}

/// What is affected by a wait or a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This message alone.
    Message,
    /// Everything to this recipient.
    Recipient,
    /// Everything from this number of ours; it also gets slower.
    Sender,
    /// Everything of the provider account.
    Account,
    /// What we start ourselves; answers to customers go on.
    BusinessInitiated,
    /// One template.
    Template,
}

/// What we stop writing to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suppression {
    /// Advertising; answers go on.
    Marketing,
    /// Everything.
    Everything,
}

/// Who has to hear of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Nobody.
    None,
    /// The agent who wrote the message.
    Agent,
    /// Whoever writes templates and content.
    ContentOwner,
    /// Whoever runs the system, once per code and day.
    Operator,
}

/// One row of a table of codes.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// First code of the row.
    pub from: u32,
    /// Last code of the row.
    pub to: u32,
    /// Class of the error.
    pub class: ErrorClass,
    /// What the sender does.
    pub action: Action,
    /// Who has to hear of it.
    pub alarm: Alarm,
}

impl Rule {
    pub(crate) const fn new(from: u32, to: u32, class: ErrorClass, action: Action, alarm: Alarm) -> Self {
        Self { from, to, class, action, alarm }
    }

    pub(crate) const fn one(code: u32, class: ErrorClass, action: Action, alarm: Alarm) -> Self {
        Self::new(code, code, class, action, alarm)
    }
}

/// What holds for a code that no row names: do not retry, tell the operator.
pub const UNKNOWN_CODE: Rule = Rule::new(0, u32::MAX, ErrorClass::Permanent, Action::Fail, Alarm::Operator);

/// The first row that covers `code`, else [`UNKNOWN_CODE`].
pub fn rule_for(table: &'static [Rule], code: &str) -> &'static Rule {
    code.parse::<u32>()
        .ok()
        .and_then(|code| table.iter().find(|rule| (rule.from..=rule.to).contains(&code)))
        .unwrap_or(&UNKNOWN_CODE)
}

/// What an HTTP status means when the body carries no code we can read.
pub(crate) fn rule_for_status(status: u16) -> Rule {
    match status {
        429 => Rule::one(429, ErrorClass::Retryable, Action::Retry(Retry::of(Scope::Sender, 30, 2, 6)), Alarm::None),
        // 2xx without the expected body: it went somewhere. 408 and 5xx: it may have.
        200..=299 | 408 | 500..=599 => {
            Rule::one(u32::from(status), ErrorClass::Retryable, Action::CheckThenRetry(Retry::BACKOFF), Alarm::None)
        }
        401 | 403 | 407 => {
            Rule::one(u32::from(status), ErrorClass::Config, Action::Hold(Scope::Sender), Alarm::Operator)
        }
        _ => UNKNOWN_CODE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_and_ends() {
        let waits: Vec<_> = (1..=6).map(|failed| Retry::BACKOFF.wait(failed, 1.0).map(|wait| wait.as_secs())).collect();
        assert_eq!(waits, [Some(30), Some(60), Some(120), Some(240), Some(480), None]);
        assert_eq!(Retry::BACKOFF.wait(3, 0.0), Some(Duration::ZERO));
    }

    #[test]
    fn a_limit_of_the_provider_is_waited_out_in_full() {
        let pair = Retry::of(Scope::Recipient, 4, 4, 6);
        let waits: Vec<_> = (1..=4).map(|failed| pair.wait(failed, 0.0).unwrap().as_secs()).collect();
        assert_eq!(waits, [4, 16, 64, 256]);
    }

    #[test]
    fn no_wait_is_longer_than_a_day() {
        let endless = Retry::of(Scope::Message, 3600, 10, 100);
        assert_eq!(endless.wait(99, 1.0), Some(LONGEST_WAIT));
    }

    #[test]
    fn an_unreadable_code_is_permanent() {
        assert_eq!(rule_for(&[], "not a number").class, ErrorClass::Permanent);
    }
}
