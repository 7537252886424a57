//! Whoever is told of an alert is told in a sentence.

use std::collections::BTreeSet;

use patchbay_core::alert::has_sentence;
use patchbay_dispatch::alerts::ALERTS;
use patchbay_tests::source_tree::{self, SourceFile};
use regex::Regex;

/// What the sources raise, and the figures that alerts are made of.
fn raised() -> BTreeSet<String> {
    let calls = Regex::new(r#"(?s)\braise\([^;]*?"([A-Z]+(?:_[A-Z]+)*)""#).expect("the pattern is valid");
    let bodies = Regex::new(r#""code": "([A-Z]+(?:_[A-Z]+)*)""#).expect("the pattern is valid");
    let is_ours = |file: &SourceFile| file.path.contains("/src/") && !file.path.contains("tests");
    let mut codes: BTreeSet<String> = ALERTS.iter().map(|alert| alert.code.to_owned()).collect();
    for file in source_tree::files("", &["rs"]).iter().filter(|file| is_ours(file)) {
        let found = |pattern: &Regex| {
            pattern.captures_iter(&file.text).map(|found| found[1].to_owned()).collect::<BTreeSet<_>>()
        };
        codes.append(&mut found(&calls));
        if file.text.contains("EventName::AlertRaised") {
            codes.append(&mut found(&bodies));
        }
    }
    codes
}

#[test]
fn every_alert_there_is_has_a_sentence() {
    let raised = raised();
    for known in ["TICKET_NEEDS_SITE", "AUTOMATION_STOPPED", "AI_PAUSED", "APPROVAL_REQUESTED", "SLA_BREACH"] {
        assert!(raised.contains(known), "{known} is not found in the sources any more");
    }
    let page = std::fs::read_to_string(source_tree::root().join("docs/alerts.md")).expect("the page is there");
    let told =
        page.split("Codes that come by themselves:").nth(1).and_then(|rest| rest.split("Any other event").next());
    let code = Regex::new("`([A-Z]+(?:_[A-Z]+)+|EMERGENCY)`").expect("the pattern is valid");
    let told: BTreeSet<String> =
        code.captures_iter(told.expect("the page lists them")).map(|found| found[1].to_owned()).collect();
    assert!(told.len() > 15, "{told:?}");
    let silent: Vec<_> = raised.union(&told).filter(|code| !has_sentence(code)).collect();
    assert!(silent.is_empty(), "no sentence in core/src/alert/texts.rs: {silent:?}");
}
