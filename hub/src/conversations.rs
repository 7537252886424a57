//! Conversations: lists and reading, taking and giving, closing and opening, notes, tags and read marks.
//! Source: domain, conversation states, commands and visibility.

mod access;
mod annotate;
mod change;
mod commands;
mod idle;
mod merge;
mod overrides;
mod placing;
mod read;
mod wake;

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

pub use access::{Seen, load_visible};
pub(crate) use access::{
    lock_visible, may_dispatch, require_hand_in_it, require_hub, require_lead, require_worker, visible_to,
};
pub(crate) use annotate::write_note;
pub(crate) use change::end;
pub use change::{Leaving, body_of, release};
pub use idle::close_idle;
pub(crate) use overrides::audit_override;
pub(crate) use placing::{assignee, hand_to, require_room};
pub use wake::end_snooze;

/// The endpoints under `/api/v1/conversations`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(read::list))
        .routes(routes!(read::get, annotate::patch))
        .routes(routes!(read::messages))
        .routes(routes!(commands::take))
        .routes(routes!(commands::assign))
        .routes(routes!(commands::transfer))
        .routes(routes!(commands::close))
        .routes(routes!(commands::reopen))
        .routes(routes!(commands::snooze))
        .routes(routes!(commands::read))
        .routes(routes!(merge::merge))
        .routes(routes!(annotate::notes, annotate::add_note))
        .routes(routes!(annotate::add_tags))
        .routes(routes!(annotate::remove_tag))
        .routes(routes!(annotate::all_tags))
}
