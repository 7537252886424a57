//! The date: which windows are offered, committed, frozen and given up. Source: domain, commands 8 to 14 and 22.

pub mod confirm;
pub mod hold;
pub mod propose;
pub mod reject;
pub mod reschedule;
pub mod return_visit;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ticket::decision::Change;
use crate::ticket::record::Ticket;

/// From when until when; the end is after the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// From.
    pub start: DateTime<Utc>,
    /// Until.
    pub end: DateTime<Utc>,
}

impl Window {
    /// Whether the two share more than a moment.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl Ticket {
    /// The window that is committed.
    pub fn window(&self) -> Option<Window> {
        Some(Window { start: self.scheduled_start?, end: self.scheduled_end? })
    }

    /// Whether there is anybody to tell what becomes of the request.
    pub fn has_requester(&self) -> bool {
        self.contact_id.is_some() || self.contact_phone.is_some() || self.contact_email.is_some()
    }
}

impl Change {
    /// Commits a window, or none.
    pub fn set_window(&mut self, window: Option<Window>) {
        self.ticket.scheduled_start = window.map(|window| window.start);
        self.ticket.scheduled_end = window.map(|window| window.end);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// A window from so many hours after the epoch of the tests, two hours long.
    pub(crate) fn window(hours: i64) -> Window {
        let start = now() + TimeDelta::hours(hours);
        Window { start, end: start + TimeDelta::hours(2) }
    }

    pub(crate) fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_614_400, 0).expect("a time")
    }

    #[test]
    fn windows_that_only_touch_do_not_overlap() {
        assert!(!window(1).overlaps(&window(3)));
        assert!(window(1).overlaps(&window(2)));
        assert!(window(1).overlaps(&window(1)));
    }
}
