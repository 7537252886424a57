//! Words about those who do the work on site.

use crate::vocabulary;

/// The skill that answers every service. Source: domain, entities.
pub const ANY_SKILL: &str = "DEFAULT";

vocabulary! {
    /// Whether a technician works here.
    pub enum TechnicianStatus {
        /// Yes.
        Active => "active",
        /// Not any more; past work stays.
        Deactivated => "deactivated",
    }
}

vocabulary! {
    /// Whether a technician can be sent.
    pub enum Availability {
        /// Yes.
        Available => "AVAILABLE",
        /// Has work, and may take more.
        Busy => "BUSY",
        /// Not reachable.
        Offline => "OFFLINE",
        /// Away for longer.
        OnLeave => "ON_LEAVE",
    }
}

vocabulary! {
    /// What kind of time off it is.
    pub enum TimeOffKind {
        /// One day.
        FullDay => "full_day",
        /// Several days.
        MultiDay => "multi_day",
        /// A morning.
        HalfDayMorning => "half_day_morning",
        /// An afternoon.
        HalfDayAfternoon => "half_day_afternoon",
        /// A break within a day.
        Break => "break",
    }
}

impl Availability {
    /// Whether somebody of this availability may be given work.
    pub fn takes_work(self) -> bool {
        matches!(self, Self::Available | Self::Busy)
    }
}
