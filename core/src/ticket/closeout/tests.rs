//! The gate and the commands behind it, values in and values out.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::code::Code;
use crate::evidence::Proof;
use crate::ticket::Refusal;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_614_400, 0).expect("a time")
}

fn template() -> ClosingTemplate {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    ClosingTemplate {
        version: 3,
        required_evidence_keys: words(&["before_photo", "after_photo", "note_work", SIGNATURE_KEY]),
        required_checklist_keys: words(&["work_performed", BILLING_AUTHORIZATION]),
        high_risk: false,
    }
}

fn item(kind: &str, key: &str) -> EvidenceItem {
    EvidenceItem {
        id: EvidenceId::new(),
        kind: kind.into(),
        evidence_key: (!key.is_empty()).then(|| key.into()),
        uri: format!("s3://evidence/{key}"),
        is_immutable: false,
        problem: None,
    }
}

fn items() -> Vec<EvidenceItem> {
    vec![item("PHOTO", "before_photo"), item("PHOTO", "after_photo"), item("NOTE", "note_work")]
}

fn statement() -> Statement {
    Statement {
        checklist: json!({"work_performed": "latch adjusted", "billing_authorization": true})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        no_signature_reason: Some("nobody was on site".into()),
        ..Statement::default()
    }
}

fn closing<'a>(
    template: Option<&'a ClosingTemplate>,
    items: &'a [EvidenceItem],
    waivers: &'a [Waiver],
    statement: Option<&'a Statement>,
) -> Closing<'a> {
    Closing { incident_type: Some("DOOR_WONT_LATCH"), template, items, waivers, statement, at: now() }
}

#[track_caller]
fn check(items: &[EvidenceItem], waivers: &[Waiver], statement: &Statement, expect: Requirement) -> Gate {
    let gate = closing(Some(&template()), items, waivers, Some(statement)).gate();
    assert_eq!(gate.code, expect, "{gate:?}");
    assert_eq!(gate.passed().is_ok(), expect == Requirement::Ready);
    gate
}

#[test]
fn work_that_lacks_nothing_passes() {
    let gate = check(&items(), &[], &statement(), Requirement::Ready);
    assert!(gate.signature_satisfied);
    assert_eq!(gate.template_version, Some(3));
}

#[test]
fn what_is_missing_is_named() {
    let gate = check(&items()[..1], &[], &statement(), Requirement::MissingEvidence);
    assert_eq!(gate.missing_evidence_keys, ["after_photo", "note_work"]);
    let silent = Statement { checklist: Map::new(), ..statement() };
    let gate = check(&items(), &[], &silent, Requirement::MissingChecklist);
    assert_eq!(gate.missing_checklist_keys, ["work_performed", BILLING_AUTHORIZATION]);
    check(&[], &[], &silent, Requirement::MissingRequirements);
}

#[test]
fn a_point_of_the_checklist_must_say_something_and_the_leave_to_bill_must_be_true() {
    let says = |work: Value, billing: Value| {
        let mut statement = statement();
        statement.checklist.insert("work_performed".into(), work);
        statement.checklist.insert(BILLING_AUTHORIZATION.into(), billing);
        statement
    };
    for work in [json!(true), json!("done"), json!(2)] {
        check(&items(), &[], &says(work, json!(true)), Requirement::Ready);
    }
    for work in [json!(false), json!(null), json!("  ")] {
        check(&items(), &[], &says(work, json!(true)), Requirement::MissingChecklist);
    }
    for billing in [json!("true"), json!(1), json!("yes"), json!(false)] {
        check(&items(), &[], &says(json!(true), billing), Requirement::MissingChecklist);
    }
}

#[test]
fn somebody_signs_or_somebody_says_why_not() {
    let unsigned = Statement { no_signature_reason: None, ..statement() };
    let gate = check(&items(), &[], &unsigned, Requirement::MissingSignatureConfirmation);
    assert_eq!(gate.missing_evidence_keys, [SIGNATURE_KEY]);
    let short = Statement { no_signature_reason: Some("   n/a      ".into()), ..statement() };
    check(&items(), &[], &short, Requirement::MissingSignatureConfirmation);
    for signature in [item("SIGNATURE", ""), item("DOCUMENT", SIGNATURE_KEY)] {
        let mut items = items();
        items.push(signature);
        check(&items, &[], &unsigned, Requirement::Ready);
    }
}

