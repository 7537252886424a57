//! Whether somebody is there to answer.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Desk, site};
use patchbay_core::ids::InboxId;

/// Whether somebody is there to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Availability {
    /// Somebody of the inbox's team is online, and business hours (if there are any) are on.
    pub online: bool,
    /// How many of the team are online.
    pub agents_online: usize,
    /// Business hours; null when the site has none.
    pub business_hours: Option<OpeningState>,
}

/// Where business hours stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpeningState {
    /// Whether they are on.
    pub open: bool,
    /// When they begin next.
    pub opens_at: Option<DateTime<Utc>>,
    /// Where they are told.
    pub timezone: String,
}

impl Desk {
    /// Whether somebody is there to answer in an inbox.
    pub fn availability(&self, inbox: InboxId) -> Availability {
        let directory = self.hub.directory();
        let now = self.hub.gate.clock.now();
        let found = directory.inboxes.get(&inbox);
        let team = found.and_then(|inbox| inbox.team_id);
        let agents_online = directory
            .users
            .values()
            .filter(|user| user.is_active && user.role.works_conversations())
            .filter(|user| team.is_none_or(|team| user.teams.contains(&team)))
            .filter(|user| directory.online.contains(user.id))
            .count();
        let business_hours = found.and_then(|inbox| site(inbox)).and_then(|site| {
            let open = site.is_open(now)?;
            Some(OpeningState { open, opens_at: site.opens_at(now), timezone: site.timezone.clone() })
        });
        let online = agents_online > 0 && business_hours.as_ref().is_none_or(|hours| hours.open);
        Availability { online, agents_online, business_hours }
    }
}
