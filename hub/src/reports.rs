//! Reports: what the hub did, and how fast, over a stretch of time. As JSON, or as CSV for whoever accepts `text/csv`.
//! Those who lead see the figures of their teams, admins and auditors all of them. What each figure means stands in
//! docs/metrics.md. Source: contract, the hub's bodies; S3, reporting; domain, observability.

mod answer;
mod asked;
mod backlog;
mod booking;
mod channels;
mod durations;
mod promises;
pub mod rollup;
mod satisfaction;
mod source;
mod tools;
mod utilisation;

use patchbay_core::Ctx;
use patchbay_core::role::{Portal, Role};
use patchbay_http::{ApiError, OpenApiRouter, routes};

use crate::state::Hub;

/// The endpoints under `/api/v1/reports`.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(durations::first_response))
        .routes(routes!(durations::resolution))
        .routes(routes!(backlog::read))
        .routes(routes!(utilisation::read))
        .routes(routes!(booking::read))
        .routes(routes!(channels::read))
        .routes(routes!(promises::read))
        .routes(routes!(tools::read))
        .routes(routes!(satisfaction::read))
}

/// Those who lead, and auditors. Error: 403 `FORBIDDEN`.
fn require_lead(ctx: &Ctx) -> Result<(), ApiError> {
    let is_console = !matches!(ctx.actor.portal, Some(Portal::Technician | Portal::Customer));
    if is_console && (ctx.actor.role.leads() || ctx.actor.role == Role::Auditor) {
        Ok(())
    } else {
        Err(ApiError::forbidden("reports are for those who lead").because("role", ctx.actor.role.as_str()))
    }
}
