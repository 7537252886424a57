//! Who may give which command. Checked in the order tool, role, scope, state; the first refusal counts.

use crate::actor::Actor;
use crate::code::Code;
use crate::ids::{AccountId, SiteId};
use crate::role::{ActorType, Portal, Role};
use crate::ticket::command::{Actors, Command, CommandRow, Kind, Reach};
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;

/// What policy must know about the ticket (or, before there is one, about its place).
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Whose site.
    pub account_id: AccountId,
    /// Where.
    pub site_id: SiteId,
    /// Where the ticket stands; `None` before there is one.
    pub state: Option<TicketState>,
    /// Who does the work.
    pub performer: Performer,
}

/// Who does the work, seen from the actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Performer {
    /// Nobody yet.
    Nobody,
    /// The actor.
    Actor,
    /// Somebody else.
    Other,
}

/// Whether `actor` may use the row at all, with the tool it says it uses. Errors: 400 `UNKNOWN_TOOL`, 403
/// `TOOL_NOT_ALLOWED`, 403 `FORBIDDEN`, 403 `FORBIDDEN_SCOPE` when the actor has no scope whatever.
pub fn authorize(actor: &Actor, row: &CommandRow, tool: Option<&str>) -> Result<Reach, Refusal> {
    if let Some(tool) = tool.filter(|tool| *tool != row.tool) {
        return Err(match Command::by_tool(tool) {
            None => Refusal::new(Code::UnknownTool, "no such tool"),
            Some(_) => Refusal::new(Code::ToolNotAllowed, "this endpoint belongs to another tool")
                .because("expected_tool", row.tool)
                .because("tool", tool),
        });
    }
    let reach = row.reach(actor.role).ok_or_else(|| {
        let allowed: Vec<&str> = row.roles.iter().map(|(role, _)| role.as_str()).collect();
        Refusal::new(Code::Forbidden, format!("the role {} may not use {}", actor.role, row.tool))
            .because("actor_role", actor.role.as_str())
            .because("allowed_roles", allowed)
    })?;
    if row.actors == Actors::Humans && actor.actor_type != ActorType::Human {
        return Err(Refusal::new(Code::Forbidden, format!("only people may use {}", row.tool))
            .because("actor_type", actor.actor_type.as_str())
            .because("allowed_actor_types", vec![ActorType::Human.as_str()]));
    }
    if !portal_admits(actor) {
        return Err(Refusal::new(Code::Forbidden, "the token belongs to another portal")
            .because("actor_role", actor.role.as_str())
            .because("portal", actor.portal.map(Portal::as_str)));
    }
    if actor.accounts.is_empty() || actor.sites.is_empty() {
        return Err(out_of_scope());
    }
    Ok(reach)
}

/// Whether `actor` may use the row on this ticket or place. Errors: those of [`authorize`], 403 `FORBIDDEN_SCOPE`, 403
/// `NOT_ASSIGNED`, 409 `INVALID_STATE_TRANSITION`.
pub fn may(actor: &Actor, row: &CommandRow, tool: Option<&str>, facts: &Facts) -> Result<(), Refusal> {
    let reach = authorize(actor, row, tool)?;
    if !actor.may_touch(facts.account_id, facts.site_id) {
        return Err(out_of_scope());
    }
    // Agents and customers own what is within their scope; whoever does the work owns what is not somebody else's, and
    // changes what is its own.
    let is_performer = reach == Reach::Own && matches!(actor.role, Role::Technician | Role::Vendor);
    if is_performer && facts.performer == Performer::Other {
        return Err(not_assigned("the ticket is assigned to somebody else"));
    }
    match facts.state {
        Some(state) if row.kind == Kind::Changes && !row.from.is_empty() && !row.from.contains(&state) => {
            Err(Refusal::wrong_state(row, state))
        }
        Some(_) if is_performer && row.kind == Kind::Changes && facts.performer == Performer::Nobody => {
            Err(not_assigned("the ticket is not assigned to the caller"))
        }
        _ => Ok(()),
    }
}

/// The portals of technicians and of customers carry no other rights, whatever role a token names. Source: domain,
/// portal separation (S4).
fn portal_admits(actor: &Actor) -> bool {
    match actor.portal {
        Some(Portal::Technician) => matches!(actor.role, Role::Technician | Role::Vendor),
        Some(Portal::Customer) => actor.role == Role::Customer,
        Some(Portal::Admin | Portal::Service) | None => true,
    }
}

fn not_assigned(message: &str) -> Refusal {
    Refusal::new(Code::NotAssigned, message)
}

