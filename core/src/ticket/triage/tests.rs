use super::*;
use crate::code::Code;
use crate::ticket::create::tests::ticket_in;
use crate::ticket::transition::Transition;
use TicketState as S;

fn given() -> Classification {
    Classification {
        priority: TicketPriority::Urgent,
        incident_type: "door_wont_latch".into(),
        nte_cents: None,
        workflow_outcome: None,
        ready_to_schedule: None,
        requires_approval: None,
        approval_reason: None,
        approval_amount_delta_cents: None,
        risk_flags: None,
        estimate_cents: None,
        category: None,
        identity_confidence: None,
        classification_confidence: None,
        sop_handoff_acknowledged: None,
    }
}

fn template() -> TemplateFacts {
    TemplateFacts {
        version: 3,
        default_nte_cents: None,
        sla_minutes: None,
        high_risk: false,
        required_intake_fields: vec!["summary".into(), "incident_type".into()],
    }
}

fn run(ticket: &Ticket, grounds: &Grounds, given: &Classification) -> Result<Triaged, Refusal> {
    decide(ticket, grounds, given, &Actor::system(), ticket.created_at)
}

#[track_caller]
fn ends_in(state: S, given: &Classification, expect: &[S]) -> Triaged {
    let done = run(&ticket_in(state), &Grounds::default(), given).expect("triaged");
    let steps: Vec<S> = done.change.steps.iter().map(|step| step.to).collect();
    assert_eq!(steps, expect);
    let mut at = Some(state);
    for Transition { from, to } in &done.change.steps {
        assert_eq!(*from, at);
        at = Some(*to);
    }
    done
}

#[test]
fn the_outcome_is_what_was_named_then_approval_then_readiness_then_triaged() {
    let ready = Classification { ready_to_schedule: Some(true), ..given() };
    let approval = Classification { requires_approval: Some(true), ..ready.clone() };
    let named = Classification { workflow_outcome: Some(WorkflowOutcome::Triaged), ..approval.clone() };
    ends_in(S::New, &given(), &[S::Triaged]);
    ends_in(S::New, &ready, &[S::Triaged, S::ReadyToSchedule]);
    ends_in(S::NeedsInfo, &approval, &[S::Triaged, S::ApprovalRequired]);
    ends_in(S::NeedsInfo, &named, &[S::Triaged]);
    ends_in(S::Triaged, &ready, &[S::ReadyToSchedule]);
    let asked = ends_in(S::Triaged, &approval, &[S::ApprovalRequired]).approval.expect("a question");
    assert_eq!((asked.return_state, asked.approval_type), (S::ReadyToSchedule, ApprovalType::Proposal));
}

#[test]
fn triaging_again_must_change_something() {
    let once = run(&ticket_in(S::New), &Grounds::default(), &given()).expect("triaged").change.ticket;
    let refusal = run(&once, &Grounds::default(), &given()).expect_err("the same again");
    assert_eq!((refusal.code, &refusal.facts["from_state"]), (Code::InvalidStateTransition, &json!("TRIAGED")));
    let other = Classification { priority: TicketPriority::Routine, ..given() };
    let again = run(&once, &Grounds::default(), &other).expect("something changed");
    assert!(again.change.steps.is_empty());
    assert_eq!(again.change.ticket.priority, TicketPriority::Routine);
}

#[test]
fn an_estimate_above_the_limit_needs_an_approval_whatever_was_asked() {
    let dear = Classification {
        nte_cents: Some(10_000),
        estimate_cents: Some(12_500),
        workflow_outcome: Some(WorkflowOutcome::ReadyToSchedule),
        ..given()
    };
    let asked = ends_in(S::New, &dear, &[S::Triaged, S::ApprovalRequired]).approval.expect("a question");
    assert_eq!((asked.approval_type, asked.amount_delta_cents), (ApprovalType::NteIncrease, Some(2_500)));
    let more = Classification { approval_amount_delta_cents: Some(5_000), ..dear.clone() };
    let asked = ends_in(S::New, &more, &[S::Triaged, S::ApprovalRequired]).approval.expect("a question");
    assert_eq!(asked.amount_delta_cents, Some(5_000));
    ends_in(S::New, &Classification { estimate_cents: Some(10_000), ..dear }, &[S::Triaged, S::ReadyToSchedule]);
}