#[test]
fn a_waiver_holds_until_it_expires_and_never_for_the_signature() {
    let waiver = |keys: &[&str], seconds: i64| Waiver {
        evidence_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        expires_at: now() + TimeDelta::seconds(seconds),
    };
    let most = &items()[..2];
    let gate = check(most, &[waiver(&["note_work"], 1)], &statement(), Requirement::Ready);
    assert_eq!(gate.waived_evidence_keys, ["note_work"]);
    check(most, &[waiver(&["note_work"], 0)], &statement(), Requirement::MissingEvidence);
    check(most, &[waiver(&["after_photo"], 9)], &statement(), Requirement::MissingEvidence);
    let unsigned = Statement { no_signature_reason: None, ..statement() };
    check(&items(), &[waiver(&[SIGNATURE_KEY], 9)], &unsigned, Requirement::MissingSignatureConfirmation);
}

#[test]
fn evidence_whose_object_cannot_be_accepted_counts_for_nothing() {
    let mut items = items();
    items[1].problem = Some(ProbeFailure::ChecksumMismatch);
    let gate = check(&items, &[], &statement(), Requirement::InvalidEvidenceReference);
    assert_eq!(gate.invalid_evidence_refs[0].reason, "CHECKSUM_MISMATCH");
    // Naming the others does not help: what it was to show is missing.
    let named = Statement { evidence_refs: vec![items[0].id.to_string(), items[2].uri.clone()], ..statement() };
    check(&items, &[], &named, Requirement::MissingEvidence);
    items.push(item("PHOTO", "after_photo"));
    check(&items, &[], &named, Requirement::Ready);
}

#[test]
fn evidence_that_is_named_must_be_there() {
    let named = Statement { evidence_refs: vec![EvidenceId::new().to_string()], ..statement() };
    let gate = check(&items(), &[], &named, Requirement::InvalidEvidenceReference);
    assert_eq!(gate.invalid_evidence_refs[0].reason, "UNKNOWN_EVIDENCE");
    let refusal = gate.passed().expect_err("shut");
    assert_eq!(refusal.code, Code::CloseoutRequirementsIncomplete);
    assert_eq!(refusal.facts["requirement_code"], "INVALID_EVIDENCE_REFERENCE");
    assert_eq!(refusal.facts["template_version"], 3);
}

#[test]
fn without_a_template_or_a_word_from_who_did_the_work_nothing_passes() {
    let (items, statement) = (items(), statement());
    assert_eq!(closing(None, &items, &[], Some(&statement)).gate().code, Requirement::TemplateNotFound);
    let silent = closing(Some(&template()), &items, &[], None).gate();
    assert_eq!(silent.code, Requirement::MissingCompletionContext);
}

#[test]
fn work_of_high_risk_is_no_candidate() {
    let (items, statement) = (items(), statement());
    let risky = ClosingTemplate { high_risk: true, ..template() };
    let risk = closing(Some(&risky), &items, &[], Some(&statement)).risk();
    assert_eq!((risk.level, risk.evidence_items), ("HIGH", 3));
    assert_eq!(risk.reasons, ["incident_type:DOOR_WONT_LATCH"]);
    let mut with_key = items.clone();
    with_key.push(item("NOTE", "note_safety_test"));
    let template = template();
    let risk = closing(Some(&template), &with_key, &[], Some(&statement));
    assert_eq!(risk.risk().reasons, ["evidence_key:note_safety_test"]);
    let refusal = risk.risk().passed(&risk.gate()).expect_err("refused");
    assert_eq!(refusal.code, Code::ManualReviewRequired);
    assert_eq!(refusal.facts["requirement_code"], "AUTOMATION_RISK_BLOCK");
    assert_eq!(refusal.facts["risk_profile"]["level"], "HIGH");
    assert_eq!(closing(Some(&template), &items, &[], Some(&statement)).risk().level, "STANDARD");
}

