//! Outgoing webhooks: addresses of others that hear of our events. Admins keep them; the workers hand the events over.
//! Source: contract, the hub's bodies; domain, integration hub.

mod address;
mod body;
mod enroll;
mod keep;
mod log;
mod secret;
mod settle;

pub use address::{Door, WrongAddress, door};
pub use enroll::{Addresses, addresses, enroll, skip, tell};
pub use secret::holding;
pub use settle::{Tried, settle};

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

/// The endpoints under `/api/v1/webhooks`.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(keep::list, keep::create))
        .routes(routes!(keep::read, keep::change, keep::deactivate))
        .routes(routes!(secret::rotate))
        .routes(routes!(log::test))
        .routes(routes!(log::replay_missed))
        .routes(routes!(log::list))
        .routes(routes!(log::read))
        .routes(routes!(log::replay))
}