#[test]
fn a_service_that_needs_an_approval_gets_one() {
    let grounds = Grounds { service_needs_approval: true, ..Grounds::default() };
    let ready = Classification { ready_to_schedule: Some(true), ..given() };
    let done = run(&ticket_in(S::New), &grounds, &ready).expect("triaged");
    assert_eq!(done.change.ticket.state, S::ApprovalRequired);
    assert!(done.approval.is_some());
}

#[test]
fn a_blind_intake_passes_the_gate_before_it_is_scheduled() {
    let blind = Ticket {
        identity_signature: Some("s".into()),
        identity_confidence: Some(80),
        classification_confidence: Some(80),
        sop_handoff_required: true,
        ..ticket_in(S::Triaged)
    };
    let ready = Classification { ready_to_schedule: Some(true), ..given() };
    let surer = Classification { identity_confidence: Some(85), ..ready.clone() };
    let sure = Classification { classification_confidence: Some(99), ..surer.clone() };
    let handed_off = Classification { sop_handoff_acknowledged: Some(true), ..sure.clone() };
    for (given, code, measured) in [
        (&ready, Code::LowIdentityConfidence, Some(80)),
        (&surer, Code::LowClassificationConfidence, Some(80)),
        (&sure, Code::SopHandoffRequired, None),
    ] {
        let refusal = run(&blind, &Grounds::default(), given).expect_err("not good enough");
        assert_eq!(refusal.code, code);
        assert_eq!(refusal.facts.get("measured"), measured.map(|value: i64| json!(value)).as_ref());
        assert_eq!(refusal.facts.get("threshold").is_some(), measured.is_some());
    }
    let done = run(&blind, &Grounds::default(), &handed_off).expect("good enough").change.ticket;
    assert_eq!((done.state, done.sop_handoff_required), (S::ReadyToSchedule, false));
    let classified = run(&blind, &Grounds::default(), &given()).expect("classifying needs no gate");
    assert!(classified.change.ticket.sop_handoff_required);
}

#[test]
fn the_template_is_pinned_and_fills_in_what_nobody_named() {
    let facts = TemplateFacts { default_nte_cents: Some(40_000), high_risk: true, sla_minutes: Some(90), ..template() };
    let grounds = Grounds { template: Some(facts), account_nte_cents: Some(25_000), ..Grounds::default() };
    let ticket = ticket_in(S::New);
    assert_eq!(ticket.nte_cents, 25_000);
    let done = run(&ticket, &grounds, &given()).expect("triaged").change.ticket;
    assert_eq!((done.template_version, done.nte_cents), (Some(3), 40_000));
    assert_eq!(done.incident_type.as_deref(), Some("DOOR_WONT_LATCH"));
    assert_eq!((done.risk_flags.as_slice(), done.sla.template_minutes), (&[HIGH_RISK.to_owned()][..], Some(90)));
    let named = Ticket { nte_cents: 12_000, ..ticket.clone() };
    assert_eq!(run(&named, &grounds, &given()).expect("triaged").change.ticket.nte_cents, 12_000);
    let given = Classification { nte_cents: Some(7), risk_flags: Some(vec![]), ..given() };
    let done = run(&ticket, &grounds, &given).expect("triaged").change.ticket;
    assert_eq!((done.nte_cents, done.risk_flags.len()), (7, 0));
}

#[test]
fn the_intake_is_complete_once_all_its_fields_are_known() {
    let told = |done: &Triaged| done.change.told.iter().filter(|told| told.topic == Topic::IntakeCompleted).count();
    let mut facts = template();
    facts.required_intake_fields.push("category".into());
    let grounds = Grounds { template: Some(facts), ..Grounds::default() };
    let first = run(&ticket_in(S::New), &grounds, &given()).expect("triaged");
    assert_eq!((told(&first), first.change.ticket.intake_completed_at), (0, None));
    let with_category = Classification { category: Some("doors".into()), ..given() };
    let second = run(&first.change.ticket, &grounds, &with_category).expect("triaged");
    assert_eq!(told(&second), 1);
    let third = run(&second.change.ticket, &grounds, &Classification { nte_cents: Some(1), ..with_category });
    assert_eq!(told(&third.expect("triaged")), 0);
}
