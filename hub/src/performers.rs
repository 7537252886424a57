//! Administration of those who do the work: technicians with their time off, and vendors.

mod technician_body;
mod technicians;
mod time_off;
mod vendor_body;
mod vendors;

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

/// The endpoints under `/api/v1/technicians` and `/vendors`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(technicians::list, technicians::create))
        .routes(routes!(technicians::read, technicians::change, technicians::deactivate))
        .routes(routes!(time_off::list, time_off::create))
        .routes(routes!(time_off::cancel))
        .routes(routes!(vendors::list, vendors::create))
        .routes(routes!(vendors::read, vendors::change, vendors::deactivate))
}
