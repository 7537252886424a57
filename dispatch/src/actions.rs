//! The actions of the cockpit and of the job packet, as they are shown. Only endpoints of the closed table appear.

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_core::actor::Actor;
use patchbay_core::ids::TicketId;
use patchbay_core::ticket::action::Action;
use patchbay_core::ticket::policy::Facts;
use patchbay_core::ticket::{Command, Command as C, Refusal, TicketState};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What the desk could do with each ticket of its queue.
pub(crate) const COCKPIT: &[(&str, Command)] = &[
    ("request_info", C::RequestInfo),
    ("triage", C::Triage),
    ("decide_approval", C::ApprovalDecide),
    ("update", C::TicketUpdate),
    ("release_review", C::ReviewRelease),
    ("escalate", C::Escalate),
    ("cancel", C::Cancel),
    ("propose_schedule", C::SchedulePropose),
    ("confirm_schedule", C::ScheduleConfirm),
    ("reject_schedule", C::ScheduleReject),
    ("hold_schedule", C::ScheduleHold),
    ("release_schedule", C::ScheduleRelease),
    ("rollback_schedule", C::ScheduleRollback),
    ("reschedule", C::ScheduleReschedule),
    ("return_visit", C::ReturnVisit),
    ("recommend", C::Recommend),
    ("dispatch", C::AssignmentDispatch),
    ("force_hold", C::ForceHold),
    ("force_unassign", C::ForceUnassign),
    ("decline", C::TechDecline),
    ("check_in", C::CheckIn),
    ("hold", C::TechHold),
    ("resume", C::TechResume),
    ("add_evidence", C::AddEvidence),
    ("complete_work", C::Complete),
    ("candidate", C::Candidate),
    ("grant_exception", C::EvidenceException),
    ("verify", C::QaVerify),
    ("generate_invoice", C::GenerateInvoice),
    ("close", C::Close),
    ("force_close", C::ForceClose),
    ("reopen", C::Reopen),
    ("open_ticket", C::TicketRead),
    ("open_timeline", C::TicketTimeline),
    ("open_evidence", C::TicketEvidence),
    ("open_packet", C::JobPacket),
];

/// What whoever does the work could do. Source: domain, job packet.
pub(crate) const PACKET: &[(&str, Command)] = &[
    ("check_in", C::CheckIn),
    ("add_evidence", C::AddEvidence),
    ("request_change", C::RequestChange),
    ("candidate", C::Candidate),
    ("complete_work", C::Complete),
    ("hold", C::TechHold),
    ("resume", C::TechResume),
    ("open_timeline", C::TicketTimeline),
    ("open_evidence", C::TicketEvidence),
    ("accept", C::TechAccept),
    ("decline", C::TechDecline),
];

/// One thing that could be done with a ticket, and why not.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Action)]
pub(crate) struct ActionBody {
    /// Its name among the actions of the page.
    pub action_id: &'static str,
    /// The tool it uses.
    pub tool_name: &'static str,
    /// Path of its endpoint.
    pub endpoint: String,
    /// Method of its endpoint.
    pub method: &'static str,
    /// Whether it changes something.
    pub mutating: bool,
    /// Whether it would be let through now.
    pub enabled: bool,
    /// What the command would answer; null when it would be let through.
    #[schema(value_type = Option<PolicyErrorBody>)]
    pub(crate) policy_error: Option<Shared>,
}

/// Why an action is not enabled.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PolicyError)]
pub(crate) struct PolicyErrorBody {
    /// Which refusal.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// Which dimension of policy refuses.
    pub dimension: Option<&'static str>,
    /// Facts that explain it: states, roles, what is missing.
    #[serde(flatten)]
    #[schema(additional_properties)]
    pub facts: Map<String, Value>,
}

/// A refusal that many tickets share.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<PolicyErrorBody>);

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl From<&Refusal> for PolicyErrorBody {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code.as_str(),
            message: refusal.message.clone(),
            dimension: refusal.code.dimension(),
            facts: refusal.facts.clone(),
        }
    }
}

/// What one caller is told about many tickets. Refusals of policy depend on the state alone, for callers who own no work
/// themselves, and are made once for each state.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    actor: &'a Actor,
    known: HashMap<(Command, Option<TicketState>), Option<Shared>>,
}

impl<'a> Desk<'a> {
    /// For `actor`, whose rights reach every ticket within its scope.
    pub(crate) fn of(actor: &'a Actor) -> Self {
        Self { actor, known: HashMap::new() }
    }

    /// The actions on a ticket within the actor's scope.
    pub(crate) fn actions(
        &mut self,
        ticket: TicketId,
        facts: &Facts,
        mut guard: impl FnMut(Command) -> Result<(), Refusal>,
    ) -> Vec<ActionBody> {
        let mut actions = Vec::with_capacity(COCKPIT.len());
        for (id, command) in COCKPIT {
            let policy = self
                .known
                .entry((*command, facts.state))
                .or_insert_with(|| Action::of(id, *command, self.actor, facts, || Ok(())).refusal.as_ref().map(shared));
            let refusal = policy.clone().or_else(|| guard(*command).err().as_ref().map(shared));
            let action = Action { id, command: *command, refusal: None };
            actions.push(body(&action, ticket, refusal));
        }
        actions
    }
}

/// The actions on one ticket.
pub(crate) fn on_ticket(
    which: &[(&'static str, Command)],
    actor: &Actor,
    ticket: TicketId,
    facts: &Facts,
    mut guard: impl FnMut(Command) -> Result<(), Refusal>,
) -> Vec<ActionBody> {
    which
        .iter()
        .map(|(id, command)| {
            let action = Action::of(id, *command, actor, facts, || guard(*command));
            let refusal = action.refusal.as_ref().map(shared);
            body(&action, ticket, refusal)
        })
        .collect()
}

fn shared(refusal: &Refusal) -> Shared {
    Shared(Arc::new(refusal.into()))
}

fn body(action: &Action, ticket: TicketId, policy_error: Option<Shared>) -> ActionBody {
    let row = action.command.row();
    ActionBody {
        action_id: action.id,
        tool_name: row.tool,
        endpoint: action.endpoint(ticket),
        method: row.method.as_str(),
        mutating: row.is_mutating(),
        enabled: policy_error.is_none(),
        policy_error,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use patchbay_core::role::Role;
    use patchbay_core::ticket::{Kind, commands};

    use super::*;

    #[test]
    fn the_cockpit_shows_every_command_that_one_of_its_readers_could_give() {
        let readers: Vec<Role> = Command::Cockpit.row().roles.iter().map(|(role, _)| *role).collect();
        let shown: HashSet<Command> = COCKPIT.iter().map(|(_, command)| *command).collect();
        assert_eq!(shown.len(), COCKPIT.len());
        for row in commands().filter(|row| row.kind == Kind::Changes) {
            let is_theirs = readers.iter().any(|role| row.reach(*role).is_some());
            assert_eq!(shown.contains(&row.command), is_theirs, "{}", row.tool);
        }
        let names: HashSet<&str> = COCKPIT.iter().map(|(id, _)| *id).collect();
        assert_eq!(names.len(), COCKPIT.len());
    }
}
