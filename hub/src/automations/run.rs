//! One run: its actions in order, each noted with what became of it.

use chrono::TimeDelta;
use patchbay_core::Ctx;
use patchbay_core::automation::{Action, RunOutcome, most_runs_an_hour};
use patchbay_core::ids::{AutomationRunId, ConversationId};
use patchbay_store::automations::{self, AutomationRow, RunRow};
use patchbay_store::{StoreError, Tx, feed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::act::{Undo, act};
use crate::error::HubError;
use crate::state::Hub;

/// One action of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Step {
    /// What.
    pub(super) action: String,
    /// `done`, also when it was so already, or why it was refused.
    pub(super) outcome: String,
    /// What takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) undo: Option<Undo>,
    /// What became of taking it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) undone: Option<String>,
}

/// What a refused action does to the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnRefusal {
    /// The others are done all the same.
    GoOn,
    /// The refusal is the answer, and nothing is done.
    Fail,
}

/// A run about to be.
pub(super) fn begin(ctx: &Ctx, row: &AutomationRow, cause: Uuid, conversation: ConversationId) -> RunRow {
    RunRow {
        id: AutomationRunId::new(),
        automation_id: row.id,
        automation_version: row.version,
        automation_name: row.name.clone(),
        cause,
        conversation_id: conversation,
        outcome: RunOutcome::Done,
        steps: json!([]),
        actor_id: ctx.actor.id,
        created_at: ctx.now,
        undone_at: None,
        undone_by: None,
    }
}

/// Whether an automation goes round in circles on a conversation.
pub(super) async fn is_circling(tx: &mut Tx, run: &RunRow, actions: &[Action]) -> Result<bool, StoreError> {
    let since = run.created_at - TimeDelta::hours(1);
    // The run itself is among them.
    let runs = automations::count_runs(tx, run.automation_id, run.conversation_id, since).await?;
    Ok(runs > most_runs_an_hour(actions))
}

/// Does the actions and writes down what became of them. No automation runs for what they write.
pub(super) async fn carry_out(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    (run, actions): (&mut RunRow, &[Action]),
    on_refusal: OnRefusal,
) -> Result<(), HubError> {
    let mark = feed::own_mark(tx).await?;
    let mut steps = Vec::with_capacity(actions.len());
    for (place, action) in actions.iter().enumerate() {
        let name = Uuid::new_v5(&run.cause, format!("{}:{place}", run.automation_id).as_bytes());
        let done = Box::pin(act(tx, hub, ctx, (run.conversation_id, name), action)).await;
        let (outcome, undo) = match done {
            Ok(undo) => ("done".to_owned(), undo),
            Err(HubError::Refused(refusal)) if on_refusal == OnRefusal::GoOn => {
                (refusal.code().as_str().to_owned(), None)
            }
            Err(HubError::Refused(refusal)) => {
                return Err(refusal.because("action", format!("then[{place}]")).into());
            }
            Err(error) => return Err(error),
        };
        steps.push(Step { action: action.word().to_owned(), outcome, undo, undone: None });
    }
    let refused = steps.iter().filter(|step| step.outcome != "done").count();
    run.outcome = match refused {
        0 => RunOutcome::Done,
        all if all == steps.len() => RunOutcome::Refused,
        _ => RunOutcome::Partly,
    };
    run.steps = serde_json::to_value(steps).unwrap_or_else(|_| Value::Array(Vec::new()));
    automations::settle_run(tx, run).await?;
    let written = feed::written_here(tx, mark).await?;
    automations::remember_effects(tx, &written, ctx.now).await?;
    metrics::counter!("automation_runs_total", "outcome" => run.outcome.as_str()).increment(1);
    Ok(())
}
