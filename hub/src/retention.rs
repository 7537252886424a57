//! Keeping for as long as the policy says. A run of a policy is a row with its progress and a job that takes one bite
//! after another, resting in between: it goes on where it was, whatever happens to the node. What was said in
//! conversations that ended goes to the object store first, one object for each, and is read back before it leaves the
//! rows; the rows and the keys of messages stay, so that figures remain and what comes again is still known. Source:
//! domain, entities (retention).

mod archive;
mod endpoints;
mod run;

pub use archive::ArchiveError;
pub use run::{Bite, begin_due, fail, take_bite};

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

/// The endpoints of retention and of the archive.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(endpoints::policies))
        .routes(routes!(endpoints::list, endpoints::begin))
        .routes(routes!(endpoints::read))
        .routes(routes!(endpoints::cancel))
        .routes(routes!(endpoints::archive))
}
