//! Reading tickets: one, many, and what happened to one. What is out of scope is not there.

mod invoice;

use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, TicketId};
use patchbay_core::ticket::{Command, CommandRow, Refusal, Ticket, TicketState, policy};
use patchbay_core::{Code, Ctx};
use patchbay_http::{Page, decode_cursor, encode_cursor, limit};
use patchbay_store::Tx;
use patchbay_store::audit::{self, AuditRow};
use patchbay_store::tickets::{self, TicketFilter, TransitionRow};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::body::{TicketBody, TimelineBody, TimelineEvent, TimelineStep};
use crate::error::CommandError;
use crate::pipeline::{Dispatch, facts};

/// Which tickets a list shows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TicketQuery {
    /// States, separated by commas.
    pub state: Option<String>,
    /// Only of this account.
    pub account_id: Option<Uuid>,
    /// Text in code or summary.
    pub q: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// How many, 1 to 100.
    pub limit: Option<i64>,
}

impl Dispatch {
    /// One ticket. Errors: 403 `FORBIDDEN`, 404 `TICKET_NOT_FOUND`.
    pub async fn ticket(&self, ctx: &Ctx, id: TicketId, tool: Option<&str>) -> Result<Ticket, CommandError> {
        let mut tx = self.db.read().await?;
        visible(&mut tx, ctx, Command::TicketRead.row(), id, tool).await
    }

    /// Tickets, newest first. Errors: 403 `FORBIDDEN`, 400 `INVALID_QUERY`.
    pub async fn tickets(
        &self,
        ctx: &Ctx,
        query: TicketQuery,
        tool: Option<&str>,
    ) -> Result<Page<TicketBody>, CommandError> {
        policy::authorize(&ctx.actor, Command::TicketList.row(), tool)?;
        let limit = limit(query.limit).map_err(CommandError::Also)?;
        let filter = filter(ctx, query)?;
        let mut tx = self.db.read().await?;
        let rows = tickets::page(&mut tx, &filter, limit + 1).await?;
        let page = Page::of(rows, limit, |ticket| encode_cursor(&ticket.id));
        Ok(Page { data: page.data.iter().map(TicketBody::from).collect(), next_cursor: page.next_cursor })
    }

    /// What happened to a ticket. Errors: as for one ticket.
    pub async fn timeline(&self, ctx: &Ctx, id: TicketId, tool: Option<&str>) -> Result<TimelineBody, CommandError> {
        let mut tx = self.db.read().await?;
        visible(&mut tx, ctx, Command::TicketTimeline.row(), id, tool).await?;
        let entries = audit::of_ticket(&mut tx, id).await?;
        let steps = tickets::transitions(&mut tx, id).await?;
        Ok(TimelineBody { ticket_id: id.into(), events: entries.iter().map(|entry| event(entry, &steps)).collect() })
    }
}

/// A ticket the caller may see; what it may not see is not there.
async fn visible(
    tx: &mut Tx,
    ctx: &Ctx,
    row: &CommandRow,
    id: TicketId,
    tool: Option<&str>,
) -> Result<Ticket, CommandError> {
    policy::authorize(&ctx.actor, row, tool)?;
    let ticket = tickets::by_id(tx, id).await?.ok_or(CommandError::NoSuchTicket)?;
    let facts = facts(tx, ctx, &ticket).await?;
    policy::may(&ctx.actor, row, tool, &facts)?;
    Ok(ticket)
}

fn filter(ctx: &Ctx, query: TicketQuery) -> Result<TicketFilter, CommandError> {
    let states = query
        .state
        .iter()
        .flat_map(|states| states.split(','))
        .map(str::trim)
        .filter(|state| !state.is_empty())
        .map(|state| state.to_uppercase().parse::<TicketState>())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| invalid("state must be states of a ticket, separated by commas"))?;
    let accounts = match query.account_id.map(AccountId) {
        None => ctx.actor.accounts.clone(),
        Some(account) if ctx.actor.accounts.allows(&account) => Scope::Only([account].into()),
        Some(_) => Scope::none(),
    };
    let before = query.cursor.as_deref().map(decode_cursor).transpose().map_err(CommandError::Also)?;
    let text = query.q.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    if text.as_deref().is_some_and(|text| text.contains('\0')) {
        return Err(invalid("q must not contain U+0000"));
    }
    Ok(TicketFilter { accounts, sites: ctx.actor.sites.clone(), states, text, before })
}

fn invalid(message: &str) -> CommandError {
    Refusal::new(Code::InvalidQuery, message).into()
}

fn event(row: &AuditRow, steps: &[TransitionRow]) -> TimelineEvent {
    let entry = &row.entry;
    TimelineEvent {
        id: entry.id.into(),
        tool_name: entry.tool_name.clone(),
        actor_type: entry.actor_type.as_str(),
        actor_id: entry.actor_id.into(),
        actor_role: entry.actor_role.as_str(),
        on_behalf_of: entry.on_behalf_of,
        outcome: entry.outcome.as_str(),
        error_code: entry.error_code.clone(),
        before_state: entry.before_state.clone(),
        after_state: entry.after_state.clone(),
        ticket_version: entry.ticket_version,
        transitions: steps
            .iter()
            .filter(|step| step.audit_event_id == entry.id)
            .map(|step| TimelineStep {
                seq: step.seq,
                from_state: step.from_state.map(TicketState::as_str),
                to_state: step.to_state.as_str(),
            })
            .collect(),
        payload: entry.payload.clone(),
        changes: entry.changes.clone(),
        request_id: entry.request_id.clone(),
        correlation_id: entry.correlation_id.clone(),
        created_at: entry.created_at,
    }
}
