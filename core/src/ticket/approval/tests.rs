use super::*;
use crate::ticket::create::tests::ticket_in;

fn asked(ticket: &Ticket, origin: ApprovalOrigin, by: &Actor) -> Approval {
    let question = Question {
        approval_type: ApprovalType::NteIncrease,
        origin,
        reason: None,
        amount_delta_cents: Some(5_000),
        evidence_refs: Vec::new(),
    };
    Approval::asked(ticket.id, by, question, DateTime::<Utc>::UNIX_EPOCH)
}

fn actor(role: Role) -> Actor {
    Actor { id: ActorId::new(), role, actor_type: role.default_actor_type(), ..Actor::system() }
}

fn run(
    ticket: &Ticket,
    approval: &Approval,
    decision: ApprovalDecision,
    by: &Actor,
) -> Result<(Change, Approval), Refusal> {
    let answer = Answer { approval_id: approval.id, decision, notes: None };
    decide(ticket, Some(approval.clone()), &answer, &IntakeRules::default(), by, ticket.created_at)
}

#[track_caller]
fn refused(approval: Option<Approval>, ticket: &Ticket, by: &Actor, expect: Code) {
    let answer = Answer { approval_id: ApprovalId::new(), decision: ApprovalDecision::Approved, notes: None };
    let refusal = decide(ticket, approval, &answer, &IntakeRules::default(), by, DateTime::<Utc>::UNIX_EPOCH)
        .expect_err("refused");
    assert_eq!(refusal.code, expect);
}

#[test]
fn yes_raises_the_limit_and_no_leaves_it() {
    use ApprovalDecision::{Approved, Denied};
    let ticket = ticket_in(TicketState::ApprovalRequired);
    let approver = actor(Role::Approver);
    for (origin, decision, to, nte) in [
        (ApprovalOrigin::Triage, Approved, TicketState::ReadyToSchedule, 30_000),
        (ApprovalOrigin::Triage, Denied, TicketState::Triaged, 25_000),
        (ApprovalOrigin::TechChange, Approved, TicketState::InProgress, 30_000),
        (ApprovalOrigin::TechChange, Denied, TicketState::InProgress, 25_000),
    ] {
        let approval = asked(&ticket, origin, &actor(Role::Technician));
        let (change, decided) = run(&ticket, &approval, decision, &approver).expect("decided");
        assert_eq!((change.ticket.state, change.ticket.nte_cents), (to, nte));
        assert_eq!((decided.status, decided.decided_by), (decision.status(), Some(approver.id)));
        assert_eq!(change.told[0].topic, Topic::ApprovalDecided);
    }
}

#[test]
fn whoever_asked_during_the_work_does_not_decide() {
    let ticket = ticket_in(TicketState::ApprovalRequired);
    let dispatcher = actor(Role::Dispatcher);
    refused(Some(asked(&ticket, ApprovalOrigin::TechChange, &dispatcher)), &ticket, &dispatcher, Code::Forbidden);
    let assistant = actor(Role::AiAgent);
    refused(Some(asked(&ticket, ApprovalOrigin::Triage, &assistant)), &ticket, &assistant, Code::Forbidden);
    let approval = asked(&ticket, ApprovalOrigin::Triage, &dispatcher);
    assert!(run(&ticket, &approval, ApprovalDecision::Approved, &dispatcher).is_ok());
}

#[test]
fn only_a_pending_approval_of_the_ticket_can_be_decided() {
    let ticket = ticket_in(TicketState::ApprovalRequired);
    let approver = actor(Role::Approver);
    let approval = asked(&ticket, ApprovalOrigin::Triage, &actor(Role::Dispatcher));
    refused(None, &ticket, &approver, Code::ApprovalNotFound);
    let of_another = Approval { ticket_id: TicketId::new(), ..approval.clone() };
    refused(Some(of_another), &ticket, &approver, Code::ApprovalNotFound);
    let settled = Approval { status: ApprovalStatus::Denied, ..approval.clone() };
    refused(Some(settled), &ticket, &approver, Code::ApprovalNotPending);
    let astray = Approval { return_state: TicketState::Closed, ..approval };
    refused(Some(astray), &ticket, &approver, Code::InvalidApprovalTargetState);
}

#[test]
fn an_approval_does_not_open_the_gate_of_blind_intakes() {
    let ticket = Ticket {
        identity_signature: Some("s".into()),
        identity_confidence: Some(10),
        ..ticket_in(TicketState::ApprovalRequired)
    };
    let approver = actor(Role::Approver);
    let approval = asked(&ticket, ApprovalOrigin::Triage, &actor(Role::Dispatcher));
    let refusal = run(&ticket, &approval, ApprovalDecision::Approved, &approver).expect_err("refused");
    assert_eq!(refusal.code, Code::LowIdentityConfidence);
    assert!(run(&ticket, &approval, ApprovalDecision::Denied, &approver).is_ok());
}
