//! Rows of the commands about who does the work.

use super::field::{Field, FieldKind, LINE, NAME, optional, required};
use super::{Command, CommandRow, DEFAULTS, roles};
use crate::ticket::decision::Topic;
use crate::ticket::state::TicketState as S;
use crate::ticket::words::{DispatchMode, MismatchCode, ReassignKind};

const REASON: Field = required("reason", LINE, "Why.");

pub(super) const ROWS: &[CommandRow] = &[
    CommandRow {
        command: Command::Recommend,
        tool: "assignment.recommend",
        route: "/tickets/{ticket_id}/assignment/recommend",
        about: "Ranks the technicians who could do it and keeps the ranking.",
        guards: "Needs a window. Only who is active, skilled, in the zone, at work, free, and did not decline before.",
        roles: roles::RECOMMEND,
        from: &[S::ReadyToSchedule, S::ScheduleProposed, S::Scheduled],
        fields: &[
            required("service_type", NAME, "Code of the service, or the skill it needs."),
            optional("recommendation_limit", FieldKind::Integer { least: 1, most: 20 }, "How many; 5 when missing."),
            optional("preferred_window", FieldKind::Window, "When, if the ticket has no window yet."),
        ],
        status: 201,
        topics: &[Topic::AssignmentRecommended],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::AssignmentDispatch,
        tool: "assignment.dispatch",
        route: "/tickets/{ticket_id}/assignment/dispatch",
        about: "Assigns the performer and sends the work out.",
        guards: "One of tech_id and provider_id. In this order: known, available, recommended (or overridden with a \
                 reason), skilled, in the zone, reviewed, not in work more than 20 km away. EMERGENCY_BYPASS skips the \
                 schedule alone: people only, priority EMERGENCY, incident type, rationale and confirmation given, no \
                 pending approval.",
        roles: roles::DISPATCH,
        from: &[S::Scheduled, S::Triaged, S::ReadyToSchedule],
        to: &[S::Dispatched],
        fields: &[
            optional("tech_id", FieldKind::Id, "Technician; or:"),
            optional("provider_id", FieldKind::Id, "Vendor."),
            optional("recommendation_snapshot_id", FieldKind::Id, "The ranking this follows."),
            optional("dispatch_mode", FieldKind::Word(DispatchMode::WORDS), "STANDARD when missing."),
            optional("dispatch_rationale", FieldKind::Text { least: 10, most: 500 }, "Why the schedule is skipped."),
            optional("dispatch_confirmation", FieldKind::Flag, "That it shall be skipped."),
            optional("override_reason", FieldKind::Text { least: 10, most: 500 }, "Why not who was recommended."),
            optional("override_code", FieldKind::Word(MismatchCode::WORDS), "The same as a word."),
        ],
        topics: &[Topic::AssignmentDispatched, Topic::NotifyPerformer, Topic::NotifyCustomer],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ForceHold,
        tool: "dispatch.force_hold",
        route: "/tickets/{ticket_id}/dispatch/force-hold",
        about: "Stops the work from the desk.",
        guards: "",
        roles: roles::FORCE,
        from: &[S::Dispatched, S::InProgress],
        to: &[S::OnHold],
        fields: &[REASON],
        topics: &[Topic::TicketOnHold],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ForceUnassign,
        tool: "dispatch.force_unassign",
        route: "/tickets/{ticket_id}/dispatch/force-unassign",
        about: "Takes the work away from its performer.",
        guards: "SCHEDULED while the window is still ahead, else READY_TO_SCHEDULE.",
        roles: roles::FORCE,
        from: &[S::Dispatched, S::InProgress, S::OnHold],
        to: &[S::Scheduled, S::ReadyToSchedule],
        fields: &[REASON, optional("reassign_type", FieldKind::Word(ReassignKind::WORDS), "Who shall get it next.")],
        topics: &[Topic::AssignmentRevoked],
        ..DEFAULTS
    },
];