fn adding(body: Value) -> Result<add_evidence::NewEvidence, Refusal> {
    let input: add_evidence::Input = serde_json::from_value(body).expect("the table has checked it");
    input.read(&["s3".into()], Proof::Waived)
}

#[test]
fn new_evidence_is_read_as_the_rules_want_it() {
    let evidence = adding(json!({"kind": "photo", "uri": "s3://b/k", "evidence_key": "after_photo"})).expect("fits");
    assert_eq!((evidence.kind.as_str(), evidence.evidence_key.as_deref()), ("PHOTO", Some("after_photo")));
    assert_eq!(evidence.metadata["evidence_key"], "after_photo");
    let named = adding(json!({"kind": "note", "uri": "s3://b/k", "metadata": {"evidence_key": "note"}})).expect("fits");
    assert_eq!(named.evidence_key.as_deref(), Some("note"));
}

#[test]
fn evidence_outside_of_an_object_store_is_refused_with_its_reason() {
    let refused = |body: Value| adding(body).expect_err("refused");
    let http = refused(json!({"kind": "PHOTO", "uri": "https://example.test/a.jpg"}));
    assert_eq!(http.code, Code::CloseoutRequirementsIncomplete);
    assert_eq!(http.facts["requirement_code"], "INVALID_EVIDENCE_REFERENCE");
    assert_eq!(http.facts["invalid_evidence_refs"][0]["reason"], "UNSUPPORTED_SCHEME");
    let rootless = refused(json!({"kind": "PHOTO", "uri": "s3://bucket/"}));
    assert_eq!(rootless.facts["invalid_evidence_refs"][0]["reason"], "UNREACHABLE_URI");
    assert_eq!(refused(json!({"kind": "a photo!", "uri": "s3://b/k"})).code, Code::InvalidRequest);
    assert_eq!(refused(json!({"kind": "PHOTO", "uri": "s3://b/k", "checksum": "abc"})).code, Code::InvalidRequest);
    let input: add_evidence::Input = serde_json::from_value(json!({"kind": "PHOTO", "uri": "s3://b/k"})).expect("fits");
    let unproven = input.read(&["s3".into()], Proof::Required).expect_err("refused");
    assert_eq!(unproven.facts["invalid_evidence_refs"][0]["reason"], "CHECKSUM_MISMATCH");
}

fn any_item() -> impl Strategy<Value = EvidenceItem> {
    let keys =
        prop_oneof![Just("before_photo"), Just("after_photo"), Just("note_work"), Just(SIGNATURE_KEY), Just("x")];
    let problems = prop_oneof![4 => Just(None), 1 => Just(Some(ProbeFailure::UnreachableUri))];
    (keys, problems).prop_map(|(key, problem)| EvidenceItem { problem, ..item("PHOTO", key) })
}

proptest! {
    #[test]
    fn more_evidence_never_makes_more_of_it_missing(
        items in prop::collection::vec(any_item(), 0..8),
        more in any_item(),
    ) {
        let (template, statement) = (template(), statement());
        let before = closing(Some(&template), &items, &[], Some(&statement)).gate();
        let mut grown = items;
        grown.push(more);
        let after = closing(Some(&template), &grown, &[], Some(&statement)).gate();
        prop_assert!(after.missing_evidence_keys.iter().all(|key| before.missing_evidence_keys.contains(key)));
    }

    #[test]
    fn an_open_gate_misses_nothing(items in prop::collection::vec(any_item(), 0..8), signed in any::<bool>()) {
        let template = template();
        let statement = Statement { no_signature_reason: signed.then(|| "nobody was there".into()), ..statement() };
        let gate = closing(Some(&template), &items, &[], Some(&statement)).gate();
        if gate.is_ready() {
            prop_assert!(gate.missing_evidence_keys.is_empty() && gate.invalid_evidence_refs.is_empty());
            prop_assert!(gate.signature_satisfied && gate.missing_checklist_keys.is_empty());
            prop_assert!(items.iter().all(|item| item.problem.is_none()));
        }
    }
}
