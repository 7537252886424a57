//! Meta's error codes and what they mean for us. Decide on codes only; titles and messages are unstable.
//! Source: WhatsApp Cloud API, "Error codes".

use patchbay_core::item::ErrorClass::{Config, OptedOut, Permanent, Retryable, WindowClosed};
use patchbay_core::item::{ErrorClass, ProviderError};
use serde_json::Value;

use crate::answer::Action::{CheckThenRetry, Fail, Hold, OfferTemplate, Retry as Again, Suppress, UploadAgain};
use crate::answer::{Alarm, Retry, Rule, Scope, Suppression, rule_for};
use crate::json::{object, text, word};

const HOURS: Retry = Retry::of(Scope::BusinessInitiated, 2 * 3600, 2, 4);
const MINUTES: Retry = Retry::of(Scope::Sender, 5 * 60, 2, 6);

/// One row per code or range of codes; the first that covers a code holds.
pub const TABLE: &[Rule] = &[
    // Token invalid or expired, permission missing.
    Rule::one(0, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(190, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(3, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(10, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::new(200, 299, Config, Hold(Scope::Sender), Alarm::Operator),
    // Unknown or service trouble: the message may have gone out.
    Rule::new(1, 2, Retryable, CheckThenRetry(Retry::BACKOFF), Alarm::None),
    Rule::one(131_000, Retryable, CheckThenRetry(Retry::BACKOFF), Alarm::None),
    Rule::one(131_016, Retryable, CheckThenRetry(Retry::BACKOFF), Alarm::None),
    Rule::one(133_004, Retryable, CheckThenRetry(Retry::BACKOFF), Alarm::None),
    // Limits.
    Rule::one(4, Retryable, Again(Retry::of(Scope::Account, 60, 2, 6)), Alarm::None),
    Rule::one(80_007, Retryable, Again(Retry::of(Scope::Account, 60, 2, 6)), Alarm::None),
    Rule::one(130_429, Retryable, Again(Retry::of(Scope::Sender, 30, 2, 6)), Alarm::None),
    Rule::one(131_056, Retryable, Again(Retry::of(Scope::Recipient, 4, 4, 6)), Alarm::None),
    Rule::one(131_048, Retryable, Again(HOURS), Alarm::Operator),
    Rule::one(131_064, Retryable, Again(HOURS), Alarm::Operator),
    Rule::one(133_016, Retryable, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(131_057, Retryable, Again(MINUTES), Alarm::None),
    Rule::one(131_053, Retryable, UploadAgain, Alarm::Agent),
    // The recipient.
    Rule::one(131_047, WindowClosed, OfferTemplate, Alarm::Agent),
    Rule::one(131_026, Permanent, Fail, Alarm::Agent),
    Rule::one(131_021, Permanent, Fail, Alarm::Agent),
    Rule::one(131_049, Permanent, Fail, Alarm::Agent),
    Rule::one(130_472, Permanent, Fail, Alarm::Agent),
    Rule::one(131_050, OptedOut, Suppress(Suppression::Marketing), Alarm::Agent),
    Rule::one(137_000, Permanent, Fail, Alarm::Agent),
    // Our data or our code.
    Rule::one(33, Permanent, Fail, Alarm::Operator),
    Rule::one(100, Permanent, Fail, Alarm::Operator),
    Rule::new(131_008, 131_009, Permanent, Fail, Alarm::Operator),
    Rule::new(131_051, 131_052, Permanent, Fail, Alarm::Agent),
    Rule::one(131_060, Permanent, Fail, Alarm::Agent),
    Rule::one(131_062, Permanent, Fail, Alarm::Agent),
    // Templates.
    Rule::new(132_000, 132_012, Permanent, Fail, Alarm::ContentOwner),
    Rule::new(132_068, 132_069, Permanent, Fail, Alarm::ContentOwner),
    Rule::new(132_015, 132_016, Config, Hold(Scope::Template), Alarm::ContentOwner),
    // Account, billing, display name, certificate, list of test numbers.
    Rule::one(131_005, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(131_030, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(131_031, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(131_037, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(131_042, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::new(131_044, 131_045, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(368, Config, Hold(Scope::Sender), Alarm::Operator),
    Rule::one(130_497, Config, Hold(Scope::Sender), Alarm::Operator),
];

/// The class of a code.
pub fn class_of(code: &str) -> ErrorClass {
    rule_for(TABLE, code).class
}

/// Reads one element of an `errors` list, or the `error` object of an answer.
pub(super) fn read(error: &Value) -> ProviderError {
    let code = word(error, "code").unwrap_or_default();
    ProviderError {
        title: text(error, "title").map(str::to_owned),
        message: text(error, "message").map(str::to_owned),
        details: object(error, "error_data").and_then(|inner| text(inner, "details")).map(str::to_owned),
        class: class_of(&code),
        code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(codes: &[u32], class: ErrorClass) {
        for code in codes {
            assert_eq!(class_of(&code.to_string()), class, "{code}");
        }
    }

    #[test]
    fn every_documented_code_has_its_class() {
        check(&[0, 190, 3, 10, 200, 299, 132_015, 132_016], Config);
        check(&[131_005, 131_031, 131_037, 131_042, 131_044, 131_045, 368, 130_497, 131_030], Config);
        check(&[1, 2, 131_000, 131_016, 133_004, 4, 80_007, 130_429, 131_056, 131_048, 131_064], Retryable);
        check(&[133_016, 131_057, 131_053], Retryable);
        check(&[131_047], WindowClosed);
        check(&[131_050], OptedOut);
        check(&[131_026, 131_021, 131_049, 130_472, 33, 100, 131_008, 131_009, 131_051, 131_052], Permanent);
        check(&[131_060, 131_062, 132_000, 132_001, 132_012, 132_068, 132_069, 137_000, 999_999], Permanent);
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
