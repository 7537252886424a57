//! What the answer of a mail server means. Source: channel reference, error table, e-mail.

use patchbay_core::channel::Channel;
use patchbay_core::consent::is_no_such_address;
use patchbay_core::item::{ErrorClass, ProviderError};

use crate::answer::{Action, Alarm, Refusal, Retry, Scope};

/// Waits double from a quarter of an hour; the last try is about two days after the first.
/// Source: channel reference, outbound mail.
pub const PATIENCE: Retry = Retry::of(Scope::Message, 15 * 60, 2, 9);
/// A server that takes nothing now, or is not there: it is asked again after a minute, more and more rarely.
pub const UNAVAILABLE: Retry = Retry::of(Scope::Sender, 60, 2, 12);
/// A full mailbox is tried three times in three days.
const FULL: Retry = Retry::of(Scope::Message, 24 * 3600, 1, 3);

/// A mail server's answer that is no consent.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The three digits.
    pub code: u16,
    /// The words behind them; may begin with an enhanced code.
    pub text: &'a str,
    /// What it answers.
    pub stage: Stage,
}

/// What a mail server was answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Greeting, TLS, sign-in: nothing about the mail yet.
    Session,
    /// The mail.
    Mail,
}

/// The enhanced code at the start of an answer, such as `5.1.1`.
pub fn enhanced(text: &str) -> Option<&str> {
    let word = text.split_whitespace().next()?;
    let mut parts = word.split('.');
    let is_code = |part: Option<&str>, most: usize| {
        part.is_some_and(|part| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let fits = is_code(parts.next(), 1) && is_code(parts.next(), 3) && is_code(parts.next(), 3);
    (fits && parts.next().is_none() && word.starts_with(['2', '4', '5'])).then_some(word)
}

/// What an answer means, and what the sender does.
pub fn classify(reply: &Reply<'_>) -> Refusal {
    let code = enhanced(reply.text).map_or_else(|| reply.code.to_string(), str::to_owned);
    let (class, action, alarm) = match (reply.code, reply.stage, code.as_str()) {
        // Sign-in refused, not allowed without it, or not over this connection.
        (454 | 530 | 534 | 535 | 538, ..) | (500..=599, Stage::Session, _) => {
            (ErrorClass::Config, Action::Hold(Scope::Sender), Alarm::Operator)
        }
        (_, _, "5.2.2") => (ErrorClass::Retryable, Action::Retry(FULL), Alarm::Agent),
        (400..=499, Stage::Session, _) => (ErrorClass::Retryable, Action::Retry(UNAVAILABLE), Alarm::None),
        (400..=499, ..) => (ErrorClass::Retryable, Action::Retry(PATIENCE), Alarm::None),
        (_, _, code) if is_no_such_address(Channel::Email, code) => {
            (ErrorClass::Permanent, Action::FlagAddress, Alarm::Agent)
        }
        (_, _, code) if code.starts_with("5.7.") => (ErrorClass::Permanent, Action::Fail, Alarm::Operator),
        _ => (ErrorClass::Permanent, Action::Fail, Alarm::Agent),
    };
    Refusal {
        error: ProviderError { code, title: None, message: Some(reply.text.to_owned()), details: None, class },
        action,
        alarm,
        retry_after: None,
    }
}

/// What the sender does about a mail that a server took and sent back later. A report of a passing failure comes when
/// the relay has tried for days: only a full mailbox is worth more tries of ours.
pub fn reported(code: &str) -> (Action, Alarm) {
    match code {
        "5.2.2" => (Action::Retry(FULL), Alarm::Agent),
        code if is_no_such_address(Channel::Email, code) => (Action::FlagAddress, Alarm::Agent),
        code if code.starts_with("5.7.") => (Action::Fail, Alarm::Operator),
        _ => (Action::Fail, Alarm::Agent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: u16, text: &str, class: ErrorClass, named: &str) {
        let refusal = classify(&Reply { code, text, stage: Stage::Mail });
        assert_eq!((refusal.error.class, refusal.error.code.as_str()), (class, named), "{code} {text}");
    }

    #[test]
    fn answers_have_their_class() {
        check(421, "4.3.2 shutting down", ErrorClass::Retryable, "4.3.2");
        check(450, "greylisted", ErrorClass::Retryable, "450");
        check(451, "4.7.1 try later", ErrorClass::Retryable, "4.7.1");
        check(452, "4.3.1 disk full", ErrorClass::Retryable, "4.3.1");
        check(550, "5.1.1 no such user", ErrorClass::Permanent, "5.1.1");
        check(550, "5.1.10 null MX", ErrorClass::Permanent, "5.1.10");
        check(552, "5.2.2 mailbox full", ErrorClass::Retryable, "5.2.2");
        check(554, "5.7.1 blocked", ErrorClass::Permanent, "5.7.1");
        check(554, "no", ErrorClass::Permanent, "554");
        check(535, "5.7.8 authentication failed", ErrorClass::Config, "5.7.8");
        check(530, "5.7.0 authentication required", ErrorClass::Config, "5.7.0");
    }

    #[test]
    fn a_server_that_does_not_want_us_at_all_holds_the_mailbox() {
        let refusal = classify(&Reply { code: 554, text: "5.7.1 go away", stage: Stage::Session });
        assert_eq!(refusal.action, Action::Hold(Scope::Sender));
    }

    #[test]
    fn waits_go_from_a_quarter_of_an_hour_to_two_days_in_all() {
        let waits: Vec<u64> =
            (1..=9).map_while(|failed| PATIENCE.wait(failed, 1.0)).map(|wait| wait.as_secs()).collect();
        assert_eq!(waits.first(), Some(&900));
        let total: u64 = waits.iter().sum();
        assert!((40 * 3600..=64 * 3600).contains(&total), "{total}");
    }

    #[test]
    fn enhanced_codes_are_told_from_words() {
        assert_eq!(enhanced("5.1.1 unknown"), Some("5.1.1"));
        for none in ["", "unknown 5.1.1", "5.1", "5.1.1.1 x", "9.9.9", "1.2.3.4"] {
            assert_eq!(enhanced(none), None, "{none}");
        }
    }
}
