//! Reading where automation is paused and what others are told.

use patchbay_core::Ctx;
use patchbay_core::actor::Scope;
use patchbay_core::ids::TicketId;
use patchbay_core::outbox::OutboxStatus;
use patchbay_core::ticket::autonomy::{self as rules, Control};
use patchbay_core::ticket::words::AutonomyScope;
use patchbay_core::ticket::{Command, policy};
use patchbay_http::{Page, decode_cursor, encode_cursor, limit};
use patchbay_store::outbox_views::{self, OutboxFilter};
use patchbay_store::{Tx, audit, autonomy, tickets};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{invalid, visible};
use crate::body::{AutonomyHistoryBody, AutonomyStateBody, OutboxBody};
use crate::error::CommandError;
use crate::pipeline::Dispatch;

/// Most scopes of one kind in one answer.
const SCOPES: i64 = 200;
/// Most attempts of automation in one answer.
const ATTEMPTS: i64 = 500;

/// Which events a list shows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OutboxQuery {
    /// `PENDING`, `PROCESSING`, `SENT`, `DEAD_LETTER` or `DISCARDED`; all when missing.
    pub status: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// How many, 1 to 100.
    pub limit: Option<i64>,
}

impl Dispatch {
    /// Where automation is paused. Errors: 403 `FORBIDDEN`.
    pub async fn autonomy_state(&self, ctx: &Ctx, tool: Option<&str>) -> Result<AutonomyStateBody, CommandError> {
        policy::authorize(&ctx.actor, Command::AutonomyState.row(), tool)?;
        let mut tx = self.db.read().await?;
        let global = autonomy::said(&mut tx, AutonomyScope::Global, 1).await?.into_iter().next();
        let incidents = autonomy::said(&mut tx, AutonomyScope::Incident, SCOPES).await?;
        let of_tickets = autonomy::said(&mut tx, AutonomyScope::Ticket, SCOPES).await?;
        let of_tickets = seen(&mut tx, ctx, of_tickets).await?;
        Ok(AutonomyStateBody {
            generated_at: ctx.now,
            is_paused: global.as_ref().is_some_and(|control| control.is_paused),
            global: global.map(Into::into),
            incidents: incidents.into_iter().map(Into::into).collect(),
            tickets: of_tickets.into_iter().map(Into::into).collect(),
        })
    }

    /// What automation was allowed to do with a ticket, and did. Errors: as for one ticket.
    pub async fn autonomy_history(
        &self,
        ctx: &Ctx,
        id: TicketId,
        tool: Option<&str>,
    ) -> Result<AutonomyHistoryBody, CommandError> {
        let mut tx = self.db.read().await?;
        let ticket = visible(&mut tx, ctx, Command::AutonomyHistory.row(), id, tool).await?;
        let (key, incident_type) = (id.to_string(), ticket.incident_type.clone().unwrap_or_default());
        let controls = autonomy::covering(&mut tx, &key, &incident_type).await?;
        let changes = autonomy::history(&mut tx, &key, &incident_type).await?;
        let attempts = audit::of_automation(&mut tx, id, ATTEMPTS).await?;
        Ok(AutonomyHistoryBody {
            ticket_id: id.into(),
            incident_type: ticket.incident_type,
            is_paused: rules::pause(&controls).is_some(),
            effective: rules::effective(&controls).cloned().map(Into::into),
            changes: changes.into_iter().map(Into::into).collect(),
            attempts: attempts.into_iter().map(Into::into).collect(),
        })
    }

    /// What others are told, newest first. Errors: 403 `FORBIDDEN`, 400 `INVALID_QUERY`.
    pub async fn outbox(
        &self,
        ctx: &Ctx,
        query: OutboxQuery,
        tool: Option<&str>,
    ) -> Result<Page<OutboxBody>, CommandError> {
        policy::authorize(&ctx.actor, Command::OutboxList.row(), tool)?;
        let limit = limit(query.limit).map_err(CommandError::Also)?;
        let status = query
            .status
            .map(|status| status.trim().to_uppercase().parse::<OutboxStatus>())
            .transpose()
            .map_err(|_| invalid(format!("status must be one of {}", OutboxStatus::WORDS.join(", "))))?;
        let before = query.cursor.as_deref().map(decode_cursor).transpose().map_err(CommandError::Also)?;
        let filter =
            OutboxFilter { status, accounts: ctx.actor.accounts.clone(), sites: ctx.actor.sites.clone(), before };
        let mut tx = self.db.read().await?;
        let rows = outbox_views::page(&mut tx, &filter, limit + 1).await?;
        let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
        Ok(Page { data: page.data.into_iter().map(Into::into).collect(), next_cursor: page.next_cursor })
    }
}

/// What is said about tickets that the caller may see.
async fn seen(tx: &mut Tx, ctx: &Ctx, controls: Vec<Control>) -> Result<Vec<Control>, CommandError> {
    if ctx.actor.accounts == Scope::All && ctx.actor.sites == Scope::All {
        return Ok(controls);
    }
    let mut seen = Vec::new();
    for control in controls {
        let Some(id) = control.key.as_deref().and_then(|key| key.parse().ok()) else { continue };
        let ticket = tickets::by_id(tx, id).await?;
        if ticket.is_some_and(|ticket| ctx.actor.may_touch(ticket.account_id, ticket.site_id)) {
            seen.push(control);
        }
    }
    Ok(seen)
}
