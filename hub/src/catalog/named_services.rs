//! The services that a request names by their ids: of a ticket that is made, and of one that is only tried.

use patchbay_core::catalog::ServiceStatus;
use patchbay_core::ids::ServiceId;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::services::{self, ServiceRow};

use crate::error::HubError;

/// Most services of one ticket.
pub(super) const MOST: usize = 100;

/// Refuses more services than one ticket has.
pub(crate) fn check(ids: &[ServiceId]) -> Result<(), ApiError> {
    if ids.len() > MOST {
        return Err(ApiError::invalid("service_ids", format!("at most {MOST} services")));
    }
    Ok(())
}

/// The services, in the order they are named in. One that is not there, or not in use any more, is refused at its place.
pub(crate) async fn in_use(tx: &mut Tx, ids: &[ServiceId]) -> Result<Vec<ServiceRow>, HubError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = services::by_ids(tx, ids).await?;
    let row_of = |(place, id): (usize, &ServiceId)| {
        let row = found.iter().find(|row| row.id == *id && row.status == ServiceStatus::Active);
        row.cloned()
            .ok_or_else(|| ApiError::invalid(&format!("service_ids[{place}]"), "there is no such service").into())
    };
    ids.iter().enumerate().map(row_of).collect()
}
