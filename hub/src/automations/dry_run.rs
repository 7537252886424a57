//! `POST /api/v1/automations/dry-run`: whether an automation would run, and for what not, without doing anything.

use axum::Json;
use axum::extract::State;
use patchbay_core::automation::{Case, Matches};
use patchbay_core::channel::{Channel, SenderType};
use patchbay_core::conversation::{ConversationStatus, Priority};
use patchbay_core::ids::InboxId;
use patchbay_http::{ApiError, Body, Caller};
use patchbay_store::inboxes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::resource::{actions, conditions};
use crate::administration::fields;
use crate::error::HubError;
use crate::resource::require_catalog_keeper;
use crate::state::Hub;

/// Longest message that is tried.
const MOST_CHARS: usize = 10_000;

/// An automation that need not be saved, and what happens; what is missing is as for a stranger's text message in a queue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AutomationDryRun {
    /// When it runs; always when missing.
    #[schema(value_type = Option<Object>)]
    when: Option<Value>,
    /// What it does; checked as when it is saved.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    then: Vec<Value>,
    /// What is written.
    text: Option<String>,
    /// The channel; `sms` when missing.
    channel: Option<String>,
    /// Who writes; `customer` when missing.
    sender: Option<String>,
    /// The state of the conversation; `queued` when missing.
    status: Option<String>,
    /// How urgent it is; `normal` when missing.
    priority: Option<String>,
    /// Its tags.
    #[serde(default)]
    tags: Vec<String>,
    /// Its team, by slug or id.
    team: Option<String>,
    /// Its inbox, by name or id.
    inbox: Option<String>,
    /// Whether somebody has it; nobody when missing.
    assigned: Option<bool>,
    /// Whether it is within business hours; yes when missing.
    in_business_hours: Option<bool>,
}

/// What would happen.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AutomationDryRunAnswer {
    /// Whether it would run.
    holds: bool,
    /// The conditions that do not hold, by their names.
    fails: Vec<&'static str>,
    /// What it would do, in order; nothing when it would not run.
    #[schema(value_type = Vec<Object>)]
    then: Value,
}

/// Says whether an automation would run on a message that is made up. Nothing is sent or changed. Admins and supervisors
/// only.
#[utoipa::path(post, path = "/api/v1/automations/dry-run", tag = "automations", request_body = AutomationDryRun,
    responses((status = 200, body = AutomationDryRunAnswer), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn dry_run(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(body): Body<AutomationDryRun>,
) -> Result<Json<AutomationDryRunAnswer>, HubError> {
    require_catalog_keeper(&ctx)?;
    if body.text.as_ref().is_some_and(|text| text.chars().count() > MOST_CHARS) {
        return Err(ApiError::invalid("text", format!("at most {MOST_CHARS} characters")).into());
    }
    let mut tx = hub.db.read().await?;
    let when = conditions(&mut tx, body.when.unwrap_or_else(|| json!({}))).await?;
    let then = if body.then.is_empty() { json!([]) } else { actions(&mut tx, body.then).await? };
    let when: Matches = serde_json::from_value(when).map_err(|_| ApiError::invalid("when", "cannot be read"))?;
    let team = match &body.team {
        Some(named) => Some(fields::team(&mut tx, "team", named).await?.id),
        None => None,
    };
    let inbox = match &body.inbox {
        Some(named) => {
            let known = inboxes::all(&mut tx).await?;
            let found = known.iter().find(|inbox| inbox.name == *named || inbox.id.to_string() == *named);
            found.ok_or_else(|| ApiError::invalid("inbox", "no such inbox"))?.id
        }
        // None of ours: a condition that names inboxes does not hold.
        None => InboxId::new(),
    };
    let word = |path: &'static str| move |_| ApiError::invalid(path, "no such word");
    let case = Case {
        channel: body.channel.as_deref().map_or(Ok(Channel::Sms), str::parse).map_err(word("channel"))?,
        inbox,
        team,
        status: body.status.as_deref().map_or(Ok(ConversationStatus::Queued), str::parse).map_err(word("status"))?,
        priority: body.priority.as_deref().map_or(Ok(Priority::Normal), str::parse).map_err(word("priority"))?,
        tags: body.tags,
        text: body.text.as_deref(),
        sender: Some(body.sender.as_deref().map_or(Ok(SenderType::Customer), str::parse).map_err(word("sender"))?),
        is_assigned: body.assigned.unwrap_or(false),
        is_in_business_hours: body.in_business_hours.unwrap_or(true),
    };
    let fails = when.fails(&case);
    let holds = fails.is_empty();
    Ok(Json(AutomationDryRunAnswer { holds, fails, then: if holds { then } else { json!([]) } }))
}
