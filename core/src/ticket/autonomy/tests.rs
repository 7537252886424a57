use super::*;

fn control(scope_type: AutonomyScope, is_paused: bool) -> Control {
    Control {
        scope_type,
        key: None,
        is_paused,
        reason: "a test".into(),
        actor_id: ActorId::new(),
        updated_at: DateTime::<Utc>::UNIX_EPOCH,
    }
}

#[test]
fn what_is_said_about_the_ticket_counts_before_its_kind_and_everything() {
    use AutonomyScope::{Global, Incident, Ticket};
    assert_eq!(pause(&[]), None);
    let all = [control(Global, true), control(Incident, false), control(Ticket, true)];
    assert_eq!(pause(&all).map(|control| control.scope_type), Some(Ticket));
    assert_eq!(pause(&all[..2]), None, "the kind of work was let go on while everything else is paused");
    assert_eq!(pause(&all[..1]).map(|control| control.scope_type), Some(Global));
    assert_eq!(pause(&[control(Ticket, false), control(Global, true)]), None);
}

#[test]
fn the_key_belongs_to_the_scope() {
    let said = |scope_type, key: Option<&str>| {
        Said { scope_type, key: key.map(str::to_owned), reason: "a test".into() }.canonical_key()
    };
    assert_eq!(said(AutonomyScope::Global, None), Ok(None));
    assert!(said(AutonomyScope::Global, Some("x")).is_err());
    assert_eq!(said(AutonomyScope::Incident, Some("door_stuck")), Ok(Some("DOOR_STUCK".into())));
    assert!(said(AutonomyScope::Incident, None).is_err());
    let id = "0198C0DE-0000-7000-8000-000000000001";
    assert_eq!(said(AutonomyScope::Ticket, Some(id)), Ok(Some(id.to_lowercase())));
    assert!(said(AutonomyScope::Ticket, Some("T-2026-001")).is_err());
}

#[test]
fn people_are_no_automation() {
    assert!(!is_automation(ActorType::Human));
    assert!(is_automation(ActorType::Agent) && is_automation(ActorType::Service));
}