fn out_of_scope() -> Refusal {
    Refusal::new(Code::ForbiddenScope, "the account or the site is outside of what the caller may touch")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::actor::Scope;
    use crate::ticket::command::commands;

    fn facts() -> Facts {
        Facts { account_id: AccountId::new(), site_id: SiteId::new(), state: None, performer: Performer::Nobody }
    }

    fn actor(role: Role) -> Actor {
        Actor { role, actor_type: role.default_actor_type(), ..Actor::system() }
    }

    #[track_caller]
    fn check(actor: &Actor, command: Command, tool: Option<&str>, facts: &Facts, expect: Option<Code>) {
        let code = may(actor, command.row(), tool, facts).err().map(|refusal| refusal.code);
        assert_eq!(code, expect, "{} as {}", command.row().tool, actor.role);
    }

    /// The matrix of the domain, written out a second time: `*` all, `o` own, `.` not.
    const MATRIX: &[(&str, &str)] = &[
        //                               AD SV TL SA DI TE VE QA AP FI CU AI SY AU
        ("ticket.create", "* * o o * . . . . . . * * ."),
        ("ticket.blind_intake", "* * o o * . . . . . . * * ."),
        ("ticket.request_info", "* * o o * . . . . . . * . ."),
        ("ticket.triage", "* * o o * . . . . . . * . ."),
        ("approval.decide", "* * . . * . . . * . . . . ."),
        ("schedule.propose", "* * o o * . . . . . . * * ."),
        ("schedule.confirm", "* * o . * . . . . . o . * ."),
        ("schedule.reject", "* * o . * . . . . . o * * ."),
        ("schedule.hold", "* * o . * . . . . . . . * ."),
        ("schedule.release", "* * o . * . . . . . o . * ."),
        ("schedule.rollback", "* * o . * . . . . . . . * ."),
        ("schedule.reschedule", "* * o . * . . . . . . . . ."),
        ("schedule.return_visit", "* * o . * . . . . . . . . ."),
        ("assignment.recommend", "* * o . * . . . . . . * * ."),
        ("assignment.dispatch", "* * o . * . . . . . . . * ."),
        ("tech.accept", ". . . . . o o . . . . . . ."),
        ("tech.decline", ". . . . * o o . . . . . . ."),
        ("tech.check_in", ". . . . * o o . . . . . . ."),
        ("tech.hold", ". . . . * o o . . . . . . ."),
        ("tech.complete", ". . . . * o o . . . . . . ."),
        ("tech.resume", ". * o . * o o . . . . . . ."),
        ("tech.request_change", ". . . . . o o . . . . . . ."),
        ("closeout.add_evidence", "* * o o * o o * . . . * . ."),
        ("closeout.candidate", ". . . . * o . . . . . * . ."),
        ("closeout.evidence_exception", "* * . . . . . * * . . . . ."),
        ("qa.verify", "* * . . * . . * . . . . . ."),
        ("billing.generate_invoice", "* . . . . . . . . * . . . ."),
        ("ticket.close", "* * . . * . . . * * . . * ."),
        ("ticket.force_close", "* * . . . . . . * . . . . ."),
        ("ticket.cancel", "* * . . * . . . * * . . . ."),
        ("dispatch.force_hold", "* * . . * . . . . . . . . ."),
        ("dispatch.force_unassign", "* * . . * . . . . . . . . ."),
        ("closeout.reopen_after_verification", "* * . . * . . * . . . . . ."),
        ("ticket.review_release", "* * . . * . . . . . . . . ."),
        ("ticket.escalate", "* * * * * o . . . . . * * ."),
        ("ticket.update", "* * o o * o . . . . . . . ."),
        ("ops.autonomy.pause", "* * . . * . . . . . . . . ."),
        ("ops.autonomy.rollback", "* * . . * . . . . . . . . ."),
        ("outbox.replay", "* * . . . . . . . * . . . ."),
        ("ticket.read", "* * o o * o o * * * o * * *"),
        ("ticket.list", "* * o o * o o * * * o * * *"),
        ("ticket.timeline", "* * o o * o o * * * o * * *"),
        ("ticket.evidence", "* * o o * o o * * * . * * *"),
        ("ticket.invoice", "* * . . * . . . . * . . . *"),
        ("dispatcher.cockpit", "* * o . * . . . . . . . * *"),
        ("tech.job_packet", ". . . . * o o . . . . . . *"),
        ("ops.autonomy.state", "* * . . * . . . . * . . * *"),
        ("ops.autonomy.replay", "* * . . * . . . . * . . * *"),
        ("outbox.list", "* * . . * . . . . * . . * *"),
    ];

    #[test]
    fn every_role_may_do_exactly_what_the_matrix_says() {
        assert_eq!(MATRIX.len(), commands().count());
        for (tool, marks) in MATRIX {
            let row = Command::by_tool(tool).expect("a tool of the table").row();
            let marks: Vec<&str> = marks.split(' ').collect();
            assert_eq!(marks.len(), Role::ALL.len(), "{tool}");
            for (role, mark) in Role::ALL.iter().zip(marks) {
                let expect = match mark {
                    "*" => Some(Reach::All),
                    "o" => Some(Reach::Own),
                    _ => None,
                };
                assert_eq!(row.reach(*role), expect, "{tool} as {role}");
                let own = Facts { performer: Performer::Actor, ..facts() };
                let person = Actor { actor_type: ActorType::Human, ..actor(*role) };
                check(&person, row.command, None, &own, expect.is_none().then_some(Code::Forbidden));
            }
        }
    }

    #[test]
    fn some_commands_are_for_people_only() {
        for row in commands().filter(|row| row.actors == Actors::Humans) {
            for (role, _) in row.roles {
                let machine = Actor { actor_type: ActorType::Service, ..actor(*role) };
                check(&machine, row.command, None, &facts(), Some(Code::Forbidden));
            }
        }
    }

    #[test]
    fn a_technicians_portal_carries_no_other_rights() {
        let admin = Actor { portal: Some(Portal::Technician), ..actor(Role::Admin) };
        check(&admin, Command::TicketRead, None, &facts(), Some(Code::Forbidden));
        let technician = Actor { portal: Some(Portal::Technician), ..actor(Role::Technician) };
        check(&technician, Command::TicketRead, None, &facts(), None);
    }

    #[test]
    fn whoever_does_the_work_changes_own_work_only() {
        let technician = actor(Role::Technician);
        let at = |performer| Facts { state: Some(TicketState::Dispatched), performer, ..facts() };
        check(&technician, Command::CheckIn, None, &at(Performer::Actor), None);
        check(&technician, Command::CheckIn, None, &at(Performer::Other), Some(Code::NotAssigned));
        check(&technician, Command::CheckIn, None, &at(Performer::Nobody), Some(Code::NotAssigned));
        check(&actor(Role::Dispatcher), Command::CheckIn, None, &at(Performer::Other), None);
    }

    #[test]
    fn account_and_site_must_both_be_in_scope() {
        let facts = Facts { performer: Performer::Actor, ..facts() };
        let only_account = Scope::Only(BTreeSet::from([facts.account_id]));
        let only_site = Scope::Only(BTreeSet::from([facts.site_id]));
        for row in commands() {
            let (role, _) = row.roles[0];
            let person = Actor { actor_type: ActorType::Human, ..actor(role) };
            let both = Actor { accounts: only_account.clone(), sites: only_site.clone(), ..person };
            check(&both, row.command, None, &facts, None);
            let other_site = Actor { sites: Scope::Only(BTreeSet::from([SiteId::new()])), ..both.clone() };
            check(&other_site, row.command, None, &facts, Some(Code::ForbiddenScope));
            let other_account = Actor { accounts: Scope::Only(BTreeSet::from([AccountId::new()])), ..both.clone() };
            check(&other_account, row.command, None, &facts, Some(Code::ForbiddenScope));
            let no_scope = Actor { sites: Scope::none(), ..both };
            check(&no_scope, row.command, None, &facts, Some(Code::ForbiddenScope));
        }
    }

    #[test]
    fn a_tool_opens_its_own_endpoint_only() {
        let dispatcher = actor(Role::Dispatcher);
        check(&dispatcher, Command::TicketCreate, Some("ticket.create"), &facts(), None);
        check(&dispatcher, Command::TicketCreate, Some("ticket.blind_intake"), &facts(), Some(Code::ToolNotAllowed));
        check(&dispatcher, Command::TicketCreate, Some("ticket.explode"), &facts(), Some(Code::UnknownTool));
    }

    #[test]
    fn the_tool_is_looked_at_before_the_role_and_the_role_before_the_scope() {
        let outsider = Actor { sites: Scope::none(), ..actor(Role::Auditor) };
        check(&outsider, Command::TicketCreate, Some("ticket.explode"), &facts(), Some(Code::UnknownTool));
        check(&outsider, Command::TicketCreate, None, &facts(), Some(Code::Forbidden));
        let scoped_out = Actor { sites: Scope::none(), ..actor(Role::Dispatcher) };
        check(&scoped_out, Command::TicketCreate, None, &facts(), Some(Code::ForbiddenScope));
    }

    #[test]
    fn a_technician_does_not_see_the_work_of_another() {
        let technician = actor(Role::Technician);
        let theirs = Facts { performer: Performer::Actor, ..facts() };
        check(&technician, Command::TicketRead, None, &theirs, None);
        let others = Facts { performer: Performer::Other, ..facts() };
        check(&technician, Command::TicketRead, None, &others, Some(Code::NotAssigned));
        check(&actor(Role::Dispatcher), Command::TicketRead, None, &others, None);
    }

    #[test]
    fn a_command_starts_only_from_its_states() {
        let row = CommandRow { from: &[TicketState::New], kind: Kind::Changes, ..*Command::TicketCreate.row() };
        let at = |state| Facts { state: Some(state), ..facts() };
        let dispatcher = actor(Role::Dispatcher);
        assert!(may(&dispatcher, &row, None, &at(TicketState::New)).is_ok());
        let refusal = may(&dispatcher, &row, None, &at(TicketState::Closed)).expect_err("refused");
        assert_eq!(refusal.code, Code::InvalidStateTransition);
        assert_eq!(refusal.facts["from_state"], "CLOSED");
        assert_eq!(refusal.facts["allowed_from_states"][0], "NEW");
    }
}
