//! Where a ticket stands, and how the four older vocabularies name the same place. Source: domain, states and status
//! projections.

use serde::Serialize;

use crate::vocabulary;

vocabulary! {
    /// Where a ticket stands. Only this vocabulary is enforced; the others are projections of it.
    pub enum TicketState {
        /// Recorded, unclassified.
        New => "NEW",
        /// Waits for facts from the requester.
        NeedsInfo => "NEEDS_INFO",
        /// Incident type, priority and spending limit are set.
        Triaged => "TRIAGED",
        /// Somebody decides about cost or scope, before scheduling or during the work.
        ApprovalRequired => "APPROVAL_REQUIRED",
        /// Cleared for booking.
        ReadyToSchedule => "READY_TO_SCHEDULE",
        /// Windows were offered.
        ScheduleProposed => "SCHEDULE_PROPOSED",
        /// The schedule is frozen while the customer confirms.
        PendingCustomerConfirmation => "PENDING_CUSTOMER_CONFIRMATION",
        /// The window is committed.
        Scheduled => "SCHEDULED",
        /// A performer is assigned and told.
        Dispatched => "DISPATCHED",
        /// Arrival recorded; passed through, never rested in.
        OnSite => "ON_SITE",
        /// Work under way.
        InProgress => "IN_PROGRESS",
        /// Work blocked.
        OnHold => "ON_HOLD",
        /// The performer says it is done and the gate agrees.
        CompletedPendingVerification => "COMPLETED_PENDING_VERIFICATION",
        /// Quality accepted; evidence frozen.
        Verified => "VERIFIED",
        /// The invoice is approved.
        Invoiced => "INVOICED",
        /// Done.
        Closed => "CLOSED",
        /// Called off.
        Cancelled => "CANCELLED",
    }
}

vocabulary! {
    /// How operators of the dispatch desk name it.
    pub enum Phase {
        /// Not classified yet.
        New => "new",
        /// Classified.
        Triaged => "triaged",
        /// Waits for a date.
        Schedulable => "schedulable",
        /// Has a date.
        Scheduled => "scheduled",
        /// Somebody is on the way.
        Dispatched => "dispatched",
        /// Somebody is there.
        Onsite => "onsite",
        /// Work done, papers not.
        CloseoutPending => "closeout_pending",
        /// Done.
        Closed => "closed",
        /// Called off.
        Cancelled => "cancelled",
    }
}

vocabulary! {
    /// How the booking vocabulary names it.
    pub enum BookingStatus {
        /// Nobody asked yet.
        New => "new",
        /// Vendors are asked.
        VendorContacting => "vendor_contacting",
        /// Somebody comes, or is there.
        Scheduled => "scheduled",
        /// Over.
        Closed => "closed",
    }
}

vocabulary! {
    /// How the dealership vocabulary names it.
    pub enum JobStatus {
        /// Not booked.
        Pending => "PENDING",
        /// Booked.
        Scheduled => "SCHEDULED",
        /// Under way.
        InProgress => "IN_PROGRESS",
        /// Work done.
        Completed => "COMPLETED",
        /// Called off.
        Cancelled => "CANCELLED",
    }
}

vocabulary! {
    /// The dealership vocabulary in detail.
    pub enum JobStage {
        /// An administrator looks first.
        AdminPreview => "ADMIN_PREVIEW",
        /// Waits for review.
        PendingReview => "PENDING_REVIEW",
        /// Waits for an administrator's yes.
        PendingAdminConfirmation => "PENDING_ADMIN_CONFIRMATION",
        /// Ready for a technician.
        ReadyForTech => "READY_FOR_TECH",
        /// Waits for an answer.
        Pending => "PENDING",
        /// Booked.
        Scheduled => "SCHEDULED",
        /// Under way.
        InProgress => "IN_PROGRESS",
        /// Late or blocked.
        Delayed => "DELAYED",
        /// Work done.
        Completed => "COMPLETED",
        /// Called off.
        Cancelled => "CANCELLED",
    }
}

/// What beside the state decides how the older vocabularies name a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about a row, each named where it is given")]
pub struct Situation {
    /// A person has to look before automation goes on.
    pub review_required: bool,
    /// The approval that is waited for came up during the work, not at triage.
    pub is_mid_work: bool,
    /// Vendors are being asked.
    pub is_booking: bool,
    /// The performer said that it takes longer.
    pub is_delayed: bool,
    /// Somebody was called in.
    pub escalation_level: i64,
}

/// The same place in all vocabularies: a pure function of the ticket's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Projections {
    /// Of the dispatch desk.
    pub phase: Phase,
    /// Of vendor booking.
    pub booking_status: BookingStatus,
    /// Of the dealerships.
    pub job_status: JobStatus,
    /// Of the dealerships, in detail.
    pub job_stage: JobStage,
    /// Whether somebody was called in.
    pub escalated: bool,
}

