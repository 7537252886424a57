//! A ticket with what stands beside it: the question it waits for, its frozen schedule, the windows on offer.

use chrono::{DateTime, Utc};
use patchbay_core::ticket::Approval;
use patchbay_store::schedules::{HoldRow, OptionRow};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::TicketBody;

/// A ticket, and what it waits for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TicketView {
    /// The ticket.
    #[serde(flatten)]
    pub ticket: TicketBody,
    /// The question that somebody has to answer before it goes on.
    pub pending_approval: Option<ApprovalBody>,
    /// Why its schedule is frozen.
    pub active_hold: Option<HoldBody>,
    /// The windows on offer.
    pub schedule_options: Vec<OptionBody>,
}

/// A question about a ticket, and its answer once there is one.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Approval)]
pub(crate) struct ApprovalBody {
    /// Its id.
    pub id: Uuid,
    /// The ticket that waits for it.
    pub ticket_id: Uuid,
    /// `NTE_INCREASE` or `PROPOSAL`.
    pub approval_type: &'static str,
    /// `triage` or `tech_change`.
    pub origin: &'static str,
    /// Where the ticket goes when the answer is yes.
    pub return_state: &'static str,
    /// `PENDING`, `APPROVED`, `DENIED` or `CANCELLED`.
    pub status: &'static str,
    /// Why it is asked.
    pub reason: Option<String>,
    /// By how much the limit rises when the answer is yes, in minor units.
    pub amount_delta_cents: Option<i64>,
    /// Evidence that speaks for it.
    pub evidence_refs: Vec<String>,
    /// Who asked.
    pub requested_by: Uuid,
    /// As what.
    pub requested_by_role: &'static str,
    /// What kind of being asked.
    pub requested_by_type: &'static str,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// Who answered.
    pub decided_by: Option<Uuid>,
    /// As what.
    pub decided_by_role: Option<&'static str>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why.
    pub notes: Option<String>,
}

impl From<Approval> for ApprovalBody {
    fn from(approval: Approval) -> Self {
        Self {
            id: approval.id.into(),
            ticket_id: approval.ticket_id.into(),
            approval_type: approval.approval_type.as_str(),
            origin: approval.origin.as_str(),
            return_state: approval.return_state.as_str(),
            status: approval.status.as_str(),
            reason: approval.reason,
            amount_delta_cents: approval.amount_delta_cents,
            evidence_refs: approval.evidence_refs,
            requested_by: approval.requested_by.into(),
            requested_by_role: approval.requested_by_role.as_str(),
            requested_by_type: approval.requested_by_type.as_str(),
            requested_at: approval.requested_at,
            decided_by: approval.decided_by.map(Into::into),
            decided_by_role: approval.decided_by_role.map(patchbay_core::role::Role::as_str),
            decided_at: approval.decided_at,
            notes: approval.notes,
        }
    }
}

/// Why a schedule is frozen.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ScheduleHold)]
pub(crate) struct HoldBody {
    /// Its id: what the customer confirms.
    pub hold_id: Uuid,
    /// Why.
    pub hold_reason: &'static str,
    /// Where the ticket goes back to.
    pub held_state: &'static str,
    /// The window it froze, from.
    pub held_start: Option<DateTime<Utc>>,
    /// The window it froze, until.
    pub held_end: Option<DateTime<Utc>>,
    /// When the customer has to confirm.
    pub confirmation_window: WindowBody,
    /// When it was frozen.
    pub created_at: DateTime<Utc>,
}

/// From when until when.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Window)]
pub(crate) struct WindowBody {
    /// From.
    pub start: DateTime<Utc>,
    /// Until.
    pub end: DateTime<Utc>,
}

impl From<HoldRow> for HoldBody {
    fn from(hold: HoldRow) -> Self {
        Self {
            hold_id: hold.id.into(),
            hold_reason: hold.reason.as_str(),
            held_state: hold.held_state.as_str(),
            held_start: hold.held_start,
            held_end: hold.held_end,
            confirmation_window: WindowBody { start: hold.confirm_from, end: hold.confirm_until },
            created_at: hold.created_at,
        }
    }
}

/// A window on offer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ScheduleOption)]
pub(crate) struct OptionBody {
    /// Its id.
    pub id: Uuid,
    /// Its place among the windows, from 1.
    pub position: i64,
    /// From.
    pub start: DateTime<Utc>,
    /// Until.
    pub end: DateTime<Utc>,
    /// `operator`, `vendor` or `ai`.
    pub source: &'static str,
}

impl From<OptionRow> for OptionBody {
    fn from(option: OptionRow) -> Self {
        Self {
            id: option.id.into(),
            position: option.position,
            start: option.starts_at,
            end: option.ends_at,
            source: option.source.as_str(),
        }
    }
}
