//! Who may look at the administration, and who may change it.

use patchbay_core::Ctx;
use patchbay_core::ids::UserId;
use patchbay_core::role::{Portal, Role};
use patchbay_http::ApiError;

pub(super) use crate::resource::require_admin;

/// How much of the directory a caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// All of it.
    Everything,
    /// Own teams and who is in them.
    OwnTeams(UserId),
}

/// People of the hub see who works there. Error: 403 `FORBIDDEN`.
pub(super) fn require_colleague(ctx: &Ctx) -> Result<Sight, ApiError> {
    refuse_other_portals(ctx)?;
    match ctx.actor.role {
        Role::Admin | Role::Auditor => Ok(Sight::Everything),
        Role::Supervisor | Role::TeamLead | Role::SupportAgent | Role::Dispatcher => {
            Ok(Sight::OwnTeams(ctx.actor.user_id()))
        }
        _ => Err(refused(ctx)),
    }
}

/// Those who lead see how the inboxes are set up. Error: 403 `FORBIDDEN`.
pub(super) fn require_lead(ctx: &Ctx) -> Result<(), ApiError> {
    refuse_other_portals(ctx)?;
    if ctx.actor.role.leads() || ctx.actor.role == Role::Auditor { Ok(()) } else { Err(refused(ctx)) }
}

/// A token made for the technician app or the customer's chat opens nothing here, whatever its role. Source: domain,
/// portal separation.
fn refuse_other_portals(ctx: &Ctx) -> Result<(), ApiError> {
    match ctx.actor.portal {
        Some(Portal::Technician | Portal::Customer) => {
            Err(ApiError::forbidden("this token is for another portal").because("role", ctx.actor.role.as_str()))
        }
        Some(Portal::Admin | Portal::Service) | None => Ok(()),
    }
}

fn refused(ctx: &Ctx) -> ApiError {
    ApiError::forbidden("the role may not see this").because("role", ctx.actor.role.as_str())
}
