//! Who may give which command. Checked in the order tool, role, scope, state; the first refusal counts.

use crate::actor::Actor;
use crate::code::Code;
use crate::ids::{AccountId, SiteId};
use crate::role::Role;
use crate::ticket::command::{Command, CommandRow, Kind, Reach};
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
    // Agents and customers own what is within their scope; whoever does the work owns what is not somebody else's.
    let is_performer = matches!(actor.role, Role::Technician | Role::Vendor);
    if reach == Reach::Own && is_performer && facts.performer == Performer::Other {
        return Err(Refusal::new(Code::NotAssigned, "the ticket is assigned to somebody else"));
    }
    match facts.state {
        Some(state) if row.kind == Kind::Changes && !row.from.is_empty() && !row.from.contains(&state) => {
            Err(Refusal::wrong_state(row, state))
        }
        _ => Ok(()),
    }
}

fn out_of_scope() -> Refusal {
    Refusal::new(Code::ForbiddenScope, "the account or the site is outside of what the caller may touch")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::actor::Scope;
    use crate::ticket::command::COMMANDS;

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

    /// The matrix of the domain, written out a second time.
    #[test]
    fn every_role_may_do_exactly_what_the_matrix_says() {
        use Role as R;
        let recorders = [R::Admin, R::Supervisor, R::TeamLead, R::SupportAgent, R::Dispatcher, R::AiAgent, R::System];
        for row in COMMANDS {
            for role in Role::ALL {
                let allowed = if row.is_mutating() { recorders.contains(role) } else { true };
                check(&actor(*role), row.command, None, &facts(), (!allowed).then_some(Code::Forbidden));
            }
        }
    }

    #[test]
    fn account_and_site_must_both_be_in_scope() {
        let facts = facts();
        let only_account = Scope::Only(BTreeSet::from([facts.account_id]));
        let only_site = Scope::Only(BTreeSet::from([facts.site_id]));
        for row in COMMANDS {
            let both = Actor { accounts: only_account.clone(), sites: only_site.clone(), ..actor(Role::Dispatcher) };
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
