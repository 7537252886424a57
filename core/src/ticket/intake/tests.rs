use super::*;
use crate::ticket::create::tests::{birth, request, site};
use crate::ticket::words::Urgency;

fn intake(site: &SiteFacts) -> BlindIntake {
    BlindIntake {
        request: request(site),
        incident_type: "door_wont_latch".into(),
        customer_name: "Ada Lovelace".into(),
        priority: TicketPriority::Urgent,
        identity_confidence: 85,
        classification_confidence: 85,
        contact_phone: Some("+1 (555) 010-0199".into()),
        contact_email: None,
        sop_handoff_acknowledged: Some(true),
        sop_handoff_prompt: None,
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut BlindIntake), expect: TicketState) -> crate::ticket::Ticket {
    let site = site();
    let mut intake = intake(&site);
    change(&mut intake);
    let intake = intake.checked().expect("fits");
    let decision = decide(&Actor::system(), birth(), intake, &site, &IntakeRules::default(), None).expect("decided");
    assert_eq!(decision.final_state(), expect);
    assert_eq!(decision.topics, [Topic::TicketCreated, Topic::IntakeCompleted, Topic::TicketStateChanged]);
    let ticket = decision.draft.with_code("T-2026-001".into());
    assert_eq!(ticket.sop_handoff_required, expect == TicketState::Triaged);
    assert_eq!(ticket.sop_handoff_prompt.is_some(), expect == TicketState::Triaged);
    ticket
}

#[test]
fn a_sure_and_handed_off_intake_is_ready_to_schedule() {
    let ticket = check(|_| {}, TicketState::ReadyToSchedule);
    assert_eq!(ticket.incident_type.as_deref(), Some("DOOR_WONT_LATCH"));
    assert_eq!((ticket.priority, ticket.urgency), (TicketPriority::Urgent, Urgency::High));
    assert!(ticket.sop_handoff_acknowledged);
}

#[test]
fn an_unsure_or_not_handed_off_intake_waits_for_a_person() {
    check(|intake| intake.identity_confidence = 84, TicketState::Triaged);
    check(|intake| intake.classification_confidence = 84, TicketState::Triaged);
    check(|intake| intake.sop_handoff_acknowledged = Some(false), TicketState::Triaged);
    check(|intake| intake.sop_handoff_acknowledged = None, TicketState::Triaged);
}

#[test]
fn a_prompt_of_the_intake_is_kept() {
    let ticket = check(
        |intake| {
            intake.identity_confidence = 10;
            intake.sop_handoff_prompt = Some("Ask for the unit number".into());
        },
        TicketState::Triaged,
    );
    assert_eq!(ticket.sop_handoff_prompt.as_deref(), Some("Ask for the unit number"));
}

#[track_caller]
fn refused(change: impl FnOnce(&mut BlindIntake), reason: &str) {
    let mut intake = intake(&site());
    change(&mut intake);
    match intake.checked() {
        Err(IntakeMisfit::Refused(refusal)) => {
            assert_eq!(refusal.code, Code::BlindIntakeValidationFailed);
            assert_eq!(refusal.facts["reason"], reason);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn somebody_must_be_reachable() {
    refused(|intake| intake.contact_phone = None, "missing_contact_channel");
    refused(|intake| intake.contact_phone = Some("  ".into()), "missing_contact_channel");
    refused(|intake| intake.contact_phone = Some("123456".into()), "invalid_contact_phone");
    refused(|intake| intake.contact_phone = Some("12345678901234567".into()), "invalid_contact_phone");
    refused(|intake| intake.contact_phone = Some("call 5550100".into()), "invalid_contact_phone");
    refused(|intake| intake.contact_email = Some("nobody".into()), "invalid_contact_email");
    check(|intake| intake.contact_phone = Some("1234567".into()), TicketState::ReadyToSchedule);
    check(|intake| intake.contact_phone = Some("1234567890123456".into()), TicketState::ReadyToSchedule);
    check(
        |intake| {
            intake.contact_phone = None;
            intake.contact_email = Some("ada@example.test".into());
        },
        TicketState::ReadyToSchedule,
    );
}

#[test]
fn confidences_are_percentages() {
    for (change, path) in [
        ((|intake: &mut BlindIntake| intake.identity_confidence = 101) as fn(&mut BlindIntake), "identity_confidence"),
        (|intake| intake.classification_confidence = -1, "classification_confidence"),
    ] {
        let mut intake = intake(&site());
        change(&mut intake);
        match intake.checked() {
            Err(IntakeMisfit::Fields(errors)) => assert_eq!(errors[0].path, path),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_same_request_has_the_same_signature_however_it_is_written() {
    let site = site();
    let one = intake(&site).checked().expect("fits");
    let mut other = intake(&site);
    other.request.summary = "THE FRONT DOOR does not latch".into();
    other.incident_type = " Door_Wont_Latch".into();
    other.customer_name = "ada LOVELACE".into();
    other.contact_phone = Some("1 555 0100199".into());
    other.identity_confidence = 3;
    let other = other.checked().expect("fits");
    assert_eq!(one.signature(), other.signature());
    let mut different = one.clone();
    different.contact_phone = Some("+15550100198".into());
    assert_ne!(one.signature(), different.signature());
    let mut elsewhere = one.clone();
    elsewhere.request.site_id = crate::ids::SiteId::new();
    assert_ne!(one.signature(), elsewhere.signature());
}

#[test]
fn a_repeated_intake_is_refused_with_the_ticket_it_repeats() {
    let site = site();
    let duplicate = Duplicate { ticket_id: TicketId::new(), state: TicketState::Triaged, created_at: birth().now };
    let intake = intake(&site).checked().expect("fits");
    let rules = IntakeRules::default();
    let refusal = decide(&Actor::system(), birth(), intake, &site, &rules, Some(&duplicate)).expect_err("refused");
    assert_eq!(refusal.code, Code::DuplicateIntake);
    assert_eq!(refusal.facts["duplicate_ticket_id"], duplicate.ticket_id.to_string());
    assert_eq!(refusal.facts["state"], "TRIAGED");
    assert!(refusal.facts.contains_key("created_at"));
}

#[test]
fn readiness_names_what_was_measured_and_what_is_needed() {
    let rules = IntakeRules::default();
    let refusal = ready(84, 100, SopHandoff::Acknowledged, &rules).expect_err("refused");
    assert_eq!(refusal.code, Code::LowIdentityConfidence);
    assert_eq!((refusal.facts["measured"].as_i64(), refusal.facts["threshold"].as_i64()), (Some(84), Some(85)));
    let code = |result: Result<(), Refusal>| result.expect_err("refused").code;
    assert_eq!(code(ready(85, 84, SopHandoff::Missing, &rules)), Code::LowClassificationConfidence);
    assert_eq!(code(ready(85, 85, SopHandoff::Missing, &rules)), Code::SopHandoffRequired);
    assert!(ready(85, 85, SopHandoff::Acknowledged, &rules).is_ok());
}
