//! The fields of the commands that make tickets, from the checked body to the types of their rules.

use patchbay_core::ticket::create::Request;
use patchbay_core::ticket::intake::{BlindIntake, IntakeMisfit};
use serde_json::Value;

use crate::body::{CreateBody, IntakeBody};
use crate::error::CommandError;
use crate::work::{misfits, typed};

/// The fields of `ticket.create`.
pub(crate) fn create(body: &Value) -> Result<Request, CommandError> {
    let body: CreateBody = typed(body)?;
    Request::from(body).checked().map_err(misfits)
}

/// The fields of `ticket.blind_intake`.
pub(crate) fn intake(body: &Value) -> Result<BlindIntake, CommandError> {
    let body: IntakeBody = typed(body)?;
    BlindIntake::from(body).checked().map_err(|misfit| match misfit {
        IntakeMisfit::Fields(errors) => misfits(errors),
        IntakeMisfit::Refused(refusal) => refusal.into(),
    })
}
