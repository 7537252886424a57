//! Rows of the commands about the date.

use super::field::{Field, FieldKind, LINE, TEXT, optional, required};
use super::{Command, CommandRow, DEFAULTS, roles};
use crate::ticket::decision::Topic;
use crate::ticket::state::TicketState as S;
use crate::ticket::words::{Attribution, HoldReason};

const START: Field = required("start", FieldKind::Time, "From.");
const END: Field = required("end", FieldKind::Time, "Until; after the start.");
const REASON: Field = required("reason", LINE, "Why.");

pub(super) const ROWS: &[CommandRow] = &[
    CommandRow {
        command: Command::SchedulePropose,
        tool: "schedule.propose",
        route: "/tickets/{ticket_id}/schedule/propose",
        about: "Offers one to three windows.",
        guards: "Each ends after it starts and starts in the future; none overlaps another. Nothing is committed yet.",
        roles: roles::PROPOSE,
        from: &[S::ReadyToSchedule],
        to: &[S::ScheduleProposed],
        fields: &[required("options", FieldKind::List { of: &FieldKind::Window, least: 1, most: 3 }, "The windows.")],
        topics: &[Topic::ScheduleProposed],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ScheduleConfirm,
        tool: "schedule.confirm",
        route: "/tickets/{ticket_id}/schedule/confirm",
        about: "Commits a window.",
        guards: "One of the offered windows; a dispatcher or an administrator may take another one with a reason.",
        roles: roles::CONFIRM,
        from: &[S::ScheduleProposed],
        to: &[S::Scheduled],
        fields: &[START, END, optional("override_reason", LINE, "Why a window that was not offered.")],
        topics: &[Topic::AppointmentConfirmed, Topic::NotifyCustomer, Topic::NotifyAccountOwner],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ScheduleReject,
        tool: "schedule.reject",
        route: "/tickets/{ticket_id}/schedule/reject",
        about: "Turns all offered windows down.",
        guards: "The tentative appointment ends.",
        roles: roles::REJECT,
        from: &[S::ScheduleProposed],
        to: &[S::ReadyToSchedule],
        fields: &[REASON],
        topics: &[Topic::ScheduleRejected],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ScheduleHold,
        tool: "schedule.hold",
        route: "/tickets/{ticket_id}/schedule/hold",
        about: "Freezes the schedule while the customer confirms.",
        guards: "Remembers the state and the window it froze. Answers the hold.",
        roles: roles::HOLD,
        from: &[S::ScheduleProposed, S::Scheduled],
        to: &[S::PendingCustomerConfirmation],
        fields: &[
            required("hold_reason", FieldKind::Word(HoldReason::WORDS), "Why."),
            required("confirmation_window", FieldKind::Window, "Within which the customer has to confirm."),
        ],
        status: 201,
        topics: &[Topic::ScheduleHeld],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ScheduleRelease,
        tool: "schedule.release",
        route: "/tickets/{ticket_id}/schedule/release",
        about: "Thaws the schedule: the customer confirmed.",
        guards: "Within the confirmation window; back to the state that was held.",
        roles: roles::RELEASE,
        from: &[S::PendingCustomerConfirmation],
        to: &[S::ScheduleProposed, S::Scheduled],
        fields: &[required("customer_confirmation_id", FieldKind::Id, "Id of the hold.")],
        topics: &[Topic::ScheduleReleased],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ScheduleRollback,
        tool: "schedule.rollback",
        route: "/tickets/{ticket_id}/schedule/rollback",
        about: "Gives the held schedule up.",
        guards: "Also when the confirmation window is over. The window and the appointment go.",
        roles: roles::HOLD,
        from: &[S::PendingCustomerConfirmation],
        to: &[S::ReadyToSchedule],
        fields: &[required("confirmation_id", FieldKind::Id, "Id of the hold."), REASON],
        topics: &[Topic::ScheduleRolledBack],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ScheduleReschedule,
        tool: "schedule.reschedule",
        route: "/tickets/{ticket_id}/schedule/reschedule",
        about: "Commits another window.",
        guards: "Starts in the future. From DISPATCHED the performer is unassigned and told.",
        roles: roles::RESCHEDULE,
        from: &[S::Scheduled, S::Dispatched],
        to: &[S::Scheduled],
        fields: &[
            START,
            END,
            REASON,
            required("attribution", FieldKind::Word(Attribution::WORDS), "Whose wish it was."),
        ],
        topics: &[Topic::ScheduleRescheduled, Topic::NotifyPerformer],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ReturnVisit,
        tool: "schedule.return_visit",
        route: "/tickets/{ticket_id}/schedule/return-visit",
        about: "Plans another visit for work that is on hold.",
        guards: "Unassigns; evidence stays.",
        roles: roles::RESCHEDULE,
        from: &[S::OnHold],
        to: &[S::ReadyToSchedule],
        fields: &[required("reason", TEXT, "Why.")],
        topics: &[Topic::ReturnVisit],
        ..DEFAULTS
    },
];
