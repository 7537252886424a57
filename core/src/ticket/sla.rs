//! How much time a ticket has left. A ticket's clock starts at its scheduled window, or at its creation as long as there
//! is none; it stands still while the work waits for the customer. Source: domain, ticket SLA.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ticket::record::Ticket;
use crate::ticket::state::TicketState as S;
use crate::ticket::words::{TicketPriority, WorkHoldReason};
use crate::vocabulary;

/// From so many minutes left downward the desk is warned.
pub const WARNING_MINUTES: i64 = 45;
/// Longest target: ten years. Keeps the arithmetic of times within their range.
const MOST_MINUTES: i64 = 10 * 366 * 24 * 60;

vocabulary! {
    /// How a ticket stands against its target, worst first.
    pub enum SlaStatus {
        /// Too late.
        Breach => "breach",
        /// 45 minutes or less are left.
        Warning => "warning",
        /// There is time.
        Healthy => "healthy",
    }
}

vocabulary! {
    /// Whom a ticket waits for.
    pub enum DelayAttribution {
        /// The requester, or whoever decides for the requester.
        Customer => "customer",
        /// Whoever does the work.
        Provider => "provider",
        /// Nobody in particular.
        Unknown => "unknown",
    }
}

/// The clock of a ticket as it is stored. [`follow`] keeps it: nothing else writes it but for `template_minutes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlaClock {
    /// Target of the incident type's template, in minutes; pinned with the template. `None`: that of the priority.
    pub template_minutes: Option<i64>,
    /// When the time is up, if the clock does not stand still.
    pub due_at: DateTime<Utc>,
    /// Since when it stands still.
    pub paused_since: Option<DateTime<Utc>>,
    /// How long it stood still since the ticket was made, in seconds; a pause that still lasts does not count yet.
    pub paused_seconds: i64,
}

/// How a ticket stands at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlaStanding {
    /// Minutes it has in all.
    pub target_minutes: i64,
    /// When the time is up, if the clock goes on from now.
    pub deadline_at: DateTime<Utc>,
    /// Whole minutes left, rounded down: negative from the first second after the deadline.
    pub remaining_minutes: i64,
    /// How it stands.
    pub status: SlaStatus,
    /// Whom it waits for.
    pub attribution: DelayAttribution,
}

/// Minutes a ticket of this priority has, when its template does not say.
pub const fn priority_minutes(priority: TicketPriority) -> i64 {
    match priority {
        TicketPriority::Emergency => 60,
        TicketPriority::Urgent => 240,
        TicketPriority::Routine => 1440,
    }
}

/// Minutes as `[-]HH:MM`; the hours grow beyond two digits.
pub fn hours_and_minutes(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// How a ticket with so many minutes left stands.
pub const fn status(remaining_minutes: i64) -> SlaStatus {
    match remaining_minutes {
        ..0 => SlaStatus::Breach,
        0..=WARNING_MINUTES => SlaStatus::Warning,
        _ => SlaStatus::Healthy,
    }
}

/// Whom a ticket in this state waits for.
pub const fn attribution(state: S) -> DelayAttribution {
    match state {
        S::ApprovalRequired | S::NeedsInfo | S::PendingCustomerConfirmation => DelayAttribution::Customer,
        S::Scheduled | S::Dispatched | S::OnSite | S::InProgress | S::OnHold | S::CompletedPendingVerification => {
            DelayAttribution::Provider
        }
        S::New
        | S::Triaged
        | S::ReadyToSchedule
        | S::ScheduleProposed
        | S::Verified
        | S::Invoiced
        | S::Closed
        | S::Cancelled => DelayAttribution::Unknown,
    }
}

impl SlaClock {
    /// A clock that nobody has started; [`start`] does.
    pub(crate) const fn unset(now: DateTime<Utc>) -> Self {
        Self { template_minutes: None, due_at: now, paused_since: None, paused_seconds: 0 }
    }
}

impl Ticket {
    /// Minutes the ticket has in all.
    pub fn sla_target_minutes(&self) -> i64 {
        self.sla.template_minutes.unwrap_or(priority_minutes(self.priority)).clamp(0, MOST_MINUTES)
    }

    /// How the ticket stands at `now`.
    pub fn sla_standing(&self, now: DateTime<Utc>) -> SlaStanding {
        let pause = self.sla.paused_since.map_or(TimeDelta::zero(), |since| (now - since).max(TimeDelta::zero()));
        let deadline_at = later(self.sla.due_at, pause);
        let remaining_minutes = (deadline_at - now).num_seconds().div_euclid(60);
        SlaStanding {
            target_minutes: self.sla_target_minutes(),
            deadline_at,
            remaining_minutes,
            status: status(remaining_minutes),
            attribution: attribution(self.state),
        }
    }

    /// When the standing gets worse next. `None`: the clock stands still, the time is up already, or the ticket is over.
    pub fn sla_turns_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.state.is_terminal() || self.sla.paused_since.is_some() {
            return None;
        }
        // A minute counts as left until its last second is gone.
        [WARNING_MINUTES + 1, 0]
            .into_iter()
            .filter_map(|left| self.sla.due_at.checked_sub_signed(TimeDelta::minutes(left) - TimeDelta::seconds(1)))
            .find(|at| *at > now)
    }

    /// What the dispatcher's queue is ordered by: of a running clock the minute in which its time is up, of one that
    /// stands still the minutes left. Among the running, as among the others, fewer minutes left come first.
    pub fn queue_minute(&self) -> i64 {
        let from = self.sla.paused_since.map_or(0, |since| since.timestamp());
        (self.sla.due_at.timestamp() - from).div_euclid(60)
    }

    /// Whether the clock stands still in this state.
    fn sla_is_paused(&self) -> bool {
        self.state == S::OnHold
            && matches!(self.hold_reason, Some(WorkHoldReason::CustomerRequest | WorkHoldReason::AccessFailure))
    }
}

/// Starts the clock of a new ticket.
pub(crate) fn start(ticket: &mut Ticket) {
    let base = ticket.scheduled_start.unwrap_or(ticket.created_at);
    ticket.sla.due_at = later(base, TimeDelta::minutes(ticket.sla_target_minutes()));
}

/// The clock of a ticket that a command changed: stops it, lets it go on, and sets it when the window or the target
/// changed. A new window is a new promise: pauses before it do not lengthen it.
pub fn follow(before: &Ticket, after: &Ticket, now: DateTime<Utc>) -> SlaClock {
    let mut clock = after.sla;
    let pause = match (before.sla.paused_since, after.sla_is_paused()) {
        (Some(since), false) => {
            clock.paused_since = None;
            (now - since).max(TimeDelta::zero())
        }
        (None, true) => {
            clock.paused_since = Some(now);
            TimeDelta::zero()
        }
        _ => TimeDelta::zero(),
    };
    clock.paused_seconds = clock.paused_seconds.saturating_add(pause.num_seconds());
    let target = TimeDelta::minutes(after.sla_target_minutes());
    clock.due_at = if before.scheduled_start == after.scheduled_start {
        let longer = target - TimeDelta::minutes(before.sla_target_minutes());
        later(later(clock.due_at, pause), longer)
    } else if let Some(window) = after.scheduled_start {
        later(window, target)
    } else {
        let paused = TimeDelta::try_seconds(clock.paused_seconds).unwrap_or(TimeDelta::zero());
        later(later(after.created_at, target), paused)
    };
    clock
}

fn later(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    time.checked_add_signed(by).unwrap_or(time)
}

#[cfg(test)]
mod tests;
