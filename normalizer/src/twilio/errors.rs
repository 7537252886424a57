//! Twilio's error codes and what they mean for us. Source: Twilio, "Error and warning dictionary".

use patchbay_core::item::ErrorClass;
use patchbay_core::item::ErrorClass::{Config, OptedOut, Permanent, Retryable, WindowClosed};

use crate::answer::Action::{
    CheckThenRetry, Fail, FallBackToLink, FlagAddress, Hold, OfferTemplate, Retry as Again, Suppress,
};
use crate::answer::{Alarm, Retry, Rule, Scope, Suppression, rule_for};

const DAY: u64 = 24 * 3600;
const MINUTES: Retry = Retry::of(Scope::Message, 5 * 60, 2, 6);
const NEXT_DAY: Retry = Retry::of(Scope::Sender, DAY, 1, 3);

/// One row per code or range of codes; the first that covers a code holds.
pub const TABLE: &[Rule] = &[
    Rule::one(20_429, Retryable, Again(Retry::BACKOFF), Alarm::None),
    // Server trouble: it may have been sent.
    Rule::one(20_500, Retryable, CheckThenRetry(Retry::BACKOFF), Alarm::None),
    Rule::one(20_503, Retryable, CheckThenRetry(Retry::BACKOFF), Alarm::None),
    // Credentials, account, sender, country, registration.
    Rule::one(20_003, Config, Hold(Scope::Account), Alarm::Operator),
    Rule::one(20_005, Config, Hold(Scope::Account), Alarm::Operator),
    Rule::one(21_408, Config, Fail, Alarm::Operator),
    Rule::one(21_603, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(21_606, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::new(21_703, 21_704, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(30_002, Config, Hold(Scope::Account), Alarm::Operator),
    Rule::one(30_018, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(30_024, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(30_032, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(30_034, Config, Hold(Scope::Sender), Alarm::Operator),
    // The recipient.
    Rule::one(21_211, Permanent, FlagAddress, Alarm::Agent),
    Rule::one(21_217, Permanent, FlagAddress, Alarm::Agent),
    Rule::one(21_612, Permanent, FlagAddress, Alarm::Agent),
    Rule::one(21_614, Permanent, FlagAddress, Alarm::Agent),
    Rule::one(21_610, OptedOut, Suppress(Suppression::Everything), Alarm::Agent),
    Rule::one(30_003, Retryable, Again(Retry::of(Scope::Message, 12 * 3600, 1, 3)), Alarm::Agent),
    Rule::one(30_004, Permanent, Fail, Alarm::Agent),
    Rule::new(30_005, 30_006, Permanent, FlagAddress, Alarm::Agent),
    // The message.
    Rule::one(21_602, Permanent, Fail, Alarm::Agent),
    Rule::one(21_617, Permanent, Fail, Alarm::Agent),
    Rule::one(21_620, Permanent, Fail, Alarm::Agent),
    Rule::one(21_623, Permanent, Fail, Alarm::Agent),
    Rule::one(30_007, Permanent, Fail, Alarm::Operator),
    Rule::one(30_010, Permanent, Fail, Alarm::Agent),
    Rule::one(30_011, Permanent, FallBackToLink, Alarm::Agent),
    Rule::one(30_019, Permanent, FallBackToLink, Alarm::Agent),
    // Queues and carriers.
    Rule::one(21_611, Retryable, Again(Retry::of(Scope::Sender, 60, 2, 6)), Alarm::None),
    Rule::one(30_001, Retryable, Again(Retry::of(Scope::Sender, 60, 2, 6)), Alarm::None),
    Rule::one(30_008, Retryable, Again(Retry::of(Scope::Message, 5 * 60, 1, 2)), Alarm::None),
    Rule::one(30_017, Retryable, Again(MINUTES), Alarm::None),
    Rule::one(30_022, Retryable, Again(MINUTES), Alarm::None),
    Rule::one(30_023, Retryable, Again(NEXT_DAY), Alarm::Operator),
    Rule::one(30_410, Retryable, Again(MINUTES), Alarm::None),
    // WhatsApp through Twilio.
    Rule::one(63_016, WindowClosed, OfferTemplate, Alarm::Agent),
    Rule::new(63_009, 63_010, Retryable, Again(Retry::BACKOFF), Alarm::None),
    Rule::one(63_012, Retryable, Again(Retry::BACKOFF), Alarm::None),
    Rule::new(63_017, 63_018, Retryable, Again(Retry::BACKOFF), Alarm::None),
    Rule::one(63_038, Retryable, Again(NEXT_DAY), Alarm::Operator),
    Rule::one(63_001, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::new(63_007, 63_008, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(63_020, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(63_041, Config, Hold(Scope::Template), Alarm::ContentOwner),
    Rule::one(63_003, Permanent, Fail, Alarm::Agent),
    Rule::one(63_024, Permanent, Fail, Alarm::Agent),
    Rule::new(63_032, 63_033, Permanent, Fail, Alarm::Agent),
    Rule::one(63_049, Permanent, Fail, Alarm::Agent),
    // Our own webhook failed: we lost a request and reconcile through REST.
    Rule::new(11_200, 11_299, Permanent, Fail, Alarm::Operator),
    Rule::one(12_100, Permanent, Fail, Alarm::Operator),
    Rule::one(12_300, Permanent, Fail, Alarm::Operator),
];

/// The class of a code.
pub fn class_of(code: &str) -> ErrorClass {
    rule_for(TABLE, code).class
}

#[cfg(test)]
mod tests {
    use patchbay_core::channel::Channel;
    use patchbay_core::consent::is_no_such_address;

    use super::*;

    #[track_caller]
    fn check(codes: &[u32], class: ErrorClass) {
        for code in codes {
            assert_eq!(class_of(&code.to_string()), class, "{code}");
        }
    }

    #[test]
    fn every_documented_code_has_its_class() {
        check(&[20_429, 20_500, 20_503, 21_611, 30_001, 30_003, 30_008, 30_017, 30_022, 30_023, 30_410], Retryable);
        check(&[63_009, 63_010, 63_012, 63_017, 63_018, 63_038], Retryable);
        check(
            &[20_003, 20_005, 21_408, 21_603, 21_606, 21_703, 21_704, 30_002, 30_018, 30_024, 30_032, 30_034],
            Config,
        );
        check(&[63_001, 63_007, 63_008, 63_020, 63_041], Config);
        check(
            &[21_211, 21_614, 21_612, 21_217, 21_602, 21_617, 21_620, 21_623, 30_004, 30_005, 30_006, 30_007],
            Permanent,
        );
        check(&[30_010, 30_011, 30_019, 63_003, 63_024, 63_032, 63_033, 63_049, 99_999], Permanent);
        check(&[21_610], OptedOut);
        check(&[63_016], WindowClosed);
    }

    #[test]
    fn whoever_flags_an_address_is_believed() {
        for rule in TABLE {
            let known = is_no_such_address(Channel::Sms, &rule.from.to_string());
            assert_eq!(rule.action == FlagAddress, known, "{rule:?}");
        }
    }

    #[test]
    fn rows_do_not_overlap() {
        for (index, one) in TABLE.iter().enumerate() {
            assert!(one.from <= one.to);
            for other in TABLE.iter().skip(index + 1) {
                assert!(one.to < other.from || other.to < one.from, "{one:?} {other:?}");
            }
        }
    }
}