impl TicketState {
    /// Nothing follows.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Closed | Self::Cancelled)
    }

    /// The words of the dealerships that this state may have: what lists filtered by such a word have to look at.
    pub fn job_statuses(self) -> [JobStatus; 2] {
        let of = |is_mid_work| self.project(Situation { is_mid_work, ..Situation::default() }).job_status;
        [of(false), of(true)]
    }

    /// How the older vocabularies name this state in `situation`. Source: domain, status projections.
    pub fn project(self, situation: Situation) -> Projections {
        use BookingStatus as Booking;
        use JobStage as Stage;
        use JobStatus as Job;
        let (phase, booking_status, job_status, job_stage) = match self {
            Self::New | Self::NeedsInfo => (Phase::New, Booking::New, Job::Pending, Stage::AdminPreview),
            Self::Triaged if situation.review_required => {
                (Phase::Triaged, Booking::New, Job::Pending, Stage::AdminPreview)
            }
            Self::Triaged => (Phase::Triaged, Booking::New, Job::Pending, Stage::PendingReview),
            Self::ApprovalRequired if situation.is_mid_work => {
                (Phase::Onsite, Booking::Scheduled, Job::InProgress, Stage::InProgress)
            }
            Self::ApprovalRequired => (Phase::Triaged, Booking::New, Job::Pending, Stage::PendingAdminConfirmation),
            Self::ReadyToSchedule if situation.is_booking => {
                (Phase::Schedulable, Booking::VendorContacting, Job::Pending, Stage::Pending)
            }
            Self::ReadyToSchedule => (Phase::Schedulable, Booking::New, Job::Pending, Stage::ReadyForTech),
            Self::ScheduleProposed | Self::PendingCustomerConfirmation => {
                (Phase::Schedulable, Booking::VendorContacting, Job::Pending, Stage::Pending)
            }
            Self::Scheduled => (Phase::Scheduled, Booking::Scheduled, Job::Scheduled, Stage::Scheduled),
            Self::Dispatched if situation.is_delayed => {
                (Phase::Dispatched, Booking::Scheduled, Job::Scheduled, Stage::Delayed)
            }
            Self::Dispatched => (Phase::Dispatched, Booking::Scheduled, Job::Scheduled, Stage::Scheduled),
            Self::OnSite | Self::InProgress => (Phase::Onsite, Booking::Scheduled, Job::InProgress, Stage::InProgress),
            Self::OnHold => (Phase::Onsite, Booking::Scheduled, Job::InProgress, Stage::Delayed),
            Self::CompletedPendingVerification => {
                (Phase::CloseoutPending, Booking::Scheduled, Job::Completed, Stage::Completed)
            }
            Self::Verified | Self::Invoiced => {
                (Phase::CloseoutPending, Booking::Closed, Job::Completed, Stage::Completed)
            }
            Self::Closed => (Phase::Closed, Booking::Closed, Job::Completed, Stage::Completed),
            Self::Cancelled => (Phase::Cancelled, Booking::Closed, Job::Cancelled, Stage::Cancelled),
        };
        Projections { phase, booking_status, job_status, job_stage, escalated: situation.escalation_level > 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(state: TicketState, situation: Situation, expect: [&str; 4]) {
        let seen = state.project(situation);
        let words =
            [seen.phase.as_str(), seen.booking_status.as_str(), seen.job_status.as_str(), seen.job_stage.as_str()];
        assert_eq!(words, expect, "{state}");
    }

    #[test]
    fn every_state_has_its_name_in_every_vocabulary() {
        use TicketState as S;
        let plain = Situation::default();
        assert_eq!(S::ALL.len(), 17);
        check(S::New, plain, ["new", "new", "PENDING", "ADMIN_PREVIEW"]);
        check(S::NeedsInfo, plain, ["new", "new", "PENDING", "ADMIN_PREVIEW"]);
        check(S::Triaged, plain, ["triaged", "new", "PENDING", "PENDING_REVIEW"]);
        check(S::ApprovalRequired, plain, ["triaged", "new", "PENDING", "PENDING_ADMIN_CONFIRMATION"]);
        check(S::ReadyToSchedule, plain, ["schedulable", "new", "PENDING", "READY_FOR_TECH"]);
        check(S::ScheduleProposed, plain, ["schedulable", "vendor_contacting", "PENDING", "PENDING"]);
        check(S::PendingCustomerConfirmation, plain, ["schedulable", "vendor_contacting", "PENDING", "PENDING"]);
        check(S::Scheduled, plain, ["scheduled", "scheduled", "SCHEDULED", "SCHEDULED"]);
        check(S::Dispatched, plain, ["dispatched", "scheduled", "SCHEDULED", "SCHEDULED"]);
        check(S::OnSite, plain, ["onsite", "scheduled", "IN_PROGRESS", "IN_PROGRESS"]);
        check(S::InProgress, plain, ["onsite", "scheduled", "IN_PROGRESS", "IN_PROGRESS"]);
        check(S::OnHold, plain, ["onsite", "scheduled", "IN_PROGRESS", "DELAYED"]);
        check(S::CompletedPendingVerification, plain, ["closeout_pending", "scheduled", "COMPLETED", "COMPLETED"]);
        check(S::Verified, plain, ["closeout_pending", "closed", "COMPLETED", "COMPLETED"]);
        check(S::Invoiced, plain, ["closeout_pending", "closed", "COMPLETED", "COMPLETED"]);
        check(S::Closed, plain, ["closed", "closed", "COMPLETED", "COMPLETED"]);
        check(S::Cancelled, plain, ["cancelled", "closed", "CANCELLED", "CANCELLED"]);
    }

    #[test]
    fn the_situation_changes_the_name_where_the_state_alone_does_not_tell() {
        use TicketState as S;
        let plain = Situation::default();
        let review = Situation { review_required: true, ..plain };
        check(S::Triaged, review, ["triaged", "new", "PENDING", "ADMIN_PREVIEW"]);
        let mid_work = Situation { is_mid_work: true, ..plain };
        check(S::ApprovalRequired, mid_work, ["onsite", "scheduled", "IN_PROGRESS", "IN_PROGRESS"]);
        let booking = Situation { is_booking: true, ..plain };
        check(S::ReadyToSchedule, booking, ["schedulable", "vendor_contacting", "PENDING", "PENDING"]);
        let delayed = Situation { is_delayed: true, ..plain };
        check(S::Dispatched, delayed, ["dispatched", "scheduled", "SCHEDULED", "DELAYED"]);
        assert!(S::New.project(Situation { escalation_level: 1, ..plain }).escalated);
        assert!(!S::New.project(plain).escalated);
    }
}
