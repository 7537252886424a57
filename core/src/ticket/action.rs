//! What a caller could do with a ticket, and why not: the buttons of the cockpit and of the job packet. Asks the same
//! policy as the commands, in the same order; what a command's own rule would say comes in as a guard.

use crate::actor::Actor;
use crate::ids::TicketId;
use crate::ticket::command::Command;
use crate::ticket::policy::{self, Facts};
use crate::ticket::refusal::Refusal;

/// One thing that could be done with a ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Its name among the actions of a page.
    pub id: &'static str,
    /// The command or read behind it.
    pub command: Command,
    /// What the command would answer; `None` when it would be let through.
    pub refusal: Option<Refusal>,
}

impl Action {
    /// What `actor` would be told who uses `command` on a ticket: what policy says (role first, then scope, then state),
    /// then what `guard` says, the command's own rule as far as it is known before the body is.
    pub fn of(
        id: &'static str,
        command: Command,
        actor: &Actor,
        facts: &Facts,
        guard: impl FnOnce() -> Result<(), Refusal>,
    ) -> Self {
        let refusal = policy::may(actor, command.row(), None, facts).and_then(|()| guard()).err();
        Self { id, command, refusal }
    }

    /// Whether it would be let through.
    pub fn is_enabled(&self) -> bool {
        self.refusal.is_none()
    }

    /// Path of its endpoint for a ticket.
    pub fn endpoint(&self, ticket: TicketId) -> String {
        self.command.row().route.replace("{ticket_id}", &ticket.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::code::Code;
    use crate::ids::{AccountId, SiteId};
    use crate::role::{ActorType, Role};
    use crate::ticket::commands;
    use crate::ticket::policy::Performer;
    use crate::ticket::state::TicketState;

    fn facts(state: TicketState, performer: Performer) -> Facts {
        Facts { account_id: AccountId::new(), site_id: SiteId::new(), state: Some(state), performer }
    }

    proptest! {
        #[test]
        fn an_action_is_enabled_exactly_when_the_commands_policy_admits_it(
            role in proptest::sample::select(Role::ALL),
            actor_type in proptest::sample::select(ActorType::ALL),
            state in proptest::sample::select(TicketState::ALL),
            performer in proptest::sample::select(vec![Performer::Nobody, Performer::Actor, Performer::Other]),
        ) {
            let actor = Actor { role, actor_type, ..Actor::system() };
            let facts = facts(state, performer);
            for row in commands() {
                let action = Action::of("it", row.command, &actor, &facts, || Ok(()));
                let admitted = policy::may(&actor, row, Some(row.tool), &facts);
                prop_assert_eq!(action.is_enabled(), admitted.is_ok());
                prop_assert_eq!(action.refusal, admitted.err());
            }
        }
    }

    #[test]
    fn the_role_is_named_before_the_state_and_the_state_before_the_commands_own_rule() {
        let of = |role, state| {
            let actor = Actor { role, actor_type: ActorType::Human, ..Actor::system() };
            let rule = || Err(Refusal::new(Code::VersionConflict, "somebody has to look"));
            Action::of("it", Command::Triage, &actor, &facts(state, Performer::Nobody), rule)
        };
        let code = |action: Action| action.refusal.map(|refusal| refusal.code);
        assert_eq!(code(of(Role::Auditor, TicketState::Closed)), Some(Code::Forbidden));
        assert_eq!(code(of(Role::Dispatcher, TicketState::Closed)), Some(Code::InvalidStateTransition));
        assert_eq!(code(of(Role::Dispatcher, TicketState::New)), Some(Code::VersionConflict));
    }

    #[test]
    fn the_endpoint_is_that_of_the_ticket() {
        let actor = Actor::system();
        let facts = facts(TicketState::New, Performer::Nobody);
        let id = TicketId::new();
        let action = Action::of("it", Command::ScheduleConfirm, &actor, &facts, || Ok(()));
        assert_eq!(action.endpoint(id), format!("/tickets/{id}/schedule/confirm"));
    }
}
