//! What the pipeline counts, once it is committed. Source: S1 and domain, metrics.

use patchbay_core::ticket::{Command, Transition};
use serde_json::Value;

/// Makes the counters known, so that they are shown before anything happens.
pub fn describe_counters() {
    for name in [ASSIGNED_WITH, ASSIGNED_WITHOUT, OVERRIDES] {
        metrics::counter!(name).increment(0);
    }
}

const TRANSITIONS: &str = "transitions_total";
const ASSIGNED_WITH: &str = "dispatch_assignments_with_snapshot_total";
const ASSIGNED_WITHOUT: &str = "dispatch_assignments_without_snapshot_total";
const OVERRIDES: &str = "dispatch_override_close_total";
const OVERRIDES_BY_CODE: &str = "dispatch_override_close_by_code";

/// Counts a command that was carried out.
pub(crate) fn carried_out(command: Command, body: &Value, steps: &[Transition]) {
    for step in steps {
        let from = step.from.map_or("NONE", |state| state.as_str());
        metrics::counter!(TRANSITIONS, "from_state" => from, "to_state" => step.to.as_str()).increment(1);
    }
    let given = |field: &str| body.get(field).filter(|value| !value.is_null());
    match command {
        Command::AssignmentDispatch if given("recommendation_snapshot_id").is_some() => {
            metrics::counter!(ASSIGNED_WITH).increment(1);
        }
        Command::AssignmentDispatch => metrics::counter!(ASSIGNED_WITHOUT).increment(1),
        Command::ForceClose => {
            metrics::counter!(OVERRIDES).increment(1);
            let code = given("override_code").and_then(Value::as_str).unwrap_or_default();
            metrics::counter!(OVERRIDES_BY_CODE, "code" => word(code)).increment(1);
        }
        _ => {}
    }
}

/// A code as a label: a word, or `other` for anything that might tell more than a code.
fn word(code: &str) -> String {
    let is_word = code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-".contains(&byte));
    if is_word && !code.is_empty() { code.to_ascii_lowercase() } else { "other".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_become_labels() {
        assert_eq!(word("CUSTOMER_SATISFIED"), "customer_satisfied");
        for telling in ["call +15550100", "two words", "", "12345"] {
            assert_eq!(word(telling), "other", "{telling}");
        }
    }
}
