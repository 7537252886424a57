//! `POST /api/v1/conversations/{id}/macros/{macro_id}`: an agent asks for a macro. All of it is done, or nothing.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchbay_core::automation::{Action, AutomationKind, Case, Matches};
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ids::{AutomationId, ConversationId, RecordId};
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::automations;
use patchbay_store::conversations::ConversationRow;
use serde_json::json;

use super::run::{OnRefusal, begin, carry_out};
use super::runs::RunBody;
use crate::conversations::{Seen, lock_visible, require_hand_in_it, require_lead, require_worker};
use crate::error::HubError;
use crate::resource::{Begun, Stamp, Write, record};
use crate::state::Hub;

/// Does what a macro says, as the caller: whatever the caller may not do by hand is refused, and then nothing is done.
/// Errors: 403 `NOT_ASSIGNED`, `FORBIDDEN`, 409 `INVALID_STATE_TRANSITION` when its conditions do not hold, and those of
/// its actions, with `action` naming the one.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/macros/{macro_id}", tag = "automations",
    params(("id" = Uuid, Path), ("macro_id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = RunBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN, NOT_ASSIGNED"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION, AGENT_AT_CAPACITY, CONTACT_OPTED_OUT, OUTSIDE_CUSTOMER_SERVICE_WINDOW")))]
pub(super) async fn apply(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id((id, macro_id)): Id<(ConversationId, AutomationId)>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_worker(&ctx.actor)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let Seen(row) = lock_visible(tx, &ctx, id).await?;
    require_hand_in_it(&ctx.actor, &row)?;
    let found = automations::by_id(tx, macro_id).await?;
    let known = found
        .filter(|known| known.kind == AutomationKind::Macro && known.enabled)
        .ok_or_else(|| ApiError::not_found("macro"))?;
    let when: Matches = serde_json::from_value(known.conditions.clone()).unwrap_or_default();
    if !when.hold(&case_of(&hub, &ctx, &row, None)) {
        let message = "the macro is not for conversations like this one";
        return Err(ApiError::new(Code::InvalidStateTransition, message)
            .because("from_state", row.status.as_str())
            .into());
    }
    let actions: Vec<Action> = serde_json::from_value(known.actions.clone()).unwrap_or_default();
    for (place, action) in actions.iter().enumerate() {
        if matches!(action, Action::Assign { .. }) {
            require_lead(&ctx.actor, &row).map_err(|error| error.because("action", format!("then[{place}]")))?;
        }
    }
    crate::directory::ensure_user(tx, &ctx).await?;
    let mut run = begin(&ctx, &known, RecordId::new().into(), id);
    automations::claim_run(tx, &run).await?;
    carry_out(tx, &hub, &ctx, (&mut run, &actions), OnRefusal::Fail).await?;
    let subject =
        json!({ "automation_id": known.id, "version": known.version, "run_id": run.id, "conversation_id": id });
    record(tx, &ctx, None, "macro.apply", subject).await?;
    write.finish(StatusCode::OK, &RunBody::of(&run)).await
}

/// A conversation as conditions look at it.
pub(super) fn case_of<'a>(
    hub: &Hub,
    ctx: &Ctx,
    row: &ConversationRow,
    said: Option<(&'a str, patchbay_core::channel::SenderType)>,
) -> Case<'a> {
    let directory = hub.directory();
    let calendar = row.team_id.and_then(|team| directory.teams.get(&team)).and_then(|team| team.calendar.as_ref());
    Case {
        channel: row.channel,
        inbox: row.inbox_id,
        team: row.team_id,
        status: row.status,
        priority: row.priority,
        tags: serde_json::from_value(row.tags.clone()).unwrap_or_default(),
        text: said.map(|(text, _)| text),
        sender: said.map(|(_, sender)| sender),
        is_assigned: row.assigned_to.is_some() && row.status != ConversationStatus::Closed,
        is_in_business_hours: calendar.is_some_and(|calendar| calendar.is_open(ctx.now)),
    }
}
