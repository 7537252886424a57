//! Reading tickets: one, and many.

mod invoice;
mod operations;

pub use operations::OutboxQuery;

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::ids::TicketId;
use patchbay_core::ticket::state::JobStatus;
use patchbay_core::ticket::{Command, CommandRow, Ticket, TicketPriority, TicketState, policy};
use patchbay_http::{Page, decode_cursor, encode_cursor, limit};
use patchbay_store::tickets::{self, Approvals, TicketFilter};
use patchbay_store::{Tx, approvals, schedules};

use crate::body::{TicketBody, TicketView};
use crate::cockpit::within;
use crate::error::CommandError;
use crate::pipeline::{Dispatch, facts, performs_as};
use crate::query::{Parameters, invalid};

/// The words of the dealerships that are no states of a ticket: as `state` they stand for the states they mean.
const EXPANDED: [JobStatus; 2] = [JobStatus::Pending, JobStatus::Completed];

impl Dispatch {
    /// One ticket. Errors: 403 `FORBIDDEN`, 403 `FORBIDDEN_SCOPE`, 403 `NOT_ASSIGNED`, 404 `TICKET_NOT_FOUND`.
    pub async fn ticket(&self, ctx: &Ctx, id: TicketId, tool: Option<&str>) -> Result<Ticket, CommandError> {
        let mut tx = self.db.read().await?;
        visible(&mut tx, ctx, Command::TicketRead.row(), id, tool).await
    }

    /// One ticket and what it waits for. Errors: as for one ticket.
    pub(crate) async fn view(&self, ctx: &Ctx, id: TicketId, tool: Option<&str>) -> Result<TicketView, CommandError> {
        let mut tx = self.db.read().await?;
        let ticket = visible(&mut tx, ctx, Command::TicketRead.row(), id, tool).await?;
        view(&mut tx, &ticket).await
    }

    /// Tickets, newest first. Errors: 403 `FORBIDDEN`, 400 `INVALID_QUERY`.
    pub(crate) async fn tickets(
        &self,
        ctx: &Ctx,
        mut given: Parameters,
        tool: Option<&str>,
    ) -> Result<Page<TicketBody>, CommandError> {
        policy::authorize(&ctx.actor, Command::TicketList.row(), tool)?;
        let limit = given.number("limit")?;
        let limit = limit_of(limit)?;
        let mut filter = filter(ctx, given)?;
        let mut tx = self.db.read().await?;
        filter.of_performer = performs_as(&mut tx, ctx).await?;
        let rows = tickets::page(&mut tx, &filter, limit + 1).await?;
        let page = Page::of(rows, limit, |ticket| encode_cursor(&ticket.id));
        Ok(Page { data: page.data.iter().map(TicketBody::from).collect(), next_cursor: page.next_cursor })
    }
}

/// A ticket the caller may see. Errors: 404 `TICKET_NOT_FOUND`, 403 `FORBIDDEN_SCOPE`, 403 `NOT_ASSIGNED`.
pub(crate) async fn visible(
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

/// A ticket and what it waits for.
pub(crate) async fn view(tx: &mut Tx, ticket: &Ticket) -> Result<TicketView, CommandError> {
    Ok(TicketView {
        ticket: TicketBody::from(ticket),
        pending_approval: approvals::pending(tx, ticket.id).await?.map(Into::into),
        active_hold: schedules::active_hold(tx, ticket.id).await?.map(Into::into),
        schedule_options: schedules::live_options(tx, ticket.id).await?.into_iter().map(Into::into).collect(),
    })
}

fn limit_of(asked: Option<i64>) -> Result<i64, CommandError> {
    limit(asked).map_err(CommandError::Also)
}

fn filter(ctx: &Ctx, mut given: Parameters) -> Result<TicketFilter, CommandError> {
    let known: Vec<&str> = TicketState::WORDS.iter().copied().chain(EXPANDED.map(JobStatus::as_str)).collect();
    let words: Vec<String> = given.words("state", &known)?;
    let mut states: Vec<TicketState> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let mut statuses: Vec<JobStatus> = given.words("status", JobStatus::WORDS)?;
    let mut approvals = if states.contains(&TicketState::ApprovalRequired) { Approvals::All } else { Approvals::None };
    statuses.extend(
        words
            .iter()
            .filter(|word| word.parse::<TicketState>().is_err())
            .filter_map(|word| word.parse::<JobStatus>().ok()),
    );
    for status in &statuses {
        states.extend(TicketState::ALL.iter().filter(|state| state.job_statuses().contains(status)));
        approvals = match status {
            JobStatus::Pending => approvals.and(Approvals::BeforeWork),
            JobStatus::InProgress => approvals.and(Approvals::DuringWork),
            _ => approvals,
        };
    }
    states.retain(|state| *state != TicketState::ApprovalRequired);
    let text = given.one("q")?.map(|text| text.to_lowercase()).filter(|text| !text.is_empty());
    let filter = TicketFilter {
        accounts: within(&ctx.actor.accounts, &given.ids("account_id")?),
        sites: within(&ctx.actor.sites, &given.ids("site_id")?),
        is_any_state: words.is_empty() && statuses.is_empty(),
        states,
        approvals,
        priorities: given.words::<TicketPriority>("priority", TicketPriority::WORDS)?,
        technicians: given.ids("assigned_tech_id")?,
        incident_types: given.texts("incident_type")?.iter().map(|text| text.to_uppercase()).collect(),
        updated_since: given.one("updated_since")?.map(|text| time(&text)).transpose()?,
        of_performer: None,
        text,
        before: given.one("cursor")?.map(|cursor| decode_cursor(&cursor)).transpose().map_err(CommandError::Also)?,
    };
    given.finish()?;
    Ok(filter)
}

fn time(text: &str) -> Result<DateTime<Utc>, CommandError> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| invalid("updated_since must be a time like 2026-01-05T12:00:00Z").into())
}
