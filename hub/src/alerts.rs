//! Alerts: rules make them of what happened, ladders tell people of them until one answers. A background reader of the
//! feed takes what happened; due jobs take the steps. Source: domain, alerts and workers; S3 (notification dispatcher).

mod answers;
mod body;
mod change;
mod climb;
mod desk;
mod figures;
mod ladder_steps;
mod ladders;
mod outgoing;
mod preferences;
mod raise;
mod rules;
mod schedules;
mod signal;
mod take;
mod tell;
mod templates;

pub(crate) use answers::{ANSWERS_FOR, take_sms};
pub use climb::ring;
pub use figures::{Watched, watch};
pub use outgoing::{
    DigestEnd, Gathered, Outgoing, begin, begin_digest, end_digest, gathered, give_up, not_sent, sent, unknown,
};
pub use take::{Reader, Taken};

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

/// The endpoints of alerts and of all that says who is told.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(desk::list))
        .routes(routes!(desk::read))
        .routes(routes!(desk::acknowledge))
        .routes(routes!(desk::snooze))
        .routes(routes!(desk::assign))
        .routes(routes!(desk::resolve))
        .routes(routes!(rules::list, rules::create))
        .routes(routes!(rules::read, rules::change, rules::deactivate))
        .routes(routes!(ladders::list, ladders::create))
        .routes(routes!(ladders::read, ladders::change, ladders::deactivate))
        .routes(routes!(schedules::list, schedules::create))
        .routes(routes!(schedules::read, schedules::change, schedules::deactivate))
        .routes(routes!(schedules::on_call_at))
        .routes(routes!(preferences::read, preferences::put))
        .routes(routes!(templates::list, templates::create))
        .routes(routes!(templates::read, templates::change, templates::deactivate))
        .routes(routes!(templates::preview::preview))
        .routes(routes!(templates::history::versions))
}
