use super::super::candidate::tests::{active, candidate, job, place};
use super::*;
use crate::ids::ZoneId;
use crate::technician::Availability;
use crate::ticket::create::tests::ticket_in;

fn actor(role: Role) -> Actor {
    Actor { role, actor_type: role.default_actor_type(), ..Actor::system() }
}

/// An order, a ticket and facts that no guard refuses.
struct Case {
    actor: Actor,
    ticket: Ticket,
    order: Order,
    technician: Candidate,
    job: Job,
    recommended: Recommended,
    approval_pending: bool,
}

impl Case {
    fn standard() -> Self {
        let technician = candidate();
        Self {
            actor: actor(Role::Dispatcher),
            ticket: ticket_in(TicketState::Scheduled),
            order: Order { tech_id: Some(technician.id), ..Order::default() },
            technician,
            job: job(),
            recommended: Recommended::NotAsked,
            approval_pending: false,
        }
    }

    fn bypass() -> Self {
        let standard = Self::standard();
        Self {
            ticket: Ticket {
                priority: TicketPriority::Emergency,
                incident_type: Some("CANNOT_SECURE_ENTRY".into()),
                ..ticket_in(TicketState::ReadyToSchedule)
            },
            order: Order {
                dispatch_mode: Some(DispatchMode::EmergencyBypass),
                dispatch_rationale: Some("the entry cannot be secured".into()),
                dispatch_confirmation: true,
                ..standard.order
            },
            ..standard
        }
    }

    fn decide(&self) -> Result<Change, Refusal> {
        let facts = Facts {
            actor: &self.actor,
            performer: Performer::Technician(Box::new(self.technician.clone())),
            recommended: self.recommended,
            job: self.job.clone(),
            approval_pending: self.approval_pending,
            booked_vendor: None,
        };
        decide(&self.ticket, &self.order, &facts)
    }

    #[track_caller]
    fn refused(&self, code: Code) -> Refusal {
        let refusal = self.decide().expect_err("refused");
        assert_eq!(refusal.code, code, "{}", refusal.message);
        refusal
    }
}

#[test]
fn the_work_goes_to_the_one_who_is_named() {
    let case = Case::standard();
    let change = case.decide().expect("sent");
    assert_eq!(change.ticket.assigned_tech_id, case.order.tech_id);
    assert_eq!((change.ticket.state, change.steps.len()), (TicketState::Dispatched, 1));
    let told: Vec<Topic> = change.told.iter().map(|told| told.topic).collect();
    assert_eq!(told, [Topic::AssignmentDispatched, Topic::NotifyPerformer, Topic::NotifyCustomer]);
}

#[test]
fn exactly_one_performer_is_named() {
    let mut case = Case::standard();
    case.order.provider_id = Some(VendorId::new());
    case.refused(Code::InvalidRequest);
    case.order.tech_id = None;
    case.order.provider_id = None;
    case.refused(Code::InvalidRequest);
}

/// Every guard is broken at once, then mended one by one: the refusals come in the order of the domain.
#[test]
fn the_guards_come_in_their_order() {
    let mut case = Case::bypass();
    let zone = ZoneId::new();
    case.job.place = place(Some(zone));
    case.technician.availability = Availability::OnLeave;
    case.technician.skills = ["doors".to_owned()].into();
    case.technician.jobs = vec![active(TicketState::InProgress, place(None))];
    case.recommended = Recommended::Technician(TechnicianId::new());
    case.ticket.review_required = true;
    case.order.dispatch_confirmation = false;
    case.refused(Code::TechUnavailable);
    case.technician.availability = Availability::Available;
    case.refused(Code::AssignmentRecommendationMismatch);
    case.order.override_reason = Some("the customer asked for Tess".into());
    case.refused(Code::AssignmentRecommendationMismatch);
    case.order.override_code = Some(MismatchCode::CustomerRequest);
    case.refused(Code::AssignmentCapabilityMismatch);
    case.technician.skills.insert("HVAC".into());
    case.refused(Code::AssignmentZoneMismatch);
    case.technician.zones.insert(zone);
    case.refused(Code::ReviewRequired);
    case.ticket.review_required = false;
    case.refused(Code::TechZoneConflict);
    case.technician.jobs.clear();
    case.refused(Code::AssignmentBypassDenied);
    case.order.dispatch_confirmation = true;
    assert!(case.decide().is_ok());
}

#[test]
fn nobody_is_unknown_and_a_deactivated_one_takes_no_work() {
    let mut case = Case::standard();
    case.technician.is_active = false;
    case.refused(Code::TechUnavailable);
    let facts = Facts {
        actor: &case.actor,
        performer: Performer::Unknown,
        recommended: Recommended::NotAsked,
        job: job(),
        approval_pending: false,
        booked_vendor: None,
    };
    assert_eq!(decide(&case.ticket, &case.order, &facts).expect_err("refused").code, Code::AssignmentNotFound);
}

#[test]
fn a_ranking_of_another_ticket_does_not_count_even_with_a_reason() {
    let mut case = Case::standard();
    case.recommended = Recommended::NoSuchRanking;
    case.order.override_reason = Some("a good enough reason".into());
    case.order.override_code = Some(MismatchCode::Other);
    case.refused(Code::AssignmentRecommendationMismatch);
}

#[test]
fn only_an_emergency_skips_the_schedule() {
    let mut case = Case::standard();
    for state in [TicketState::Triaged, TicketState::ReadyToSchedule] {
        case.ticket.state = state;
        let refusal = case.refused(Code::InvalidStateTransition);
        assert_eq!(refusal.facts["allowed_from_states"], json!(["SCHEDULED"]));
    }
    assert!(Case::bypass().decide().is_ok());
    let unmet = |change: fn(&mut Case)| {
        let mut case = Case::bypass();
        change(&mut case);
        case.refused(Code::AssignmentBypassDenied).facts["unmet"].clone()
    };
    assert_eq!(unmet(|case| case.order.dispatch_rationale = None), json!(["dispatch_rationale"]));
    assert_eq!(unmet(|case| case.order.dispatch_rationale = Some("too short ".into())), json!(["dispatch_rationale"]));
    assert_eq!(unmet(|case| case.ticket.priority = TicketPriority::Urgent), json!(["priority_emergency"]));
    assert_eq!(unmet(|case| case.ticket.incident_type = None), json!(["incident_type"]));
    assert_eq!(unmet(|case| case.approval_pending = true), json!(["no_pending_approval"]));
    assert_eq!(unmet(|case| case.actor.actor_type = ActorType::Service), json!(["human_actor"]));
}

#[test]
fn the_system_sends_only_the_vendor_of_the_booking() {
    let (ticket, vendor) = (ticket_in(TicketState::Scheduled), VendorId::new());
    let system = actor(Role::System);
    let facts = |booked_vendor| Facts {
        actor: &system,
        performer: Performer::Vendor { is_active: true, is_skilled: true },
        recommended: Recommended::NotAsked,
        job: job(),
        approval_pending: false,
        booked_vendor,
    };
    let order = Order { provider_id: Some(vendor), ..Order::default() };
    assert_eq!(decide(&ticket, &order, &facts(None)).expect_err("refused").code, Code::Forbidden);
    assert_eq!(decide(&ticket, &order, &facts(Some(VendorId::new()))).expect_err("refused").code, Code::Forbidden);
    let change = decide(&ticket, &order, &facts(Some(vendor))).expect("sent");
    assert_eq!((change.ticket.assigned_provider_id, change.ticket.assigned_tech_id), (Some(vendor), None));
}
