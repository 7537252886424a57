//! What the hub does by itself: on an event, if conditions hold, then actions; and macros, which agents ask for. A
//! background reader of the feed takes what happened. Nothing runs twice for one event, nothing runs for what an
//! automation did, and what goes round in circles all the same is stopped. Every run is written down with what takes it
//! back.

mod act;
mod change;
mod dry_run;
mod follow;
mod macros;
mod resource;
mod run;
mod runs;
mod undo;

pub use follow::Reader;

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

/// The endpoints of automations, macros and their runs.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(resource::list, resource::create))
        .routes(routes!(resource::read, resource::change, resource::deactivate))
        .routes(routes!(dry_run::dry_run))
        .routes(routes!(runs::list))
        .routes(routes!(runs::read))
        .routes(routes!(runs::undo))
        .routes(routes!(macros::apply))
}
