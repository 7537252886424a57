//! The 20 km rule for work that begins or goes on.

use patchbay_core::ticket::assignment::{ActiveJob, distance};
use patchbay_store::{assignments, technicians};

use crate::error::CommandError;
use crate::work::Work;

/// Refuses work of the ticket's technician while the same technician is in work more than 20 km away. Locks the
/// technician until the transaction ends. A vendor sends whom it likes. Error: 409 `TECH_ZONE_CONFLICT`.
pub(in crate::effect) async fn require_near(work: &mut Work<'_>) -> Result<(), CommandError> {
    let ticket = work.ticket;
    let Some(technician) = ticket.assigned_tech_id else { return Ok(()) };
    technicians::lock(work.tx, technician).await?;
    let mut jobs = assignments::active_jobs(work.tx, &[technician], ticket.id).await?;
    let here = assignments::work_place(work.tx, ticket.site_id).await?.place;
    distance::check(&here, &ActiveJob::in_work(&jobs.remove(&technician).unwrap_or_default()))?;
    Ok(())
}
