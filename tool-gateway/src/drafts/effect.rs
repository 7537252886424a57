//! What carrying a draft out is. Money is the transaction system's; what changes tickets goes through the enforcement
//! API, by the gateway as itself: it acts on the proof of a customer or of a person of ours, never as the assistant.

use patchbay_core::actor::Actor;
use patchbay_core::{Code, Ctx};
use patchbay_dispatch::CommandError;
use patchbay_http::ApiError;
use patchbay_store::tool_drafts::DraftRow;
use serde_json::Value;
use uuid::Uuid;

use super::{job, moves_money, visit};
use crate::audit::derived_key;
use crate::gateway::Gateway;
use crate::transactions::CommitEnd;

impl Gateway {
    /// Carries a draft out, once however often it is tried.
    pub(super) async fn effect(&self, ctx: &Ctx, draft: &DraftRow) -> CommitEnd {
        if !moves_money(draft) {
            let acting = Ctx { actor: Actor::gateway(), now: self.hub.gate.clock.now(), ..ctx.clone() };
            return match draft.tool.as_str() {
                job::NAME => self.make_job(&acting, draft).await,
                visit::NAME => self.confirm_visit(&acting, draft).await,
                _ => CommitEnd::Refused("nothing carries this draft out".into()),
            };
        }
        match self.transactions.as_ref() {
            Some(system) => system.commit(draft).await,
            None => CommitEnd::NotSent("no transaction system is connected".into()),
        }
    }
}

/// The key under which a draft is carried out: a repetition is answered, not done again.
pub(super) fn key_of(draft: &DraftRow) -> Uuid {
    derived_key(&["draft", &draft.id.to_string()])
}

/// What the ticket is called, from the answer of its command.
pub(super) fn done(body: &str) -> CommitEnd {
    let answer: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let ticket = answer.get("ticket").unwrap_or(&answer);
    CommitEnd::Done(ticket["code"].as_str().map(str::to_owned))
}

/// What became of a command that was not carried out. Where the store did not answer, nobody knows, and the same command
/// under the same key finds out.
pub(super) fn failed(error: CommandError) -> CommitEnd {
    match error {
        CommandError::Store(_) | CommandError::InProgress => CommitEnd::Unknown,
        // Somebody recorded the same vehicle at the same moment: the next look finds it.
        CommandError::Also(error) if matches!(error.code(), Code::VersionConflict | Code::AlreadyExists) => {
            CommitEnd::Unknown
        }
        error => {
            let code = ApiError::from(error).code();
            match code {
                // Automation is paused: what was agreed to waits, as long as it counts.
                Code::AutonomyDisabled => CommitEnd::NotSent(code.as_str().to_owned()),
                code if code.status() >= 500 => CommitEnd::Unknown,
                code => CommitEnd::Refused(code.as_str().to_owned()),
            }
        }
    }
}
