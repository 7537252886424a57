//! Who may look at what is kept, and who may change it.

use patchbay_core::Ctx;
use patchbay_core::role::{Portal, Role};
use patchbay_http::ApiError;

/// Whoever may record or read tickets may see what they are about. Error: 403 `FORBIDDEN`.
pub(crate) fn require_reader(ctx: &Ctx) -> Result<(), ApiError> {
    let outside = matches!(ctx.actor.role, Role::Technician | Role::Vendor | Role::Customer);
    if outside || !is_console(ctx) { Err(refused(ctx, "this role does not see the administration")) } else { Ok(()) }
}

/// Only admins. Error: 403 `FORBIDDEN`.
pub(crate) fn require_admin(ctx: &Ctx) -> Result<(), ApiError> {
    require(ctx, &[Role::Admin], "only admins change this")
}

/// Those who set rules and prices. Error: 403 `FORBIDDEN`.
pub(crate) fn require_catalog_keeper(ctx: &Ctx) -> Result<(), ApiError> {
    require(ctx, &[Role::Admin, Role::Supervisor], "only admins and supervisors change this")
}

/// Those who run the day: who works when and where, and on what. Error: 403 `FORBIDDEN`.
pub(crate) fn require_dispatch_lead(ctx: &Ctx) -> Result<(), ApiError> {
    let roles = [Role::Admin, Role::Supervisor, Role::Dispatcher];
    require(ctx, &roles, "only admins, supervisors and dispatchers change this")
}

fn require(ctx: &Ctx, roles: &[Role], message: &str) -> Result<(), ApiError> {
    if roles.contains(&ctx.actor.role) && is_console(ctx) { Ok(()) } else { Err(refused(ctx, message)) }
}

/// A token made for the technician app or the customer's chat opens nothing here, whatever its role. Source: domain,
/// portal separation.
fn is_console(ctx: &Ctx) -> bool {
    !matches!(ctx.actor.portal, Some(Portal::Technician | Portal::Customer))
}

fn refused(ctx: &Ctx, message: &str) -> ApiError {
    ApiError::forbidden(message).because("role", ctx.actor.role.as_str())
}
